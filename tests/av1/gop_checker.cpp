// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of gop_checker.h.
#include "gop_checker.h"

namespace av1hw::testing {

void GopChecker::expect(bool holds, const PlannedFrame& frame, const std::string& rule) {
  if (!holds) faults_.push_back("frame " + std::to_string(frame.frame_number) + ": " + rule);
}

int GopChecker::relative_distance(unsigned a, unsigned b) const {
  const int m = 1 << (settings_.order_hint_bits - 1);
  const int diff = static_cast<int>(a) - static_cast<int>(b);
  return (diff & (m - 1)) - (diff & m);
}

void GopChecker::take(const PlannedFrame& frame) {
  expect(frame.temporal_id < settings_.temporal_layers, frame, "is of a layer that is not there");
  if (frame.temporal_id >= kept_layers_) return;
  if (frame.show_existing_frame) {
    show_existing(frame);
    return;
  }
  expect(coded_.insert(frame.frame_number).second, frame, "is coded twice");
  expect(frame.order_hint < (1U << settings_.order_hint_bits), frame,
         "its order hint is too large");
  check_type(frame);
  if (frame.type == FrameType::Inter) check_references(frame);
  if (frame.show_frame) show(frame, frame.frame_number);
  if (frame.temporal_id == 0) ++base_;
  store(frame);
}

void GopChecker::check_type(const PlannedFrame& frame) {
  const bool intra = frame.type == FrameType::Key || frame.type == FrameType::IntraOnly;
  if (frame.type == FrameType::Key && frame.show_frame)
    expect(frame.refresh_frame_flags == all_frames, frame, "a shown key frame leaves a slot");
  if (frame.type == FrameType::Key && !frame.show_frame)
    expect(frame.refresh_frame_flags != all_frames, frame, "a hidden key frame takes every slot");
  if (frame.type == FrameType::IntraOnly)
    expect(frame.refresh_frame_flags != all_frames, frame, "intra-only takes every slot (6.8.2)");
  expect(intra == (frame.primary_ref_frame == primary_ref_none), frame, "primary_ref_frame");
  expect(!intra || frame.temporal_id == 0, frame, "is intra and not of the base layer");
  expect(frame.show_frame != frame.showable_frame, frame, "is shown twice, or never");
  expect(frame.show_frame || frame.refresh_frame_flags != 0, frame, "is hidden and not kept");
}

void GopChecker::check_references(const PlannedFrame& frame) {
  expect(frame.forward_references + frame.backward_references > 0, frame, "refers to nothing");
  expect(frame.forward_references <= settings_.forward_references, frame, "forward: too many");
  expect(frame.backward_references <= settings_.backward_references, frame, "backward: too many");
  if (frame.primary_ref_frame != primary_ref_none)
    expect(frame.primary_ref_frame < refs_per_frame, frame, "primary_ref_frame is no name");
  if (settings_.primary_is_last)
    expect(frame.primary_ref_frame == 0, frame, "primary_ref_frame is not LAST_FRAME");
  for (unsigned name = 0; name < refs_per_frame; ++name) {
    const uint8_t slot = frame.ref_frame_idx[name];
    if (slot >= settings_.slots || !slots_[slot]) {
      expect(false, frame, "name " + std::to_string(name) + " is an empty slot");
      continue;
    }
    const Stored& ref = *slots_[slot];
    expect(ref.temporal_id <= frame.temporal_id, frame, "refers to a higher layer");
    expect(ref.temporal_id == 0 || ref.base == base_, frame, "layers are not nested");
    const int hinted = relative_distance(ref.order_hint, frame.order_hint);
    const int64_t real = static_cast<int64_t>(ref.frame_number - frame.frame_number);
    expect(hinted == real, frame, "order hints do not tell its reference's place");
    const bool is_forward = name < max_forward_references;
    if (is_forward && name < frame.forward_references)
      expect(real < 0, frame, "a forward reference comes later");
    if (!is_forward && name - max_forward_references < frame.backward_references)
      expect(settings_.low_delay_compound || real > 0, frame, "a backward reference comes earlier");
  }
}

void GopChecker::show_existing(const PlannedFrame& frame) {
  auto& slot = slots_[frame.frame_to_show_map_idx];
  if (!slot) {
    expect(false, frame, "shows an empty slot");
    return;
  }
  expect(slot->to_be_shown, frame, "shows what is not to be shown, or was");
  expect(slot->frame_number == frame.frame_number, frame, "shows another frame");
  expect(slot->type == frame.type, frame, "names another type");
  slot->to_be_shown = false;
  show(frame, slot->frame_number);
  if (slot->type == FrameType::Key) {
    expect(frame.refresh_frame_flags == all_frames, frame, "a key frame is not loaded (7.21)");
    const Stored key = *slot;
    for (auto& other : slots_) {
      expect(!other || !other->to_be_shown, frame, "what was to be shown is lost");
      other = key;
    }
  }
}

void GopChecker::show(const PlannedFrame& frame, uint64_t number) {
  if (kept_layers_ >= settings_.temporal_layers) {
    expect(number == (last_shown_ ? *last_shown_ + 1 : 0), frame, "is shown out of order");
  } else {
    expect(!last_shown_ || number > *last_shown_, frame, "is shown out of order");
  }
  last_shown_ = number;
  ++shown_;
}

void GopChecker::store(const PlannedFrame& frame) {
  for (unsigned i = 0; i < num_ref_frames; ++i) {
    if ((frame.refresh_frame_flags >> i & 1) == 0) continue;
    expect(frame.refresh_frame_flags == all_frames || i < settings_.slots, frame,
           "takes a slot that the encoder does not have");
    expect(!slots_[i] || !slots_[i]->to_be_shown, frame, "replaces what is to be shown");
    slots_[i] =
        Stored{frame.frame_number, frame.type, frame.order_hint, frame.temporal_id, base_, false};
  }
  // Of a hidden frame only one copy is shown.
  if (!frame.showable_frame) return;
  for (auto& slot : slots_) {
    if (slot && slot->frame_number == frame.frame_number) {
      slot->to_be_shown = true;
      return;
    }
  }
}

void GopChecker::finish(uint64_t frames) {
  for (const auto& slot : slots_) {
    if (slot && slot->to_be_shown)
      faults_.push_back("frame " + std::to_string(slot->frame_number) + ": was never shown");
  }
  if (kept_layers_ >= settings_.temporal_layers && shown_ != frames)
    faults_.push_back(std::to_string(shown_) + " of " + std::to_string(frames) + " were shown");
}

}  // namespace av1hw::testing
