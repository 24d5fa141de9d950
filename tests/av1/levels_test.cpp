// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of levels, and the level that a stream needs.
#include "av1/levels.h"

#include <gst/pbutils/codec-utils.h>
#include <gtest/gtest.h>

#include <string>

namespace av1hw {
namespace {

TEST(Levels, NamesAreGStreamers) {
  for (unsigned i = 0; i < 32; i++) {
    const char* theirs = gst_codec_utils_av1_get_level(static_cast<guint8>(i));
    const char* ours = level_name(i);
    EXPECT_EQ(std::string(ours ? ours : "none"), theirs ? theirs : "none") << i;
    if (ours != nullptr) {
      EXPECT_EQ(level_index(ours), i);
    }
  }
  EXPECT_EQ(level_index("8"), std::nullopt);
  EXPECT_EQ(level_index(""), std::nullopt);
  EXPECT_STREQ(tier_name(Tier::Main), "main");
  EXPECT_STREQ(tier_name(Tier::High), "high");
}

std::string level_of(const LevelRequest& request, Tier tier = Tier::Main) {
  const char* name = level_name(level_for(request, tier));
  return name != nullptr ? name : "max";
}

TEST(Levels, BySizeAndRate) {
  EXPECT_EQ(level_of({.width = 320, .height = 180}), "2.0");
  EXPECT_EQ(level_of({.width = 640, .height = 360}), "2.1");
  EXPECT_EQ(level_of({.width = 1280, .height = 720}), "3.1");
  EXPECT_EQ(level_of({.width = 1280, .height = 720, .fps_n = 60}), "4.0");
  EXPECT_EQ(level_of({.width = 1920, .height = 1080, .fps_n = 30000, .fps_d = 1001}), "4.0");
  EXPECT_EQ(level_of({.width = 1920, .height = 1080, .fps_n = 60}), "4.1");
  EXPECT_EQ(level_of({.width = 3840, .height = 2160}), "5.0");
  EXPECT_EQ(level_of({.width = 3840, .height = 2160, .fps_n = 60}), "5.1");
  EXPECT_EQ(level_of({.width = 3840, .height = 2160, .fps_n = 120}), "5.2");
  EXPECT_EQ(level_of({.width = 7680, .height = 4320, .fps_n = 120}), "6.2");
  EXPECT_EQ(level_of({.width = 7680, .height = 4320, .fps_n = 0}), "6.0");
  EXPECT_EQ(level_of({.width = 65536, .height = 65536}), "max");
}

TEST(Levels, LimitsAreInclusive) {
  EXPECT_EQ(level_of({.width = 2048, .height = 72}), "2.0");
  EXPECT_EQ(level_of({.width = 2050, .height = 70}), "2.1");
  // 4096x2176 is the largest picture of level 5: at 30 frames just within its rate.
  EXPECT_EQ(level_of({.width = 4096, .height = 2176}), "5.0");
  EXPECT_EQ(level_of({.width = 4096, .height = 2176, .fps_n = 30001, .fps_d = 1000}), "5.1");
  EXPECT_EQ(level_of({.width = 16384, .height = 2176}), "6.0");
  EXPECT_EQ(level_of({.width = 16385, .height = 16}), "max");
}

TEST(Levels, ByBitrateTierAndProfile) {
  const LevelRequest hd{.width = 1920, .height = 1080, .bitrate = 25'000'000};
  EXPECT_EQ(level_of(hd), "5.0");
  EXPECT_EQ(level_of(hd, Tier::High), "4.0");
  LevelRequest professional = hd;
  professional.seq_profile = 2;
  EXPECT_EQ(level_of(professional), "4.0");
  EXPECT_EQ(level_of({.width = 320, .height = 180}, Tier::High), "4.0")
      << "lower levels have no high tier";
  EXPECT_EQ(level_of({.width = 320, .height = 180, .bitrate = 900'000'000}, Tier::High), "max");
}

TEST(Levels, ByTiles) {
  EXPECT_EQ(level_of({.width = 640, .height = 360, .tile_columns = 5, .tiles = 5}), "3.0");
  EXPECT_EQ(level_of({.width = 640, .height = 360, .tile_columns = 4, .tiles = 64}), "5.0");
}

TEST(Levels, HugeNumbersDoNotOverflow) {
  EXPECT_EQ(level_of({.width = 0xffffffff, .height = 0xffffffff, .fps_n = 0xffffffff}), "max");
  EXPECT_EQ(level_of({.width = 8192, .height = 4352, .fps_n = 0xffffffff, .fps_d = 1}), "max");
  EXPECT_EQ(level_of({.width = 16, .height = 16, .fps_n = 1, .fps_d = 0xffffffff}), "2.0");
}

}  // namespace
}  // namespace av1hw
