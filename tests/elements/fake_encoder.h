// SPDX-License-Identifier: LGPL-2.1-or-later
// An encoder element of a device that is none: its units are headers, put out by its own thread.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "codec/encoder.h"

namespace av1hw::test {

inline constexpr const char* fake_input_context = "av1hw.test.encoder";

// What became of a frame that came in.
struct SeenFrame {
  bool forced = false;
  std::optional<unsigned> mark;
  std::optional<unsigned> use;
};

// What the elements made by register_fake_encoder() do, and what was done with them. One element at
// a time.
class FakeEncoderScript {
 public:
  // To be set before the element starts.
  bool asynchronous = true;
  unsigned held_back = 0;    // frames
  unsigned room = 4;         // frames in flight
  unsigned align_width = 1;  // coded sizes are multiples of these; render_size has the rest
  unsigned align_height = 1;
  bool writes_render_size = true;
  std::chrono::milliseconds frame_time{};
  std::optional<Error> open_error;
  std::string open_error_of;  // the element that has it; empty: every one
  std::optional<Error> device_error;
  std::optional<Error> bitrate_error;
  std::optional<unsigned> most_bitrate;  // kbit/s; open() refuses more
  std::optional<unsigned> fails_at;      // frame, on the encoder's thread
  std::string fails_at_of;               // the element that does; empty: every one
  std::optional<unsigned> refuses_at;    // frame: InvalidData from encode()
  std::optional<unsigned> breaks_at;     // frame: DeviceLost from encode()
  bool offers_pool = true;
  bool hangs_in_encode = false;  // marked as a call of the driver, for a while

  // The encoder's thread waits before the next unit, until open_gate().
  void close_gate();
  void open_gate();
  void pass_gate();

  void note(SeenFrame frame);
  std::vector<SeenFrame> frames();

  std::atomic<unsigned> open_calls{0};
  std::atomic<unsigned> opened{0};  // streams
  std::atomic<unsigned> flushed{0};
  std::atomic<unsigned> drained{0};
  std::atomic<unsigned> bitrate{0};   // of the last set_bitrate()
  std::atomic<unsigned> pictures{0};  // input frames that are held
  std::atomic<unsigned> devices{0};   // that are open
  std::atomic<bool> context_seen{false};
  std::atomic<bool> output_refused{false};
  std::string element;        // that was opened last
  EncoderInput input;         // of the last open()
  EncoderSettings settings;   // likewise
  std::string pool_requests;  // "memory:VAMemory 3;" each: the domain and the buffers at least

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool open_ = true;
  std::vector<SeenFrame> frames_;
};

// Anew before each test.
FakeEncoderScript& fake_encoder();
void reset_fake_encoder();

// Registers "fakehwenc", of Va, which takes all kinds of memory.
void register_fake_encoder();
// Registers "fakevaenc", of VA memory, DMA-BUFs and system memory; and "fakenvenc", of CUDA and
// system memory.
void register_fake_encoders_of_two_devices();

}  // namespace av1hw::test
