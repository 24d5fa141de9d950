// SPDX-License-Identifier: LGPL-2.1-or-later
// What a frame header leaves to be found from order hints: references (specification, section 7.8),
// and those of skip mode (5.9.22).
#include <algorithm>
#include <optional>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::nv {

namespace {

// LAST_FRAME, LAST2_FRAME, ... count from 1; places in ref_frame_idx from 0.
enum Place : uint8_t { last, last2, last3, golden, bwdref, altref2, altref };

class ReferenceFinder {
 public:
  explicit ReferenceFinder(HeaderContext& context) : context_(context) {
    const int current = 1 << (context.sequence.order_hint_bits - 1);
    for (unsigned i = 0; i < slot_count; i++) {
      hints_[i] = current + relative_distance(context.sequence, hint_of(i), order_hint());
    }
    current_ = current;
  }

  int hint(unsigned slot) const { return hints_[slot]; }
  int current() const { return current_; }

  void take(Place place, unsigned slot) {
    context_.frame.ref_frame_idx[place] = static_cast<uint8_t>(slot);
    used_[slot] = true;
    set_[place] = true;
  }
  bool is_set(Place place) const { return set_[place]; }

  // The unused slot that `better` puts first among those that it wants.
  template <typename Wanted, typename Better>
  std::optional<unsigned> find(Wanted wanted, Better better) const {
    std::optional<unsigned> found;
    for (unsigned i = 0; i < slot_count; i++) {
      if (used_[i] || !wanted(hints_[i])) continue;
      if (!found || better(hints_[i], hints_[*found])) found = i;
    }
    return found;
  }

  unsigned earliest() const {
    unsigned found = 0;
    for (unsigned i = 1; i < slot_count; i++) {
      if (hints_[i] < hints_[found]) found = i;
    }
    return found;
  }

 private:
  unsigned hint_of(unsigned slot) const { return context_.slots[slot].header.av1.frame_offset; }
  unsigned order_hint() const { return context_.frame.av1.frame_offset; }

  HeaderContext& context_;
  int current_ = 0;
  std::array<int, slot_count> hints_ = {};
  std::array<bool, slot_count> used_ = {};
  std::array<bool, reference_count> set_ = {};
};

}  // namespace

Result<> set_frame_refs(HeaderContext& context, unsigned last_slot, unsigned golden_slot) {
  ReferenceFinder finder(context);
  finder.take(last, last_slot);
  finder.take(golden, golden_slot);
  if (finder.hint(last_slot) >= finder.current() || finder.hint(golden_slot) >= finder.current()) {
    return fault(Fault::Stream, "LAST_FRAME or GOLDEN_FRAME does not come before the frame");
  }
  const auto later = [&](int hint) { return hint >= finder.current(); };
  const auto earlier = [&](int hint) { return hint < finder.current(); };
  // Of equal hints, the last slot is the latest, the first slot the earliest.
  const auto at_least = [](int hint, int best) { return hint >= best; };
  const auto below = [](int hint, int best) { return hint < best; };
  if (const auto slot = finder.find(later, at_least)) finder.take(altref, *slot);
  if (const auto slot = finder.find(later, below)) finder.take(bwdref, *slot);
  if (const auto slot = finder.find(later, below)) finder.take(altref2, *slot);
  for (const Place place : {last2, last3, bwdref, altref2, altref}) {
    if (finder.is_set(place)) continue;
    if (const auto slot = finder.find(earlier, at_least)) finder.take(place, *slot);
  }
  const unsigned rest = finder.earliest();
  for (unsigned place = 0; place < reference_count; place++) {
    if (!finder.is_set(static_cast<Place>(place))) {
      context.frame.ref_frame_idx[place] = static_cast<uint8_t>(rest);
    }
  }
  return {};
}

void read_skip_mode(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  if (frame.is_intra() || !frame.av1.reference_mode || !sequence.enable_order_hint) return;
  const auto hint = [&](unsigned place) {
    return slots[frame.ref_frame_idx[place]].header.av1.frame_offset;
  };
  const auto distance = [&](unsigned a, unsigned b) { return relative_distance(sequence, a, b); };
  std::optional<unsigned> forward, backward, second;
  for (unsigned i = 0; i < reference_count; i++) {
    const int from_frame = distance(hint(i), frame.av1.frame_offset);
    if (from_frame < 0) {
      if (!forward || distance(hint(i), hint(*forward)) > 0) forward = i;
    } else if (from_frame > 0) {
      if (!backward || distance(hint(i), hint(*backward)) < 0) backward = i;
    }
  }
  if (!forward) return;
  for (unsigned i = 0; i < reference_count && !backward; i++) {
    if (distance(hint(i), hint(*forward)) >= 0) continue;
    if (!second || distance(hint(i), hint(*second)) > 0) second = i;
  }
  const auto other = backward ? backward : second;
  if (!other) return;
  frame.av1.SkipModeFrame0 = (std::min(*forward, *other) + 1) & 15;
  frame.av1.SkipModeFrame1 = (std::max(*forward, *other) + 1) & 15;
  frame.av1.skip_mode = in.flag();
}

}  // namespace refdrv::nv
