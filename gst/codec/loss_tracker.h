// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pictures may be wrong after something was lost.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace av1hw {

// After a loss every picture may refer to what is missing, until a key frame starts afresh. Losses
// are told as packets are decoded, which is ahead of the pictures that come out.
class LossTracker {
 public:
  void reset() { count_ = 0; }

  // Packet `frame_number` could not be decoded.
  void lost(uint64_t frame_number) { add({frame_number, false}); }
  // Something is missing before packet `frame_number`.
  void lost_before(uint64_t frame_number) { add({frame_number, true}); }

  // Asked of every picture, in the order of output.
  bool is_corrupt(uint64_t frame_number, bool key_frame) {
    if (key_frame) {
      const auto repaired = [&](const Loss& loss) {
        return loss.frame_number < frame_number ||
               (loss.frame_number == frame_number && loss.before);
      };
      const auto end = losses_.begin() + count_;
      count_ = std::remove_if(losses_.begin(), end, repaired) - losses_.begin();
    }
    return std::any_of(losses_.begin(), losses_.begin() + count_,
                       [&](const Loss& loss) { return loss.frame_number <= frame_number; });
  }

 private:
  struct Loss {
    uint64_t frame_number;
    bool before;  // the packet itself is whole
  };

  // Of many losses on end the first and the last ones tell all that matters.
  void add(Loss loss) {
    if (count_ > 0 && losses_[count_ - 1].frame_number == loss.frame_number) {
      losses_[count_ - 1].before &= loss.before;
      return;
    }
    if (count_ == std::ssize(losses_)) {
      std::copy(losses_.begin() + 2, losses_.end(), losses_.begin() + 1);
      count_--;
    }
    losses_[count_++] = loss;
  }

  std::array<Loss, 32> losses_ = {};
  ptrdiff_t count_ = 0;
};

}  // namespace av1hw
