// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the components of a picture lie in its planes, as far as a shader must know it.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <cstdint>

#include "base/result.h"

namespace av1hw {

// Component c of sample (x, y) is the bits [shift, shift + depth) of the little-endian word of
// `word_bytes` bytes at plane.start + (y >> sub_y) * plane.stride + (x >> sub_x) * step + offset.
struct ComponentLayout {
  uint8_t plane = 0;
  uint8_t offset = 0;  // bytes
  uint8_t step = 0;    // bytes from one sample to the next
  uint8_t shift = 0;
};

struct SampleLayout {
  GstVideoFormat format = GST_VIDEO_FORMAT_UNKNOWN;
  int width = 0, height = 0;  // luma samples
  uint8_t planes = 0;
  uint8_t word_bytes = 1;        // 1, 2 or 4 (RGB10A2)
  uint8_t depth = 8;             // of each component but alpha
  uint8_t alpha_depth = 0;       // 0: no alpha
  bool rgb = false;              // components are R, G, B; else Y, Cb, Cr
  uint8_t sub_x = 0, sub_y = 0;  // chroma: log2 of the subsampling
  // Luma position of chroma sample 0; see docs/compositor.md.
  double chroma_x = 0.5, chroma_y = 0.5;
  std::array<ComponentLayout, 4> components = {};  // Y or R, Cb or G, Cr or B, alpha
};

// NotSupported: `info`'s format is not one that is composited.
Result<SampleLayout> sample_layout(const GstVideoInfo& info);

// What can be blended and what can be written, in the order of preference.
inline constexpr std::array composite_input_formats = {
    GST_VIDEO_FORMAT_NV12,      GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420,
    GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_YV12,      GST_VIDEO_FORMAT_NV16,
    GST_VIDEO_FORMAT_Y444,      GST_VIDEO_FORMAT_AYUV,      GST_VIDEO_FORMAT_VUYA,
    GST_VIDEO_FORMAT_YUY2,      GST_VIDEO_FORMAT_RGBA,      GST_VIDEO_FORMAT_BGRA,
    GST_VIDEO_FORMAT_RGBx,      GST_VIDEO_FORMAT_BGRx,      GST_VIDEO_FORMAT_RGB10A2_LE,
    GST_VIDEO_FORMAT_BGR10A2_LE};
inline constexpr std::array composite_output_formats = {
    GST_VIDEO_FORMAT_NV12,      GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420,
    GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_RGBA,      GST_VIDEO_FORMAT_BGRA};

}  // namespace av1hw
