// SPDX-License-Identifier: LGPL-2.1-or-later
// GStreamer's video formats in libva's terms.
#pragma once

#include <gst/video/video.h>
#include <va/va.h>

#include <cstdint>

namespace av1hw {

// 0: a format that AV1 is not coded in.
constexpr uint32_t va_fourcc(GstVideoFormat format) {
  switch (format) {
  case GST_VIDEO_FORMAT_NV12: return VA_FOURCC_NV12;
  case GST_VIDEO_FORMAT_P010_10LE: return VA_FOURCC_P010;
  default: return 0;
  }
}

constexpr unsigned va_rt_format(unsigned bit_depth) {
  return bit_depth == 8 ? VA_RT_FORMAT_YUV420 : VA_RT_FORMAT_YUV420_10;
}

// Of a format that va_fourcc() knows.
constexpr unsigned va_rt_format_of(GstVideoFormat format) {
  return va_rt_format(format == GST_VIDEO_FORMAT_NV12 ? 8 : 10);
}

}  // namespace av1hw
