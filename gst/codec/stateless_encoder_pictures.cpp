// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures of the stateless encoder: into the driver, and out of it on the worker.
#include <algorithm>
#include <initializer_list>
#include <utility>

#include "codec/stateless_encoder.h"

namespace av1hw {
namespace {

BufferHandle join(std::initializer_list<std::span<const uint8_t>> parts) {
  size_t size = 0;
  for (const auto part : parts) size += part.size();
  auto* bytes = static_cast<uint8_t*>(g_malloc(size));
  uint8_t* to = bytes;
  for (const auto part : parts) to = std::ranges::copy(part, to).out;
  return BufferHandle(gst_buffer_new_wrapped(bytes, size));
}

}  // namespace

Result<> StatelessEncoder::code(const PlannedFrame& plan) {
  WaitingFrame& frame = waiting_[plan.frame_number];
  Step step;
  step.frame_number = frame.frame_number;
  headers_.write_before(stream_, plan, frame.itu_t35, step.obus);
  step.ends_unit = plan.is_shown();
  step.key_frame = plan.type == FrameType::Key && plan.show_frame;
  if (plan.show_existing_frame) {
    const auto header = write_show_existing_obu(stream_, plan);
    if (!header) return end_with(header.error());
    step.obus.insert(step.obus.end(), header->begin(), header->end());
    update_slots(plan, slots_[plan.frame_to_show_map_idx], step);
  } else if (auto coded = code_picture(plan, frame, step); !coded) {
    return end_with(coded.error());
  }
  if (plan.is_shown()) let_go(plan.frame_number);
  worker_->push([this, step = std::move(step)]() mutable { finish(step); });
  return {};
}

Result<> StatelessEncoder::code_picture(const PlannedFrame& plan, WaitingFrame& frame, Step& step) {
  worker_->wait_for_room();
  if (const auto failed = failure()) return std::unexpected(*failed);
  auto target = retry_while_busy([this] { return backend_->acquire(); });
  if (!target) return std::unexpected(target.error());
  auto job = submit(plan, frame, *target);
  if (!job) return std::unexpected(job.error());
  step.job = *std::move(job);
  step.input = std::exchange(frame.input, nullptr);
  update_slots(plan, *target, step);
  step.target = *std::move(target);
  return {};
}

void StatelessEncoder::let_go(uint64_t number) {
  spare_ = waiting_.extract(number);
  spare_.mapped().regions.clear();
  spare_.mapped().itu_t35.clear();
}

Result<EncodeJobRef> StatelessEncoder::submit(const PlannedFrame& plan, const WaitingFrame& frame,
                                              const EncodeSurfaceRef& target) {
  const EncodeLimits& limits = backend_->limits();
  set_frame_params(stream_, limits, plan, order_hints_, params_);
  auto obu = write_frame_obu(stream_, params_, limits.obu_size_bytes);
  if (!obu) return std::unexpected(obu.error());
  EncodePicture picture;
  picture.stream = &stream_;
  picture.header = &params_;
  picture.frame_obu = obu->bytes;
  picture.obu_size_offset = obu->obu_size_offset;
  picture.obu_size_bytes = obu->obu_size_bytes;
  picture.header_offset = obu->header_offset;
  picture.offsets = obu->offsets;
  if (plan.type == FrameType::Key) picture.sequence_obu = headers_.sequence_obu();
  picture.input = frame.input;
  picture.target = target;
  std::ranges::transform(slots_, picture.slots.begin(), &EncodeSurfaceRef::get);
  picture.rate_changed = rate_changed_;
  picture.regions = frame.regions;
  auto job = retry_while_busy([&] { return backend_->submit(picture); });
  if (job) rate_changed_ = false;
  return job;
}

// The reference frame update process (7.20), and for a key frame that is shown later the reference
// frame loading process (7.21). Slots that the driver does not have are in headers alone.
void StatelessEncoder::update_slots(const PlannedFrame& plan, const EncodeSurfaceRef& picture,
                                    Step& step) {
  const EncodeSurfaceRef held = picture;
  for (unsigned slot = 0; slot < num_ref_frames; ++slot) {
    if ((plan.refresh_frame_flags >> slot & 1) == 0) continue;
    order_hints_[slot] = plan.order_hint;
    if (slot < stream_.reference_slots) step.replaced[slot] = std::exchange(slots_[slot], held);
  }
}

void StatelessEncoder::finish(Step& step) {
  if (worker_failed_) return;
  std::vector<uint8_t> coded;
  if (step.job) {
    auto picture = backend_->wait(*step.job);
    if (!picture) return end_worker_with(picture.error());
    coded = std::move(picture->obus);
  }
  // Downstream may take its time: surfaces need not wait for it.
  step.job.reset();
  step.input.reset();
  step.target.reset();
  step.replaced = {};
  if (dropping_) return;
  if (step.ends_unit) return put_out(step, coded);
  unit_.insert(unit_.end(), step.obus.begin(), step.obus.end());
  unit_.insert(unit_.end(), coded.begin(), coded.end());
}

void StatelessEncoder::put_out(const Step& step, std::span<const uint8_t> coded) {
  BufferHandle data = join({unit_, step.obus, coded});
  unit_.clear();
  // A client that wants no more keeps off by itself: what is in flight comes out in any case.
  client_->output(
      {.data = std::move(data), .frame_number = step.frame_number, .key_frame = step.key_frame});
}

// The client hears of the first error once: from a call of its own, or else from here.
void StatelessEncoder::end_worker_with(const Error& error) {
  worker_failed_ = true;
  {
    const std::lock_guard guard(failure_lock_);
    if (failure_) return;
    failure_ = final_error(error);
    has_failed_ = true;
  }
  client_->failed(final_error(error));
}

}  // namespace av1hw
