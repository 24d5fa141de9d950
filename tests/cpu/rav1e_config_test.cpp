// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoder settings as rav1e's configuration.
#include "cpu/rav1e_config.h"

#include <gtest/gtest.h>

#include <map>

namespace av1hw {
namespace {

GstVideoInfo info_of(GstVideoFormat format, unsigned width, unsigned height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, width, height);
  info.fps_n = 30;
  info.fps_d = 1;
  return info;
}

std::map<std::string, std::string> parameters(const EncoderSettings& settings) {
  std::map<std::string, std::string> map;
  for (auto& [key, value] :
       rav1e_parameters(settings, info_of(GST_VIDEO_FORMAT_I420, 1920, 1080))) {
    EXPECT_TRUE(map.emplace(key, value).second) << key << " is given twice";
  }
  return map;
}

TEST(Rav1eConfig, PresetsAreSpeeds) {
  EXPECT_EQ(rav1e_speed(1), 0U);
  EXPECT_EQ(rav1e_speed(2), 2U);
  EXPECT_EQ(rav1e_speed(10), 10U);
}

TEST(Rav1eConfig, ConstantQualityHasTheQuantizerAndNoBitrate) {
  const auto keys = parameters({.quantizer = 87});
  EXPECT_EQ(keys.at("quantizer"), "87");
  EXPECT_FALSE(keys.contains("bitrate"));
  EXPECT_EQ(keys.at("level"), "4.0");
}

TEST(Rav1eConfig, BitrateHasBoundsInstead) {
  const auto keys = parameters({.bitrate = 2500, .min_quantizer = 20, .max_quantizer = 200});
  EXPECT_EQ(keys.at("bitrate"), "2500000");
  EXPECT_EQ(keys.at("min_quantizer"), "20");
  EXPECT_EQ(keys.at("quantizer"), "200");
  EXPECT_FALSE(keys.contains("reservoir_frame_delay"));
  EXPECT_EQ(parameters({.bitrate = 1, .low_latency = true}).at("reservoir_frame_delay"), "12");
}

TEST(Rav1eConfig, TilesAreRoundedUpToPowersOfTwo) {
  const auto keys = parameters({.tile_columns = 3, .tile_rows = 4});
  EXPECT_EQ(keys.at("tile_cols"), "4");
  EXPECT_EQ(keys.at("tile_rows"), "4");
}

TEST(Rav1eConfig, ShortGopsAreNotBelowTheShortestDistance) {
  EXPECT_EQ(parameters({.gop_size = 5}).at("min_key_frame_interval"), "5");
  EXPECT_EQ(parameters({.gop_size = 50, .min_gop_size = 30}).at("min_key_frame_interval"), "30");
}

TEST(Rav1eConfig, TheLibraryTakesEveryFormatOfTheElement) {
  for (GstVideoFormat format :
       {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_I422_12LE, GST_VIDEO_FORMAT_Y444_10LE,
        GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_GRAY16_LE, GST_VIDEO_FORMAT_GBR}) {
    EncoderInput input;
    input.info = info_of(format, 64, 64);
    const auto config = make_rav1e_config({}, input);
    ASSERT_TRUE(config) << gst_video_format_to_string(format) << ": " << config.error().message;
    const UniqueHandle<RaContext, rav1e_context_unref> context{rav1e_context_new(config->get())};
    EXPECT_TRUE(context) << gst_video_format_to_string(format);
  }
}

}  // namespace
}  // namespace av1hw
