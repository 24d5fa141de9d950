// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoded picture buffer: 8 slots of what later frames refer to (AV1 specification 7.20, 7.21).
#include "codec/reference_slots.h"

#include <format>

namespace av1hw {
namespace {

constexpr std::array<const char*, GST_AV1_REFS_PER_FRAME> reference_names = {
    "LAST_FRAME",   "LAST2_FRAME",   "LAST3_FRAME", "GOLDEN_FRAME",
    "BWDREF_FRAME", "ALTREF2_FRAME", "ALTREF_FRAME"};

// The limits of 7.9.2: a reference is at most twice and at least a 16th of the frame's size.
bool scales(uint32_t frame, uint32_t reference) {
  return 2 * uint64_t{frame} >= reference && frame <= 16 * uint64_t{reference};
}

}  // namespace

void ReferenceSlots::store(uint8_t refresh_frame_flags, const StoredFrame& frame) {
  for (size_t i = 0; i < slots_.size(); i++) {
    if ((refresh_frame_flags >> i & 1) != 0) slots_[i] = frame;
  }
}

std::array<ReferenceSlot, GST_AV1_NUM_REF_FRAMES> ReferenceSlots::for_driver() const {
  std::array<ReferenceSlot, GST_AV1_NUM_REF_FRAMES> slots;
  for (size_t i = 0; i < slots.size(); i++) slots[i] = slots_[i].slot;
  return slots;
}

std::optional<std::string> ReferenceSlots::problem(const GstAV1FrameHeaderOBU& frame,
                                                   const SampleFormat& samples) const {
  if (frame.frame_is_intra) return std::nullopt;
  for (size_t i = 0; i < reference_names.size(); i++) {
    const auto index = static_cast<size_t>(frame.ref_frame_idx[i]);
    if (index >= slots_.size()) return std::format("{} is slot {}", reference_names[i], index);
    const StoredFrame& stored = slots_[index];
    const ReferenceSlot& slot = stored.slot;
    if (!stored.surface) {
      return std::format("{} (slot {}) is missing", reference_names[i], index);
    }
    if (stored.samples != samples) {
      return std::format("{} (slot {}) has other samples: {} bits where the frame has {}",
                         reference_names[i], index, stored.samples.bit_depth, samples.bit_depth);
    }
    if (!scales(frame.frame_width, slot.upscaled_width) ||
        !scales(frame.frame_height, slot.frame_height)) {
      return std::format("{} (slot {}) is {}x{}, which does not scale to {}x{}", reference_names[i],
                         index, slot.upscaled_width, slot.frame_height, frame.frame_width,
                         frame.frame_height);
    }
  }
  return std::nullopt;
}

}  // namespace av1hw
