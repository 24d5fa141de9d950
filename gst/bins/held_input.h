// SPDX-License-Identifier: LGPL-2.1-or-later
// The first buffers of a stream, kept until an element has shown that it works.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "memory/handles.h"

namespace av1hw {

// On any thread: buffers come in on one, and what comes out on another ends the wait.
class HeldInput {
 public:
  HeldInput(size_t max_buffers, size_t max_bytes)
      : max_buffers_(max_buffers), max_bytes_(max_bytes) {}

  // False: this is more than may be held; nothing is held any longer.
  bool add(GstBuffer* buffer) {
    const size_t size = gst_buffer_get_size(buffer);
    {
      const std::lock_guard guard(lock_);
      if (buffers_.size() < max_buffers_ && bytes_ + size <= max_bytes_) {
        bytes_ += size;
        buffers_.push_back(share(buffer));
        return true;
      }
    }
    clear();
    return false;
  }
  // What is held by now.
  std::vector<BufferHandle> buffers() const {
    const std::lock_guard guard(lock_);
    std::vector<BufferHandle> all;
    for (const BufferHandle& buffer : buffers_) all.push_back(share(buffer.get()));
    return all;
  }
  void clear() {
    // Let go of without the lock: a buffer's pool may do anything with it.
    std::vector<BufferHandle> gone;
    const std::lock_guard guard(lock_);
    gone.swap(buffers_);
    bytes_ = 0;
  }

 private:
  const size_t max_buffers_;
  const size_t max_bytes_;
  mutable std::mutex lock_;
  size_t bytes_ = 0;
  std::vector<BufferHandle> buffers_;
};

}  // namespace av1hw
