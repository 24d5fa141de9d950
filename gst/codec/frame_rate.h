// SPDX-License-Identifier: LGPL-2.1-or-later
// The frame rate that encoders reckon with.
#pragma once

#include <gst/video/video.h>

#include <cstdint>

namespace av1hw {

// Frames a second; 30 where the caps have none.
struct FrameRate {
  uint64_t n = 30;
  uint64_t d = 1;
};

inline FrameRate frame_rate_of(const GstVideoInfo& info) {
  const int n = GST_VIDEO_INFO_FPS_N(&info);
  const int d = GST_VIDEO_INFO_FPS_D(&info);
  if (n <= 0 || d <= 0) return {};
  return {static_cast<uint64_t>(n), static_cast<uint64_t>(d)};
}

}  // namespace av1hw
