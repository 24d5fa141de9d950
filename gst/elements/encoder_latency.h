// SPDX-License-Identifier: LGPL-2.1-or-later
// How long frames stay in an encoder, in frames.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace av1hw {

// A frame is held back by as many frames as went in between it and its unit. Of an encoder that
// puts out what it has before it takes the next frame, that is the count.
//
// Of one that puts out units on a thread of its own, it is not: frames that are in flight go in
// behind a frame as well, and were not waited for. So a frame counts only for a frame's duration
// that went by, less the time in which downstream held the encoder's thread up. What remains is
// what the encoder waits for further frames, or takes longer than a frame lasts. And since any
// thread is late now and then, it counts only if it was so in two periods in succession.
//
// Only a live source tells that: its frames come when they are due. Others keep such an encoder
// full, so that a frame waits for those before it, however fast the encoder is. Of these nothing is
// measured.
class EncoderLatency {
 public:
  using Clock = std::chrono::steady_clock;

  // Frames of a period: longer than any group of B-frames and its anchor.
  static constexpr unsigned period = 16;

  // Of an encoder that was opened. Forgets all that was seen.
  void start(bool asynchronous, bool live, Clock::duration frame_duration);
  // Whether anything is measured: else nothing need be told, and no clock be looked at.
  bool measures() const { return live_ || !asynchronous_; }
  // Forgets the frames that are inside.
  void clear() { inside_.clear(); }

  void entered(uint64_t frame_number, Clock::time_point now);
  // This frame has no unit.
  void dropped(uint64_t frame_number);
  // The unit of this frame is there. Units come in the order of their frames.
  void left(uint64_t frame_number, Clock::time_point now);
  // `spent`: how long it took downstream to take a unit.
  void pushed(Clock::duration spent) { downstream_ += spent; }

  // Frames that a frame was held back by, at most.
  unsigned frames() const { return frames_; }

 private:
  struct Inside {
    uint64_t frame_number;
    Clock::time_point since;
    Clock::duration downstream;  // what was spent there by then
  };

  void observe(unsigned held);

  bool asynchronous_ = false;
  bool live_ = false;
  Clock::duration frame_duration_{1};
  Clock::duration downstream_{};  // spent there, in all
  std::deque<Inside> inside_;
  unsigned frames_ = 0;
  unsigned observed_ = 0;  // frames of this period
  unsigned most_ = 0;      // in this period
  unsigned most_before_ = 0;
};

}  // namespace av1hw
