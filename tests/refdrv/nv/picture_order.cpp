// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pictures are key frames, which bidirectional, and for how many an encoder has to wait.
#include "refdrv/nv/picture_order.h"

#include <algorithm>

namespace refdrv::nv {

std::vector<PlannedPicture> PictureOrder::add(uint64_t number, bool force_key) {
  const bool due = settings_.key_period != 0 && since_key_ >= settings_.key_period;
  const bool key = force_key || since_key_ == 0 || due || settings_.interval == 0;
  since_key_ = key ? 1 : since_key_ + 1;
  waiting_.push_back({.number = number, .key = key});
  return take(false);
}

std::vector<PlannedPicture> PictureOrder::flush() { return take(true); }

// Pictures in the first group; 0 where it is not known yet.
size_t PictureOrder::group_size(bool at_end) const {
  if (waiting_.empty()) return 0;
  if (waiting_.front().key) return 1;
  const size_t whole = std::max(settings_.interval, 1U);
  const size_t known = std::min(whole, waiting_.size());
  for (size_t i = 1; i < known; i++) {
    if (waiting_[i].key) return i;
  }
  const bool complete = known == whole || (known < waiting_.size() && waiting_[known].key);
  return complete || at_end ? known : 0;
}

std::vector<PlannedPicture> PictureOrder::take(bool at_end) {
  std::vector<PlannedPicture> ready;
  while (const size_t size = group_size(at_end)) {
    if (!at_end && waiting_.size() - size < settings_.lookahead) break;
    for (size_t i = 0; i < size; i++) {
      const Waiting& picture = waiting_.front();
      const bool last = i + 1 == size;
      ready.push_back({.number = picture.number,
                       .role = picture.key ? PictureRole::Key
                               : last      ? PictureRole::Forward
                                           : PictureRole::Bidirectional});
      waiting_.pop_front();
    }
  }
  return ready;
}

}  // namespace refdrv::nv
