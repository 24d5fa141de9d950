// SPDX-License-Identifier: LGPL-2.1-or-later
// What a drm-format says, and what says nothing.
#include "memory/drm_format.h"

#include <gst/video/video-info-dma.h>
#include <gtest/gtest.h>

namespace av1hw {
namespace {

TEST(DrmFormat, IsAFormatAndAModifier) {
  const struct {
    const char* text;
    GstVideoFormat format;
    uint64_t modifier;
  } cases[] = {{"NV12", GST_VIDEO_FORMAT_NV12, 0},
               {"P010", GST_VIDEO_FORMAT_P010_10LE, 0},
               {"NV12:0x0102030405060708", GST_VIDEO_FORMAT_NV12, 0x0102030405060708}};
  for (const auto& c : cases) {
    const auto drm = parse_drm_format(c.text);
    ASSERT_TRUE(drm) << c.text;
    EXPECT_EQ(drm->format, c.format) << c.text;
    EXPECT_EQ(drm->modifier, c.modifier) << c.text;
  }
}

TEST(DrmFormat, IsNothingWhereItIsOfNoFormat) {
  EXPECT_FALSE(parse_drm_format(nullptr));
  for (const char* text : {"", "NV", "NV12:", "NV12:0xno", "ABCD"})
    EXPECT_FALSE(parse_drm_format(text)) << text;
}

TEST(DrmFormat, CapsWithoutItDescribeTheSameFrames) {
  gst_init(nullptr, nullptr);
  const CapsHandle drm{gst_caps_from_string(
      "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=(string)NV12:0x0102030405060708, "
      "width=320, height=180, framerate=30/1, colorimetry=bt709")};
  const CapsHandle plain = with_plain_format(drm.get(), GST_VIDEO_FORMAT_NV12);
  GstVideoInfo info;
  ASSERT_TRUE(gst_video_info_from_caps(&info, plain.get()));
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_NV12);
  EXPECT_EQ(info.width, 320);
  EXPECT_EQ(info.colorimetry.matrix, GST_VIDEO_COLOR_MATRIX_BT709);
  EXPECT_FALSE(gst_video_is_dma_drm_caps(plain.get()));
  EXPECT_TRUE(gst_video_is_dma_drm_caps(drm.get()));
}

}  // namespace
}  // namespace av1hw
