// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests where components are said to lie, by reading them out of frames that GStreamer painted.
#include "composite/sample_layout.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "support.h"

namespace av1hw {
namespace {

using test::info_of;

uint32_t component(const GstVideoFrame& frame, const SampleLayout& layout, unsigned c, int x,
                   int y) {
  const ComponentLayout& at = layout.components[c];
  const bool is_chroma = c == 1 || c == 2;
  const int row = is_chroma ? y >> layout.sub_y : y, column = is_chroma ? x >> layout.sub_x : x;
  const auto* plane = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, at.plane));
  uint32_t word = 0;
  std::memcpy(
      &word,
      plane + row * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, at.plane) + column * at.step + at.offset,
      layout.word_bytes);
  return word >> at.shift & ((1u << (c == 3 ? layout.alpha_depth : layout.depth)) - 1);
}

// GStreamer's own pack function writes four lines of known components.
void check_format(GstVideoFormat format) {
  SCOPED_TRACE(gst_video_format_to_string(format));
  const GstVideoInfo info = info_of(format, 16, 4);
  const auto layout = sample_layout(info);
  ASSERT_TRUE(layout);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, info.size, nullptr);
  GstVideoFrame frame;
  ASSERT_TRUE(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READWRITE));
  const bool wide =
      GST_VIDEO_FORMAT_INFO_BITS(gst_video_format_get_info(info.finfo->unpack_format)) > 8;
  // A, then Y, Cb, Cr or R, G, B.
  const uint16_t pattern[4] = {0xff, 0x51, 0x9a, 0x37};
  std::vector<uint8_t> line(16 * 8);
  for (int x = 0; x < 16; x++) {
    for (int c = 0; c < 4; c++) {
      const uint16_t value = pattern[c];
      const uint16_t scaled = static_cast<uint16_t>(value << 8 | value);
      if (wide)
        std::memcpy(&line[static_cast<size_t>(x * 8 + c * 2)], &scaled, 2);
      else
        line[static_cast<size_t>(x * 4 + c)] = static_cast<uint8_t>(value);
    }
  }
  for (int y = 0; y < 4; y++) {
    info.finfo->pack_func(info.finfo, GST_VIDEO_PACK_FLAG_NONE, line.data(), 0, frame.data,
                          frame.info.stride, info.chroma_site, y, 16);
  }
  for (unsigned c = 0; c < (layout->alpha_depth ? 4u : 3u); c++) {
    const unsigned depth = c == 3 ? layout->alpha_depth : layout->depth;
    const unsigned value = pattern[(c + 1) % 4];
    const unsigned expected = (value << 8 | value) >> (16 - depth);
    EXPECT_EQ(component(frame, *layout, c, 0, 0), expected) << "component " << c;
    EXPECT_EQ(component(frame, *layout, c, 14, 2), expected) << "component " << c;
  }
  gst_video_frame_unmap(&frame);
  gst_buffer_unref(buffer);
}

TEST(SampleLayout, FindsTheComponentsOfEveryFormat) {
  for (const GstVideoFormat format : composite_input_formats) {
    check_format(format);
  }
  for (const GstVideoFormat format : composite_output_formats) {
    check_format(format);
  }
}

TEST(SampleLayout, KnowsAlphaAndSubsampling) {
  EXPECT_EQ(sample_layout(info_of(GST_VIDEO_FORMAT_RGBA, 8, 8))->alpha_depth, 8);
  EXPECT_EQ(sample_layout(info_of(GST_VIDEO_FORMAT_RGBx, 8, 8))->alpha_depth, 0);
  EXPECT_EQ(sample_layout(info_of(GST_VIDEO_FORMAT_RGB10A2_LE, 8, 8))->alpha_depth, 2);
  EXPECT_EQ(sample_layout(info_of(GST_VIDEO_FORMAT_RGB10A2_LE, 8, 8))->word_bytes, 4);
  EXPECT_EQ(sample_layout(info_of(GST_VIDEO_FORMAT_NV16, 8, 8))->sub_x, 1);
  EXPECT_EQ(sample_layout(info_of(GST_VIDEO_FORMAT_NV16, 8, 8))->sub_y, 0);
  EXPECT_TRUE(sample_layout(info_of(GST_VIDEO_FORMAT_BGRx, 8, 8))->rgb);
}

TEST(SampleLayout, SitesChroma) {
  auto sited = [](GstVideoFormat format, GstVideoChromaSite site) {
    const auto layout = sample_layout(info_of(format, 8, 8, nullptr, site));
    return std::pair(layout->chroma_x, layout->chroma_y);
  };
  const auto nv12 = GST_VIDEO_FORMAT_NV12, nv16 = GST_VIDEO_FORMAT_NV16;
  EXPECT_EQ(sited(nv12, GST_VIDEO_CHROMA_SITE_UNKNOWN), std::pair(0.5, 1.0));
  EXPECT_EQ(sited(nv12, GST_VIDEO_CHROMA_SITE_MPEG2), std::pair(0.5, 1.0));
  EXPECT_EQ(sited(nv12, GST_VIDEO_CHROMA_SITE_JPEG), std::pair(1.0, 1.0));
  EXPECT_EQ(sited(nv12, GST_VIDEO_CHROMA_SITE_COSITED), std::pair(0.5, 0.5));
  EXPECT_EQ(sited(nv16, GST_VIDEO_CHROMA_SITE_JPEG), std::pair(1.0, 0.5));
  EXPECT_EQ(sited(GST_VIDEO_FORMAT_Y444, GST_VIDEO_CHROMA_SITE_JPEG), std::pair(0.5, 0.5));
}

}  // namespace
}  // namespace av1hw
