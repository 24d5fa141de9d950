// SPDX-License-Identifier: LGPL-2.1-or-later
// Expected encoder speeds: what makes a live pipeline prefer one encoder.
#include "registry/encoder_speed.h"

#include <gtest/gtest.h>

namespace av1hw {
namespace {

double speed(const char* element, unsigned width, unsigned height, unsigned preset,
             unsigned threads, unsigned tiles = 1) {
  Candidate c;
  c.element = element;
  Request r;
  r.width = width;
  r.height = height;
  Policy p;
  p.preset = preset;
  p.threads = threads;
  p.tiles = tiles;
  return encoder_speed(c, r, p);
}

TEST(EncoderSpeed, OfTwoCoresAt1080pOnlySvtAv1KeepsUpWithLive) {
  EXPECT_LT(speed("cpuav1enc", 1920, 1080, 10, 2), 10);
  EXPECT_GT(speed("cpusvtav1enc", 1920, 1080, 10, 2), 30);
}

TEST(EncoderSpeed, RisesWithPresetThreadsAndTiles) {
  for (unsigned preset = 2; preset <= 10; preset++) {
    EXPECT_GE(speed("cpuav1enc", 640, 360, preset, 1), speed("cpuav1enc", 640, 360, preset - 1, 1));
    EXPECT_GE(speed("cpusvtav1enc", 640, 360, preset, 1),
              speed("cpusvtav1enc", 640, 360, preset - 1, 1));
  }
  EXPECT_DOUBLE_EQ(speed("cpusvtav1enc", 640, 360, 8, 4),
                   4 * speed("cpusvtav1enc", 640, 360, 8, 1));
  EXPECT_DOUBLE_EQ(speed("cpuav1enc", 640, 360, 8, 4), speed("cpuav1enc", 640, 360, 8, 1));
  EXPECT_DOUBLE_EQ(speed("cpuav1enc", 640, 360, 8, 4, 2), 2 * speed("cpuav1enc", 640, 360, 8, 1));
}

TEST(EncoderSpeed, FallsWithSize) {
  EXPECT_DOUBLE_EQ(speed("svtav1enc", 640, 360, 8, 1), 4 * speed("svtav1enc", 1280, 720, 8, 1));
}

// A small frame costs more than its pixels, but never more than a larger one.
TEST(EncoderSpeed, SmallFramesAreNotAsFastAsTheirPixelsSay) {
  for (const char* encoder : {"cpuav1enc", "cpusvtav1enc", "av1enc"}) {
    const double large = speed(encoder, 640, 360, 6, 1);
    const double small = speed(encoder, 320, 180, 6, 1);
    EXPECT_GT(small, large) << encoder;
    EXPECT_LT(small, 3.1 * large) << encoder;
    EXPECT_GT(speed(encoder, 64, 64, 6, 1), small) << encoder;
  }
  // 34 were measured on a machine that was not idle.
  EXPECT_LT(speed("cpuav1enc", 227, 127, 6, 1), 60);
}

TEST(EncoderSpeed, IsZeroWhereNotKnown) {
  EXPECT_EQ(speed("someenc", 640, 360, 8, 1), 0);
  EXPECT_EQ(speed("cpuav1enc", 0, 0, 8, 1), 0);
}

}  // namespace
}  // namespace av1hw
