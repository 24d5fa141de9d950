// SPDX-License-Identifier: LGPL-2.1-or-later
// The first buffers of a stream, kept until an element has shown that it works.
#pragma once

#include <cstddef>
#include <vector>

#include "memory/handles.h"

namespace av1hw {

class HeldInput {
 public:
  HeldInput(size_t max_buffers, size_t max_bytes)
      : max_buffers_(max_buffers), max_bytes_(max_bytes) {}

  // False: this is more than may be held; nothing is held any longer.
  bool add(GstBuffer* buffer) {
    bytes_ += gst_buffer_get_size(buffer);
    if (buffers_.size() >= max_buffers_ || bytes_ > max_bytes_) {
      clear();
      return false;
    }
    buffers_.push_back(share(buffer));
    return true;
  }
  const std::vector<BufferHandle>& buffers() const { return buffers_; }
  void clear() {
    buffers_.clear();
    bytes_ = 0;
  }

 private:
  size_t max_buffers_;
  size_t max_bytes_;
  size_t bytes_ = 0;
  std::vector<BufferHandle> buffers_;
};

}  // namespace av1hw
