// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pictures may be wrong after something was lost.
#pragma once

#include <cstdint>
#include <optional>

namespace av1hw {

// After a loss every picture may refer to what is missing, until a key frame starts afresh.
class LossTracker {
 public:
  void reset() { since_.reset(); }

  // Packet `frame_number` could not be decoded.
  void lost(uint64_t frame_number) {
    if (!since_) since_ = Loss{frame_number, false};
  }
  // Something is missing before packet `frame_number`.
  void lost_before(uint64_t frame_number) {
    if (!since_) since_ = Loss{frame_number, true};
  }

  // Asked of every picture, in the order of output.
  bool is_corrupt(uint64_t frame_number, bool key_frame) {
    if (!since_ || frame_number < since_->frame_number) return false;
    if (key_frame && (frame_number > since_->frame_number || since_->before)) {
      since_.reset();
      return false;
    }
    return true;
  }

 private:
  struct Loss {
    uint64_t frame_number;
    bool before;  // the packet itself is whole
  };
  std::optional<Loss> since_;
};

}  // namespace av1hw
