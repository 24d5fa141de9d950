// SPDX-License-Identifier: LGPL-2.1-or-later
// HDR metadata in GStreamer's units, with the values that everybody writes.
#include "codec/hdr_metadata.h"

#include <gtest/gtest.h>

namespace av1hw {
namespace {

TEST(HdrMetadata, Bt2020PrimariesAtFourThousandNits) {
  HdrMdcv mdcv;
  // 0.708, 0.292; 0.170, 0.797; 0.131, 0.046; D65: 0.3127, 0.3290, in 1/65536.
  mdcv.primaries = {{{46400, 19137}, {11141, 52232}, {8585, 3015}}};
  mdcv.white_point = {20493, 21561};
  mdcv.luminance_max = 4000 << 8;
  mdcv.luminance_min = 82;  // 0.005
  const GstVideoMasteringDisplayInfo info = mastering_display_info(mdcv);
  EXPECT_EQ(info.display_primaries[0].x, 35400);
  EXPECT_EQ(info.display_primaries[0].y, 14600);
  EXPECT_EQ(info.display_primaries[1].x, 8500);
  EXPECT_EQ(info.display_primaries[1].y, 39850);
  EXPECT_EQ(info.display_primaries[2].x, 6550);
  EXPECT_EQ(info.display_primaries[2].y, 2300);
  EXPECT_EQ(info.white_point.x, 15635);
  EXPECT_EQ(info.white_point.y, 16450);
  EXPECT_EQ(info.max_display_mastering_luminance, 40000000U);
  EXPECT_EQ(info.min_display_mastering_luminance, 50U);
}

TEST(HdrMetadata, WhatDoesNotFitIsLimited) {
  HdrMdcv mdcv;
  mdcv.luminance_max = 0xffffffff;
  EXPECT_EQ(mastering_display_info(mdcv).max_display_mastering_luminance, G_MAXUINT32);
}

TEST(HdrMetadata, ThereAndBackIsTheSame) {
  GstVideoMasteringDisplayInfo info = {};
  info.display_primaries[0] = {35400, 14600};
  info.display_primaries[1] = {8500, 39850};
  info.display_primaries[2] = {6550, 2300};
  info.white_point = {15635, 16450};
  info.max_display_mastering_luminance = 40000000;
  info.min_display_mastering_luminance = 50;
  const GstVideoMasteringDisplayInfo back = mastering_display_info(hdr_mdcv(info));
  EXPECT_TRUE(gst_video_mastering_display_info_is_equal(&back, &info));
  const GstVideoContentLightLevel level =
      content_light_level(hdr_cll(content_light_level({1000, 400})));
  EXPECT_EQ(level.max_content_light_level, 1000);
  EXPECT_EQ(level.max_frame_average_light_level, 400);
}

TEST(HdrMetadata, CoordinatesBeyondTheBitstreamsAreLimited) {
  GstVideoMasteringDisplayInfo info = {};
  info.display_primaries[0] = {65535, 50000};
  info.max_display_mastering_luminance = G_MAXUINT32;
  const HdrMdcv mdcv = hdr_mdcv(info);
  EXPECT_EQ(mdcv.primaries[0].x, 65535);
  EXPECT_EQ(mdcv.primaries[0].y, 65535);
  EXPECT_EQ(mdcv.luminance_max, 109951163U);
}

TEST(HdrMetadata, LightLevelsAreTakenOver) {
  const GstVideoContentLightLevel level = content_light_level({1000, 400});
  EXPECT_EQ(level.max_content_light_level, 1000);
  EXPECT_EQ(level.max_frame_average_light_level, 400);
}

}  // namespace
}  // namespace av1hw
