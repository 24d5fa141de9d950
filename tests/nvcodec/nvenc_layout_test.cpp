// SPDX-License-Identifier: LGPL-2.1-or-later
// Which layouts NVENC reads where they are, and which frames claim more than their memory has.
#include "nvcodec/nvenc_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <climits>
#include <string>

#include "memory/handles.h"

namespace av1hw {
namespace {

using testing::HasSubstr;

constexpr unsigned width = 320;
constexpr unsigned height = 180;
constexpr size_t pitch = 512;
constexpr size_t size_of_all = pitch * (height + height / 2);

GstVideoInfo info_of(GstVideoFormat format) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, width, height);
  return info;
}

FramePlanes nv12_planes(size_t rows = height) {
  return {.offset = {0, pitch * rows}, .stride = {pitch, pitch}};
}

BufferHandle frame_of(GstVideoFormat format, unsigned frame_height, FramePlanes planes) {
  BufferHandle buffer(gst_buffer_new());
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, format, width,
                                 frame_height, format == GST_VIDEO_FORMAT_I420 ? 3 : 2,
                                 planes.offset.data(), planes.stride.data());
  return buffer;
}

class NvencPlanes : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
};

std::string refusal(const Result<FramePlanes>& planes) {
  if (planes) return "accepted";
  EXPECT_EQ(planes.error().code, ErrorCode::InvalidData);
  return planes.error().message;
}

TEST_F(NvencPlanes, PlanesAreThoseOfTheMeta) {
  const BufferHandle frame = frame_of(GST_VIDEO_FORMAT_NV12, height, nv12_planes());
  const auto planes = find_planes(frame.get(), info_of(GST_VIDEO_FORMAT_NV12), size_of_all);
  ASSERT_TRUE(planes) << planes.error().message;
  EXPECT_EQ(planes->offset[1], pitch * height);
  EXPECT_EQ(planes->stride[1], static_cast<int>(pitch));
}

TEST_F(NvencPlanes, WithoutAMetaTheyAreThoseOfTheCaps) {
  const BufferHandle frame(gst_buffer_new());
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12);
  const auto planes = find_planes(frame.get(), info, info.size);
  ASSERT_TRUE(planes) << planes.error().message;
  EXPECT_EQ(planes->offset[1], size_t{width} * height);
  EXPECT_THAT(refusal(find_planes(frame.get(), info, info.size - 1)), HasSubstr("plane 1"));
}

TEST_F(NvencPlanes, AFrameLiesWithinItsMemory) {
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12);
  const auto refused = [&](FramePlanes planes, size_t size = size_of_all) {
    return refusal(find_planes(frame_of(GST_VIDEO_FORMAT_NV12, height, planes).get(), info, size));
  };
  // The last row ends with its samples.
  EXPECT_EQ(refused(nv12_planes(), size_of_all - (pitch - width)), "accepted");
  EXPECT_THAT(refused(nv12_planes(), size_of_all - (pitch - width) - 1), HasSubstr("plane 1"));
  EXPECT_THAT(refused({.offset = {SIZE_MAX, 0}, .stride = {pitch, pitch}}), HasSubstr("plane 0"));
  EXPECT_THAT(refused({.offset = {0, 0}, .stride = {width - 1, pitch}}), HasSubstr("plane 0"));
  EXPECT_THAT(refused({.offset = {0, 0}, .stride = {pitch, -512}}), HasSubstr("plane 1"));
  EXPECT_THAT(refused({.offset = {0, 0}, .stride = {INT_MAX, INT_MAX}}), HasSubstr("plane 0"));
}

TEST_F(NvencPlanes, AMetaSaysWhatTheCapsSay) {
  const BufferHandle frame = frame_of(GST_VIDEO_FORMAT_NV12, height + 2, nv12_planes());
  EXPECT_THAT(refusal(find_planes(frame.get(), info_of(GST_VIDEO_FORMAT_NV12), size_of_all)),
              HasSubstr("a 320x182 NV12 frame, its caps say 320x180 NV12"));
}

std::optional<NvencLayout> layout_of(const FramePlanes& planes,
                                     GstVideoFormat format = GST_VIDEO_FORMAT_NV12,
                                     size_t size = size_of_all) {
  static std::array<uint8_t, 16> memory;  // for its address alone
  return nvenc_layout(planes, info_of(format), memory.data(), size);
}

TEST_F(NvencPlanes, ChromaIsRightBehindLuma) {
  const auto layout = layout_of(nv12_planes());
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->pitch, pitch);
  EXPECT_EQ(layout->width, width);
  EXPECT_EQ(layout->rows, height);
  EXPECT_EQ(layout->format, NV_ENC_BUFFER_FORMAT_NV12);
  // Rows beyond the picture's belong to it.
  const auto padded = layout_of(nv12_planes(192), GST_VIDEO_FORMAT_NV12, pitch * 288);
  ASSERT_TRUE(padded);
  EXPECT_EQ(padded->rows, 192U);
  EXPECT_NE(layout, padded);
  EXPECT_EQ(layout, layout_of(nv12_planes()));
}

TEST_F(NvencPlanes, OthersAreCopied) {
  EXPECT_FALSE(layout_of(nv12_planes(192)));  // its last rows would lie outside
  EXPECT_FALSE(layout_of(nv12_planes(height - 2)));
  EXPECT_FALSE(layout_of({.offset = {0, pitch * height + 4}, .stride = {pitch, pitch}}));
  EXPECT_FALSE(layout_of({.offset = {pitch * height, 0}, .stride = {pitch, pitch}}));
  EXPECT_FALSE(layout_of({.offset = {0, pitch * height}, .stride = {pitch, pitch / 2}}));
  EXPECT_FALSE(layout_of({.offset = {0, size_t{322} * height}, .stride = {322, 322}}));
}

TEST_F(NvencPlanes, PlanesOfThreeFollowAtHalfThePitch) {
  constexpr size_t cb = pitch * height;
  constexpr size_t cr = cb + pitch / 2 * (height / 2);
  constexpr int half = pitch / 2;
  EXPECT_TRUE(
      layout_of({.offset = {0, cb, cr}, .stride = {pitch, half, half}}, GST_VIDEO_FORMAT_I420));
  EXPECT_FALSE(
      layout_of({.offset = {0, cb, cr + 8}, .stride = {pitch, half, half}}, GST_VIDEO_FORMAT_I420));
  EXPECT_FALSE(
      layout_of({.offset = {0, cb, cr}, .stride = {pitch, pitch, pitch}}, GST_VIDEO_FORMAT_I420));
}

}  // namespace
}  // namespace av1hw
