// SPDX-License-Identifier: LGPL-2.1-or-later
// A mapped video frame, with its planes checked to lie inside the buffer's memory.
#pragma once

#include <gst/video/video.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace av1hw {

class MappedFrame {
 public:
  // InvalidData: the buffer's meta contradicts `info`, or the buffer is smaller than it claims.
  static Result<MappedFrame> map_read(GstBuffer* buffer, const GstVideoInfo& info);
  // As map_read(); the buffer must be writable.
  static Result<MappedFrame> map_write(GstBuffer* buffer, const GstVideoInfo& info);

  MappedFrame(MappedFrame&& other) noexcept;
  MappedFrame& operator=(MappedFrame&&) = delete;
  ~MappedFrame();

  unsigned planes() const { return GST_VIDEO_FRAME_N_PLANES(&frame_); }
  int stride(unsigned plane) const { return GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, plane); }
  // From the first sample of the plane to the last one of its last row.
  std::span<const uint8_t> plane(unsigned plane) const;
  // The same, of a frame from map_write().
  std::span<uint8_t> writable_plane(unsigned plane);
  // All rows with their padding, the last one's too; empty where the buffer ends before that.
  std::span<const uint8_t> padded_plane(unsigned plane) const;
  unsigned rows(unsigned plane) const;
  size_t row_bytes(unsigned plane) const;
  // Bytes of all samples, without padding.
  uint64_t sample_bytes() const;

 private:
  MappedFrame() = default;
  static Result<MappedFrame> map(GstBuffer* buffer, const GstVideoInfo& info, GstMapFlags flags);
  unsigned component_of(unsigned plane) const;
  Result<> check() const;
  // Bytes of the buffer's memory from the start of the plane.
  size_t available(unsigned plane) const;

  GstVideoFrame frame_ = {};
};

}  // namespace av1hw
