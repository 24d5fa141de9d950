// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures in system memory that tests paint.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <utility>

#include "composite/sample_layout.h"
#include "model_picture.h"

namespace av1hw::test {

// A mapped frame of its own.
class Picture {
 public:
  explicit Picture(const GstVideoInfo& info) : info_(info) {
    buffer_ = gst_buffer_new_allocate(nullptr, info.size, nullptr);
    // Also what is no component: GStreamer takes the x of RGBx for alpha.
    gst_buffer_memset(buffer_, 0, 0xff, info.size);
    gst_video_frame_map(&frame_, &info_, buffer_, GST_MAP_READWRITE);
  }
  // What an element made.
  Picture(const GstVideoInfo& info, GstBuffer* buffer) : info_(info) {
    buffer_ = gst_buffer_ref(buffer);
    gst_video_frame_map(&frame_, &info_, buffer_, GST_MAP_READ);
  }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
  ~Picture() {
    gst_video_frame_unmap(&frame_);
    gst_buffer_unref(buffer_);
  }

  const GstVideoInfo& info() const { return info_; }
  const GstVideoFrame& frame() const { return frame_; }
  // Of the same bytes, unmapped.
  GstBuffer* copy() const { return gst_buffer_copy_deep(buffer_); }

  // `code(c, x, y)` of each component of each plane.
  template <typename Function>
  Picture& paint(Function code) {
    const SampleLayout layout = *sample_layout(info_);
    for (unsigned c = 0; c < (layout.alpha_depth > 0 ? 4u : 3u); c++) {
      for (int y = 0; y < plane_height(layout, c); y++) {
        for (int x = 0; x < plane_width(layout, c); x++) {
          set_code(frame_, layout, c, x, y, code(c, x, y));
        }
      }
    }
    return *this;
  }

  // Any code value that video may have, in no order.
  Picture& paint_noise(uint32_t seed, unsigned low = 16, unsigned high = 235) {
    const unsigned shift = GST_VIDEO_INFO_COMP_DEPTH(&info_, 0) - 8;
    return paint([=, state = seed * 2654435761u + 1](unsigned, int, int) mutable {
      state = state * 1664525u + 1013904223u;
      return (low + (state >> 8) % (high - low + 1)) << shift;
    });
  }

  // Of each plane as steep in luma samples, so that all filters with a sum of 1 agree about it.
  Picture& paint_ramp(unsigned low = 16, unsigned high = 235) {
    const SampleLayout layout = *sample_layout(info_);
    const double width = layout.width, height = layout.height;
    return paint([=](unsigned c, int x, int y) {
      if (c == 3) return (1u << layout.alpha_depth) - 1;
      const Position at = sample_position(layout, c, x, y);
      const double part = c == 0   ? at.x / width
                          : c == 1 ? at.y / height
                                   : (at.x / width + at.y / height) / 2;
      return static_cast<unsigned>(low + part * (high - low)) << (layout.depth - 8);
    });
  }

 private:
  GstVideoInfo info_;
  GstBuffer* buffer_ = nullptr;
  GstVideoFrame frame_ = {};
};

}  // namespace av1hw::test
