// SPDX-License-Identifier: LGPL-2.1-or-later
// Fuzz target: the input chooses a driver's limits, settings, and what is asked of the stateless
// encoder, call by call, with a backend that checks what it is told and fails now and then. What
// comes out has to parse and to show what went in, as planned.
#include <gst/gst.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/stateless_encoder.h"
#include "fuzz/encoder_choices.h"
#include "fuzz/plan_follower.h"
#include "support/checking_encode_backend.h"
#include "support/fuzz_bytes.h"
#include "support/recording_encoder_client.h"
#include "support/unit_follower.h"

namespace av1hw::test {
namespace {

constexpr unsigned most_calls = 150;
constexpr unsigned most_opens = 4;

void require(bool promise, const std::string& broken) {
  if (promise) return;
  std::fprintf(stderr, "broken promise: %s\n", broken.c_str());
  std::abort();
}

// One encoder's life.
class Life {
 public:
  explicit Life(FuzzBytes& bytes) : bytes_(bytes) {
    choose_limits(bytes_, script_.limits);
    script_.targets = bytes_.rarely(4) ? bytes_.number(1, 12) : 0;
    script_.inputs = bytes_.rarely(4) ? bytes_.number(1, 40) : 0;
    plan_faults(bytes_, script_);
    encoder_ = std::make_unique<StatelessEncoder>(make_checking_encode_backend(script_));
  }

  void run() {
    open();
    for (unsigned calls = 0; calls < most_calls && !bytes_.empty(); ++calls) call();
    if (is_open_ && !failed_) drain();
    encoder_.reset();
    follow();
    require(script_.complaints().empty(), script_.complaints());
    require(script_.alive == 0, "surfaces are left");
    require(client_.failures().size() <= opens_, "an error is told once");
  }

 private:
  void open() {
    const EncoderSettings settings = choose_settings(bytes_);
    const EncoderInput input = choose_input(bytes_);
    const auto checked = check_settings(settings);
    require(checked || !checked.error().message.empty(), "a contradiction is described");
    const auto opened = encoder_->open(settings, input, client_);
    opens_++;
    follow();
    // What was held back is dropped.
    waiting_.clear();
    followed_ = script_.submitted.size();
    key_frame_wanted_ = false;
    failed_ = false;
    is_open_ = opened.has_value();
    plan_.reset();
    if (!opened) {
      require(!opened.error().message.empty(), "why it does not open is said");
      return;
    }
    for (const std::string& warning : client_.warnings)
      require(warning.contains('='), "a warning names the property: " + warning);
    std::vector<std::string> warnings;
    plan_.emplace(choose_gop(settings, input, script_.limits, warnings), next_planned_);
    require(encoder_->latency_frames() == plan_->reorder_frames(), "latency_frames()");
  }

  void call() {
    switch (bytes_.byte() % 16) {
    case 0: drain(); break;
    case 1: flush(); break;
    case 2: set_bitrate(); break;
    case 3:
      if (opens_ < most_opens) open();
      break;
    default: encode();
    }
  }

  void encode() {
    const FrameBuffer buffer = choose_frame(bytes_, next_);
    const auto payloads = choose_payloads(bytes_);
    InputFrame frame = {.buffer = buffer.get(), .frame_number = next_, .itu_t35 = payloads};
    frame.force_key_frame = bytes_.rarely(16);
    if (bytes_.rarely(8)) frame.mark_long_term = bytes_.number(0, 6);
    if (bytes_.rarely(8)) frame.use_long_term = bytes_.number(0, 6);
    const auto encoded = encoder_->encode(frame);
    next_++;
    if (!is_open_ || failed_) {
      require(!encoded, "frames are taken while it is open, and has not failed");
      return fail(encoded.error());
    }
    if (!encoded && encoded.error().code == ErrorCode::InvalidData) {
      key_frame_wanted_ |= frame.force_key_frame;
      return;
    }
    plan_->push(
        {.frame_number = next_planned_++,
         .force_key_frame = std::exchange(key_frame_wanted_, false) || frame.force_key_frame,
         .mark_long_term = frame.mark_long_term,
         .use_long_term = frame.use_long_term});
    if (!encoded) return fail(encoded.error());
    waiting_.push_back(frame.frame_number);
  }

  void drain() {
    const auto drained = encoder_->drain();
    if (plan_) plan_->drain();
    if (!drained) return fail(drained.error());
    require(!failed_, "drain() tells of an error");
    if (!is_open_) return;
    follow();
    require(waiting_.empty(), "drain() puts out all that went in");
    compare_plan(true);
  }

  void flush() {
    encoder_->flush();
    key_frame_wanted_ = false;
    if (plan_) {
      compare_plan(!failed_);
      plan_->flush(next_planned_);
    }
    follow();
    waiting_.clear();
  }

  void set_bitrate() {
    const auto changed = encoder_->set_bitrate(choose_bitrate(bytes_));
    if (!changed) require(!changed.error().message.empty(), "why a bitrate is not taken is said");
  }

  // Nothing but the script makes an open encoder fail, and it keeps on saying so.
  void fail(const Error& error) {
    require(!error.message.empty(), "an error is described");
    if (!is_open_) return;
    require(error.code != ErrorCode::InvalidData, "an error that ends encoding is no frame's");
    require(has_faults(script_), "it fails by itself: " + error.message);
    failed_ = true;
  }

  // The units that came out, of frames that went in, in order.
  void follow() {
    for (const EncodedUnit& unit : client_.take_units()) {
      std::vector<uint8_t> bytes(gst_buffer_get_size(unit.data.get()));
      gst_buffer_extract(unit.data.get(), 0, bytes.data(), bytes.size());
      const FollowedUnit read = follower_.take(bytes);
      require(follower_.faults().empty(), follower_.faults());
      require(read.shown == unit.frame_number, "a unit shows its frame");
      require(read.key_frame == unit.key_frame, "a unit's key frame");
      require(unit.frame_number >= next_out_, "units are in order");
      next_out_ = unit.frame_number + 1;
      if (!waiting_.empty()) {
        require(waiting_.front() == unit.frame_number, "no frame is left out");
        waiting_.pop_front();
      }
    }
  }

  // What the backend was told to code is what the planner says, as far as it came.
  void compare_plan(bool whole) {
    const std::string faults = plan_->faults();
    require(faults.empty(), faults);
    require(plan_->is_followed_by(script_.submitted, followed_, whole), "another plan is coded");
  }

  FuzzBytes& bytes_;
  EncodeScript script_;
  RecordingEncoderClient client_;
  UnitFollower follower_;
  std::unique_ptr<StatelessEncoder> encoder_;
  std::optional<PlanFollower> plan_;
  std::deque<uint64_t> waiting_;  // frames that went in and have not come out
  size_t followed_ = 0;           // submitted pictures before the plan's
  uint64_t next_ = 1000;
  uint64_t next_planned_ = 0;
  uint64_t next_out_ = 0;
  unsigned opens_ = 0;
  bool is_open_ = false;
  bool failed_ = false;
  bool key_frame_wanted_ = false;
};

}  // namespace
}  // namespace av1hw::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool started = [] {
    gst_init(nullptr, nullptr);
    gst_debug_set_default_threshold(GST_LEVEL_NONE);
    return true;
  }();
  if (!started) return 0;
  av1hw::test::FuzzBytes bytes({data, size});
  av1hw::test::Life(bytes).run();
  return 0;
}
