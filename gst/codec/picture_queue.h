// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures that a driver still decodes, in the order in which they are to come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "av1/obu.h"
#include "codec/decode_backend.h"

namespace av1hw {

struct PendingPicture {
  DecodeSurfaceRef surface;
  Picture picture;  // without its buffer
  // The frame header that showed it, for messages.
  ObuType obu_type = ObuType::Frame;
  uint64_t obu_offset = 0;  // in the stream
};

// First in, first out, and bounded.
class PictureQueue {
 public:
  // Forgets what is in it.
  void set_capacity(size_t capacity) {
    pictures_.clear();
    pictures_.resize(capacity);
    first_ = count_ = 0;
  }
  size_t capacity() const { return pictures_.size(); }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == pictures_.size(); }

  // It is not full.
  void push(PendingPicture picture) {
    pictures_[(first_ + count_++) % pictures_.size()] = std::move(picture);
  }
  // It is not empty.
  PendingPicture pop() {
    PendingPicture oldest = std::move(pictures_[first_]);
    first_ = (first_ + 1) % pictures_.size();
    count_--;
    return oldest;
  }
  void clear() {
    while (!empty()) pop();
  }

 private:
  std::vector<PendingPicture> pictures_;
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace av1hw
