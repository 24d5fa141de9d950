// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells frames that are held back from frames that are merely in flight.
#include "elements/encoder_latency.h"

#include <algorithm>
#include <utility>

namespace av1hw {

void EncoderLatency::start(bool asynchronous, bool live, Clock::duration frame_duration) {
  *this = {};
  asynchronous_ = asynchronous;
  live_ = live;
  frame_duration_ = std::max(frame_duration, Clock::duration(1));
}

void EncoderLatency::entered(uint64_t frame_number, Clock::time_point now) {
  if (measures()) inside_.push_back({frame_number, now, downstream_});
}

void EncoderLatency::dropped(uint64_t frame_number) {
  std::erase_if(inside_, [=](const Inside& one) { return one.frame_number == frame_number; });
}

void EncoderLatency::left(uint64_t frame_number, Clock::time_point now) {
  while (!inside_.empty() && inside_.front().frame_number < frame_number) inside_.pop_front();
  if (inside_.empty() || inside_.front().frame_number != frame_number) return;
  const Inside frame = inside_.front();
  inside_.pop_front();
  const auto behind = static_cast<unsigned>(inside_.size());
  if (!asynchronous_) {
    frames_ = std::max(frames_, behind);
    return;
  }
  const Clock::duration own = now - frame.since - (downstream_ - frame.downstream);
  const auto lasted = std::max<int64_t>(own / frame_duration_, 0);
  observe(static_cast<unsigned>(std::min<int64_t>(behind, lasted)));
}

void EncoderLatency::observe(unsigned held) {
  most_ = std::max(most_, held);
  if (++observed_ < period) return;
  observed_ = 0;
  frames_ = std::max(frames_, std::min(most_, most_before_));
  most_before_ = std::exchange(most_, 0);
}

}  // namespace av1hw
