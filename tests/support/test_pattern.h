// SPDX-License-Identifier: LGPL-2.1-or-later
// Raw video frames with content that moves, in any format of one plane a component, or interleaved
// chroma, for encoders to work on.
#pragma once

#include <gst/video/video.h>

#include <cstdint>

namespace av1hw::test {

// The sample at (x, y) of component `c` of frame `n`, 0..255: slopes that drift, a hard-edged
// square that moves, and a little noise that never repeats.
inline unsigned pattern_sample(unsigned c, unsigned x, unsigned y, unsigned n) {
  const bool in_square = (x + 64 - n * 3 % 64) % 64 < 12 && y % 48 < 12;
  if (in_square) return c == 0 ? 210 : 90;
  const unsigned slope = c == 0 ? 2 * x + y : x + (c == 1 ? 3 : 1) * y;
  const unsigned folded = (slope + 2 * n) % 320;
  unsigned noise = (x * 73856093U) ^ (y * 19349663U) ^ (n * 83492791U) ^ (c * 2654435761U);
  noise = (noise ^ (noise >> 15)) * 2246822519U;
  return 48 + (folded < 160 ? folded : 320 - folded) + (noise >> 28);
}

// A buffer with frame `n` of the pattern. Samples of more than 8 bits are scaled up.
inline GstBuffer* make_pattern_buffer(const GstVideoInfo& info, unsigned n) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  gst_buffer_memset(buffer, 0, 0, GST_VIDEO_INFO_SIZE(&info));
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_WRITE)) return buffer;
  for (unsigned c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); c++) {
    const auto width = static_cast<unsigned>(GST_VIDEO_FRAME_COMP_WIDTH(&frame, c));
    const auto height = static_cast<unsigned>(GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c));
    const unsigned depth = GST_VIDEO_FRAME_COMP_DEPTH(&frame, c);
    const unsigned shift = GST_VIDEO_FORMAT_INFO_SHIFT(info.finfo, c);
    const auto step = static_cast<unsigned>(GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c));
    // GStreamer's table has V of P010 one byte behind U, where it is one sample.
    const auto offset = static_cast<unsigned>(GST_VIDEO_FRAME_COMP_POFFSET(&frame, c));
    const unsigned bytes = depth > 8 ? 2 : 1;
    auto* data = static_cast<uint8_t*>(
                     GST_VIDEO_FRAME_PLANE_DATA(&frame, GST_VIDEO_FRAME_COMP_PLANE(&frame, c))) +
                 (offset + bytes - 1) / bytes * bytes;
    for (unsigned y = 0; y < height; y++) {
      uint8_t* row = data + static_cast<size_t>(y) * GST_VIDEO_FRAME_COMP_STRIDE(&frame, c);
      for (unsigned x = 0; x < width; x++) {
        const unsigned sample = pattern_sample(c, x, y, n) << (depth - 8 + shift);
        if (depth == 8)
          row[step * x] = static_cast<uint8_t>(sample);
        else
          GST_WRITE_UINT16_LE(row + step * x, static_cast<uint16_t>(sample));
      }
    }
  }
  gst_video_frame_unmap(&frame);
  return buffer;
}

}  // namespace av1hw::test
