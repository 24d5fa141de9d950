// SPDX-License-Identifier: LGPL-2.1-or-later
// The bookkeeping of gop_slots.h.
#include "av1/gop_slots.h"

#include <algorithm>

namespace av1hw {
namespace {

uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

uint8_t slot_bit(uint8_t slot) { return static_cast<uint8_t>(1U << slot); }

}  // namespace

void GopSlots::fill(const SlotFrame& frame) {
  SlotFrame plain = frame;
  plain.long_term.reset();
  plain.to_be_shown = false;
  std::fill_n(slots_.begin(), count_, plain);
  slots_[count_ - 1]->long_term = frame.long_term;
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
  SlotReferences refs;
  for (uint8_t slot = 0; slot < count_; ++slot) {
    const auto& frame = slots_[slot];
    if (!frame || frame->temporal_id > temporal_id || find(frame->display) != slot) continue;
    if (distance(frame->display, display) >= reach) continue;
    if (frame->temporal_id > 0 && frame->coded < last_base) continue;
    (frame->display < display ? refs.past : refs.future).push_back(slot);
  }
  const auto nearer = [&](uint8_t a, uint8_t b) {
    return distance(slots_[a]->display, display) < distance(slots_[b]->display, display);
  };
  std::ranges::sort(refs.past, nearer);
  std::ranges::sort(refs.future, nearer);
  return refs;
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

uint8_t GopSlots::least_needed() const {
  std::vector<uint8_t> free;
  unsigned base_frames = 0;
  for (uint8_t slot = 0; slot < count_; ++slot) {
    if (is_kept(slot)) continue;
    if (!slots_[slot] || is_duplicate(slot)) return slot;
    if (slots_[slot]->level == 0) ++base_frames;
    free.push_back(slot);
  }
  const bool base_goes = base_frames > base_frames_;
  // Settings are checked so that one slot is always free (GopPlanner::make).
  return *std::ranges::min_element(free, [&](uint8_t a, uint8_t b) {
    const SlotFrame& x = *slots_[a];
    const SlotFrame& y = *slots_[b];
    if (base_goes && (x.level == 0) != (y.level == 0)) return x.level == 0;
    if (x.level != y.level) return x.level > y.level;
    return x.coded < y.coded;
  });
}

}  // namespace av1hw
