// SPDX-License-Identifier: LGPL-2.1-or-later
// The bookkeeping of gop_slots.h.
#include "av1/gop_slots.h"

#include <algorithm>

namespace av1hw {
namespace {

uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

uint8_t slot_bit(uint8_t slot) { return static_cast<uint8_t>(1U << slot); }

// Slots by how far away their frames are, all on one side. Frames that are in several slots are as
// far away from there: the first of these slots stands for them.
class NearestFirst {
 public:
  void add(uint8_t slot, uint64_t away) { found_[size_++] = away << slot_bits | slot; }

  SlotList slots() {
    std::sort(found_.begin(), found_.begin() + size_);
    SlotList list;
    for (unsigned i = 0; i < size_; ++i) {
      if (i > 0 && found_[i] >> slot_bits == found_[i - 1] >> slot_bits) continue;
      list.push_back(static_cast<uint8_t>(found_[i] & (num_ref_frames - 1)));
    }
    return list;
  }

 private:
  static constexpr unsigned slot_bits = 3;

  std::array<uint64_t, num_ref_frames> found_;
  unsigned size_ = 0;
};

}  // namespace

void GopSlots::fill(const SlotFrame& frame) {
  SlotFrame plain = frame;
  plain.long_term.reset();
  plain.to_be_shown = false;
  std::fill_n(slots_.begin(), count_, plain);
  slots_[count_ - 1]->long_term = frame.long_term;
  has_duplicates_ = true;
}

uint8_t GopSlots::put(const SlotFrame& frame) {
  std::optional<uint8_t> slot;
  if (frame.long_term) slot = find_long_term(*frame.long_term);
  if (!slot) slot = least_needed();
  slots_[*slot] = frame;
  return slot_bit(*slot);
}

uint8_t GopSlots::replace_all(const SlotFrame& frame) {
  const uint8_t own = put(frame);
  SlotFrame plain = frame;
  plain.long_term.reset();
  has_duplicates_ = true;
  uint8_t flags = own;
  for (uint8_t slot = 0; slot < count_; ++slot) {
    if (is_kept(slot) || (own & slot_bit(slot))) continue;
    const uint8_t with_it = flags | slot_bit(slot);
    if (with_it == all_frames) {
      slots_[slot].reset();
    } else {
      slots_[slot] = plain;
      flags = with_it;
    }
  }
  return flags;
}

SlotReferences GopSlots::references(uint64_t display, uint8_t temporal_id, uint64_t reach) const {
  // Layers are nested: above the base layer only what came after its last frame is referred to, so
  // that a receiver may add a layer at any frame of the base.
  uint64_t last_base = 0;
  for (unsigned slot = 0; slot < count_; ++slot) {
    if (slots_[slot] && slots_[slot]->temporal_id == 0)
      last_base = std::max(last_base, slots_[slot]->coded);
  }
  NearestFirst past, future;
  for (uint8_t slot = 0; slot < count_; ++slot) {
    const auto& frame = slots_[slot];
    if (!frame || frame->temporal_id > temporal_id) continue;
    const uint64_t away = distance(frame->display, display);
    if (away >= reach) continue;
    if (frame->temporal_id > 0 && frame->coded < last_base) continue;
    (frame->display < display ? past : future).add(slot, away);
  }
  return {past.slots(), future.slots()};
}

std::optional<uint8_t> GopSlots::find(uint64_t display) const {
  for (uint8_t slot = 0; slot < count_; ++slot) {
    if (slots_[slot] && slots_[slot]->display == display) return slot;
  }
  return std::nullopt;
}

std::optional<uint8_t> GopSlots::find_long_term(unsigned index) const {
  for (uint8_t slot = 0; slot < count_; ++slot) {
    if (slots_[slot] && slots_[slot]->long_term == index) return slot;
  }
  return std::nullopt;
}

bool GopSlots::is_kept(uint8_t slot) const {
  return slots_[slot] && (slots_[slot]->to_be_shown || slots_[slot]->long_term);
}

bool GopSlots::is_duplicate(uint8_t slot) const {
  for (unsigned other = 0; other < count_; ++other) {
    if (other != slot && slots_[other] && slots_[other]->display == slots_[slot]->display)
      return true;
  }
  return false;
}

uint8_t GopSlots::least_needed() {
  unsigned base_frames = 0;
  for (uint8_t slot = 0; slot < count_; ++slot) {
    if (is_kept(slot)) continue;
    if (!slots_[slot] || (has_duplicates_ && is_duplicate(slot))) return slot;
    if (slots_[slot]->level == 0) ++base_frames;
  }
  has_duplicates_ = false;
  const bool base_goes = base_frames > base_frames_;
  const auto is_needed_less = [&](const SlotFrame& x, const SlotFrame& y) {
    if (base_goes && (x.level == 0) != (y.level == 0)) return x.level == 0;
    if (x.level != y.level) return x.level > y.level;
    return x.coded < y.coded;
  };
  // Settings are checked so that one slot is always free (GopPlanner::make).
  std::optional<uint8_t> least;
  for (uint8_t slot = 0; slot < count_; ++slot) {
    if (!is_kept(slot) && (!least || is_needed_less(*slots_[slot], *slots_[*least]))) least = slot;
  }
  return *least;
}

}  // namespace av1hw
