// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes AV1 with a driver that codes pictures and leaves the stream to its caller.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "av1/gop_planner.h"
#include "codec/encode_backend.h"
#include "codec/encode_headers.h"
#include "codec/encode_units.h"
#include "codec/encoder.h"
#include "codec/ordered_worker.h"

namespace av1hw {

// Everything about AV1 that is the same for all drivers: which frame refers to which, headers,
// metadata and temporal units. The driver's part is `backend`.
//
// encode() plans and submits pictures; a worker waits for them, in coding order, and puts units out
// as soon as they are whole. So encode() waits for the driver alone, and only while as many
// pictures are in flight as this takes.
class StatelessEncoder final : public Encoder {
 public:
  explicit StatelessEncoder(std::unique_ptr<EncodeBackend> backend);
  ~StatelessEncoder() override;
  StatelessEncoder(const StatelessEncoder&) = delete;
  StatelessEncoder& operator=(const StatelessEncoder&) = delete;

  bool is_asynchronous() const override { return true; }
  Result<> open(const EncoderSettings& settings, const EncoderInput& input,
                EncoderClient& client) override;
  // Any error but InvalidData ends encoding until open(): later calls give it again.
  Result<> encode(const InputFrame& frame) override;
  Result<> drain() override;
  void flush() override;
  Result<> set_bitrate(unsigned kbit_per_s) override;
  // Frames that are held back for B-frames. Pictures in flight do not count: they come out by
  // themselves, without a further frame.
  unsigned latency_frames() const override;
  // Those that are held back, those in flight, and the next.
  unsigned frames_in_use() const override;

 private:
  // A frame that came in, until it is shown.
  struct WaitingFrame {
    uint64_t frame_number = 0;
    EncodeSurfaceRef input;  // until it is coded
    std::vector<RegionOfInterest> regions;
    std::vector<std::vector<uint8_t>> itu_t35;
  };
  // A step of the worker's: what it waits for, and what then goes into the unit.
  struct Step {
    EncodeJobRef job;  // none: nothing to wait for
    EncodeSurfaceRef input, target;
    // What it took slots from. The driver may still read that, for this picture or one before it.
    std::array<EncodeSurfaceRef, num_ref_frames> replaced;
    std::vector<uint8_t> obus;  // before those of the job
    bool ends_unit = false;
    bool key_frame = false;
    uint64_t frame_number = 0;
  };

  // stateless_encoder.cpp: calls of the client
  Result<> start(const EncoderSettings& settings, const EncoderInput& input);
  void stop();
  void drop_all();
  Result<> code_planned();

  // stateless_encoder_pictures.cpp: pictures, on the way in and on the worker
  template <typename Call>
  auto retry_while_busy(Call call) -> decltype(call());
  Result<> code(const PlannedFrame& plan);
  Result<> code_picture(const PlannedFrame& plan, WaitingFrame& frame, Step& step);
  Result<EncodeJobRef> submit(const PlannedFrame& plan, const WaitingFrame& frame,
                              const EncodeSurfaceRef& target);
  void update_slots(const PlannedFrame& plan, const EncodeSurfaceRef& picture, Step& step);
  void finish(Step& step);
  void put_out(const Step& step, std::span<const uint8_t> coded);
  WaitingFrame& take_in(const InputFrame& frame);
  void let_go(uint64_t number);

  std::optional<Error> failure() const;
  static Error final_error(const Error& error);
  std::unexpected<Error> end_with(const Error& error);
  void end_worker_with(const Error& error);

  std::unique_ptr<EncodeBackend> backend_;
  EncoderClient* client_ = nullptr;
  EncoderSettings settings_;
  std::vector<std::string> warnings_;  // that were given of them
  EncodeStream stream_;
  UnitHeaders headers_;
  std::optional<GopPlanner> planner_;  // none: not open
  std::vector<PlannedFrame> planned_;
  // By the number that the planner knows a frame by, which no other frame has.
  std::map<uint64_t, WaitingFrame> waiting_;
  std::map<uint64_t, WaitingFrame>::node_type spare_;  // of one that was shown
  uint64_t frames_ = 0;
  bool rate_changed_ = false;
  std::array<EncodeSurfaceRef, num_ref_frames> slots_;
  OrderHints order_hints_ = {};
  FrameHeaderParams params_;  // of the last picture

  std::atomic<bool> dropping_ = false;    // units are not put out
  std::atomic<bool> has_failed_ = false;  // there is a failure_
  mutable std::mutex failure_lock_;
  std::optional<Error> failure_;  // by failure_lock_

  // Of the worker's thread, while it has anything to do.
  std::vector<uint8_t> unit_;
  bool worker_failed_ = false;

  std::unique_ptr<OrderedWorker> worker_;  // last: it uses the others
};

// Busy says that what is missing is in use by a picture in flight: once one is finished the call is
// made again, until none is left.
template <typename Call>
auto StatelessEncoder::retry_while_busy(Call call) -> decltype(call()) {
  while (true) {
    const uint64_t finished = worker_->finished();
    auto result = call();
    if (result || result.error().code != ErrorCode::Busy) return result;
    if (!worker_->wait_for_next(finished)) return result;
    if (const auto failed = failure()) return std::unexpected(*failed);
  }
}

}  // namespace av1hw
