// SPDX-License-Identifier: LGPL-2.1-or-later
// MD5 of video frames, by visible sample.
#include "frame_digest.h"

namespace av1hw::conformance {
namespace {

// Bits that stand below the sample's lowest one in its 16-bit word.
unsigned shift_of(const GstVideoFormatInfo* format, unsigned component) {
  // GStreamer has no 12-bit gray: such frames come scaled up to 16 bits.
  if (GST_VIDEO_FORMAT_INFO_FORMAT(format) == GST_VIDEO_FORMAT_GRAY16_LE) return 4;
  return GST_VIDEO_FORMAT_INFO_SHIFT(format, component);
}

// Where a component's samples begin. GStreamer says that P010's Cr begins a byte after its Cb,
// which is half of a sample.
const uint8_t* data_of(const GstVideoFrame& frame, unsigned component) {
  const bool interleaved = GST_VIDEO_FRAME_N_PLANES(&frame) == 2;
  if (!interleaved || component != 2) {
    return static_cast<const uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, component));
  }
  const auto* plane = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 1));
  return plane + GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component) / 2;
}

unsigned sample_at(const GstVideoFrame& frame, unsigned component, size_t x, size_t y) {
  const uint8_t* data = data_of(frame, component);
  const uint8_t* sample =
      data + static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_COMP_STRIDE(&frame, component) +
      x * static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component));
  if (GST_VIDEO_FRAME_COMP_DEPTH(&frame, component) <= 8) return *sample;
  return GST_READ_UINT16_LE(sample) >> shift_of(frame.info.finfo, component);
}

bool is_neutral(const GstVideoFrame& frame, unsigned component) {
  const unsigned neutral = 1U << (GST_VIDEO_FRAME_COMP_DEPTH(&frame, component) - 1);
  for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component); y++) {
    for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, component); x++) {
      if (sample_at(frame, component, static_cast<size_t>(x), static_cast<size_t>(y)) != neutral)
        return false;
    }
  }
  return true;
}

}  // namespace

bool FrameDigest::add_gray(const GstVideoFrame& frame) {
  add_component(frame, 0);
  for (unsigned i = 1; i < GST_VIDEO_FRAME_N_COMPONENTS(&frame); i++) {
    if (!is_neutral(frame, i)) return false;
  }
  return true;
}

void FrameDigest::add(const GstVideoFrame& frame) {
  // AV1 codes RGB as its planes 0 (G), 1 (B) and 2 (R).
  constexpr unsigned yuv_order[] = {0, 1, 2}, rgb_order[] = {1, 2, 0};
  const unsigned* order = GST_VIDEO_FORMAT_INFO_IS_RGB(frame.info.finfo) ? rgb_order : yuv_order;
  for (unsigned i = 0; i < GST_VIDEO_FRAME_N_COMPONENTS(&frame); i++)
    add_component(frame, order[i]);
}

void FrameDigest::add_component(const GstVideoFrame& frame, unsigned component) {
  const uint8_t* data = data_of(frame, component);
  const size_t width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, component);
  const size_t height = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component);
  const ptrdiff_t stride = GST_VIDEO_FRAME_COMP_STRIDE(&frame, component);
  const size_t step = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component);
  const size_t bytes = GST_VIDEO_FRAME_COMP_DEPTH(&frame, component) > 8 ? 2 : 1;
  const unsigned shift = shift_of(frame.info.finfo, component);
  row_.resize(width * bytes);
  for (size_t y = 0; y < height; y++) {
    const uint8_t* row = data + static_cast<ptrdiff_t>(y) * stride;
    if (step != bytes || shift != 0) {
      for (size_t x = 0; x < width; x++) {
        const uint8_t* sample = row + x * step;
        unsigned value = bytes == 2 ? GST_READ_UINT16_LE(sample) : *sample;
        value >>= shift;
        row_[x * bytes] = static_cast<uint8_t>(value);
        if (bytes == 2) row_[x * bytes + 1] = static_cast<uint8_t>(value >> 8);
      }
      row = row_.data();
    }
    g_checksum_update(checksum_.get(), row, static_cast<gssize>(width * bytes));
  }
}

}  // namespace av1hw::conformance
