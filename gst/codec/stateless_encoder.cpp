// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of an encoder's client.
#include "codec/stateless_encoder.h"

#include <algorithm>
#include <format>
#include <utility>

#include "codec/encode_rate.h"
#include "codec/encode_regions.h"
#include "codec/encode_structure.h"

namespace av1hw {
namespace {

// An operating point of `b` is of a higher level or tier than that of `a`.
bool needs_more(const SequenceHeader& a, const SequenceHeader& b) {
  for (unsigned i = 0; i < a.operating_points_count; ++i) {
    const OperatingPoint& x = a.operating_points[i];
    const OperatingPoint& y = b.operating_points[i];
    if (std::pair(y.seq_tier, y.seq_level_idx) > std::pair(x.seq_tier, x.seq_level_idx))
      return true;
  }
  return false;
}

}  // namespace

StatelessEncoder::StatelessEncoder(std::unique_ptr<EncodeBackend> backend)
    : backend_(std::move(backend)) {}

StatelessEncoder::~StatelessEncoder() { stop(); }

Result<> StatelessEncoder::open(const EncoderSettings& settings, const EncoderInput& input,
                                EncoderClient& client) {
  stop();
  client_ = &client;
  if (auto opened = backend_->open(settings, input, client); !opened) return opened;
  return start(settings, input);
}

Result<> StatelessEncoder::start(const EncoderSettings& settings, const EncoderInput& input) {
  const EncodeLimits& limits = backend_->limits();
  std::vector<std::string> warnings;
  const GopSettings gop = choose_gop(settings, input, limits, warnings);
  auto planner = GopPlanner::make(gop);
  if (!planner) return std::unexpected(planner.error());
  const EncodeRate rate = choose_rate(settings, input.info, limits, warnings);
  auto stream = make_encode_stream(settings, input, limits, gop, rate, warnings);
  if (!stream) return std::unexpected(stream.error());
  auto worker = std::make_unique<OrderedWorker>(stream->pictures_in_flight);
  if (!worker->has_thread()) return std::unexpected(OrderedWorker::no_thread());
  if (auto configured = backend_->configure(*stream); !configured) return configured;
  for (const std::string& warning : warnings) client_->warn(warning);
  warnings_ = std::move(warnings);
  settings_ = settings;
  stream_ = *std::move(stream);
  headers_ = UnitHeaders(stream_, input);
  planner_ = *std::move(planner);
  worker_ = std::move(worker);
  return {};
}

// As it was made, but for the backend.
void StatelessEncoder::stop() {
  drop_all();
  worker_.reset();
  planner_.reset();
  order_hints_ = {};
  rate_changed_ = false;
  worker_failed_ = false;
  const std::lock_guard guard(failure_lock_);
  has_failed_ = false;
  failure_.reset();
}

void StatelessEncoder::drop_all() {
  // Pictures in flight are waited for: drivers know no way to take them back.
  if (worker_) {
    dropping_ = true;
    worker_->wait_idle();
    dropping_ = false;
  }
  unit_.clear();
  planned_.clear();
  waiting_.clear();
  slots_ = {};
}

Result<> StatelessEncoder::encode(const InputFrame& frame) {
  if (const auto failed = failure()) return std::unexpected(*failed);
  if (!planner_) return fail(ErrorCode::Failed, "the encoder is not open");
  auto input = retry_while_busy([&] { return backend_->input(frame.buffer); });
  if (!input) {
    if (input.error().code != ErrorCode::InvalidData) return end_with(input.error());
    return std::unexpected(input.error());
  }
  take_in(frame).input = *std::move(input);
  planner_->push({.frame_number = frames_++,
                  .force_key_frame = frame.force_key_frame,
                  .mark_long_term = frame.mark_long_term,
                  .use_long_term = frame.use_long_term},
                 planned_);
  return code_planned();
}

// As the frame that is numbered `frames_`.
StatelessEncoder::WaitingFrame& StatelessEncoder::take_in(const InputFrame& frame) {
  if (!spare_.empty()) {
    spare_.key() = frames_;
    waiting_.insert(std::move(spare_));
  }
  WaitingFrame& waiting = waiting_[frames_];
  waiting.frame_number = frame.frame_number;
  waiting.itu_t35.assign(frame.itu_t35.begin(), frame.itu_t35.end());
  if (backend_->limits().region_of_interest)
    waiting.regions = collect_regions(frame.buffer, stream_.info);
  return waiting;
}

Result<> StatelessEncoder::code_planned() {
  Result<> coded;
  for (const PlannedFrame& plan : planned_) {
    coded = code(plan);
    if (!coded) break;
  }
  planned_.clear();
  return coded;
}

Result<> StatelessEncoder::drain() {
  if (const auto failed = failure()) return std::unexpected(*failed);
  if (!planner_) return {};
  planner_->drain(planned_);
  if (auto coded = code_planned(); !coded) return coded;
  worker_->wait_idle();
  if (const auto failed = failure()) return std::unexpected(*failed);
  return {};
}

void StatelessEncoder::flush() {
  if (planner_) planner_->reset();
  drop_all();
}

Result<> StatelessEncoder::set_bitrate(unsigned kbit_per_s) {
  if (const auto failed = failure()) return std::unexpected(*failed);
  const EncodeLimits& limits = backend_->limits();
  if (!planner_ || !limits.changes_bitrate)
    return fail(ErrorCode::NotSupported, "this driver can't change the bitrate of an open encoder");
  EncoderSettings settings = settings_;
  settings.bitrate = kbit_per_s;
  std::vector<std::string> warnings;
  EncodeStream stream = stream_;
  stream.rate = choose_rate(settings, stream.info, limits, warnings);
  if (stream.rate.mode != stream_.rate.mode)
    return fail(ErrorCode::NotSupported, "this bitrate needs another rate-control");
  if (!holds_bitrate(stream.rate.mode)) {
    for (const std::string& warning : warnings) client_->warn(warning);
    return {};
  }
  const auto sequence = make_sequence(stream, limits);
  if (!sequence) return std::unexpected(sequence.error());
  if (needs_more(stream_.sequence, *sequence))
    return fail(ErrorCode::NotSupported,
                std::format("{} kbit/s need a higher level, which takes a new sequence header",
                            kbit_per_s));
  // What was said of the mode when it was opened holds still.
  for (const std::string& warning : warnings) {
    if (!std::ranges::contains(warnings_, warning)) client_->warn(warning);
  }
  settings_ = settings;
  stream_.rate = stream.rate;
  rate_changed_ = true;
  return {};
}

unsigned StatelessEncoder::latency_frames() const {
  return planner_ ? planner_->reorder_frames() : 0;
}

unsigned StatelessEncoder::frames_in_use() const {
  return planner_ ? planner_->reorder_frames() + stream_.pictures_in_flight + 1 : 1;
}

std::optional<Error> StatelessEncoder::failure() const {
  if (!has_failed_) return std::nullopt;
  const std::lock_guard guard(failure_lock_);
  return failure_;
}

// InvalidData is for a frame that is lost alone, which no error is that ends encoding.
Error StatelessEncoder::final_error(const Error& error) {
  return {error.code == ErrorCode::InvalidData ? ErrorCode::Failed : error.code, error.message};
}

// For errors that a call of the client's returns.
std::unexpected<Error> StatelessEncoder::end_with(const Error& error) {
  const std::lock_guard guard(failure_lock_);
  if (!failure_) failure_ = final_error(error);
  has_failed_ = true;
  return std::unexpected(*failure_);
}

}  // namespace av1hw
