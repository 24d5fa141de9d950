// SPDX-License-Identifier: LGPL-2.1-or-later
// A buffer mapped for reading, for as long as this lives.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>

namespace av1hw {

class MappedBuffer {
 public:
  // `buffer` outlives this; it may be null.
  explicit MappedBuffer(GstBuffer* buffer) : buffer_(buffer) {
    mapped_ = buffer && gst_buffer_map(buffer, &map_, GST_MAP_READ);
  }
  ~MappedBuffer() {
    if (mapped_) gst_buffer_unmap(buffer_, &map_);
  }
  MappedBuffer(const MappedBuffer&) = delete;
  MappedBuffer& operator=(const MappedBuffer&) = delete;

  bool mapped() const { return mapped_; }
  // Empty where it is not mapped.
  std::span<const uint8_t> bytes() const {
    return mapped_ ? std::span<const uint8_t>(map_.data, map_.size) : std::span<const uint8_t>();
  }

 private:
  GstBuffer* buffer_;
  GstMapInfo map_ = {};
  bool mapped_ = false;
};

}  // namespace av1hw
