// SPDX-License-Identifier: LGPL-2.1-or-later
// The reference slots of a stream that is being planned: which frame is in which, which of them a
// frame may refer to, and which slot it may take.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "av1/frame_header.h"

namespace av1hw {

constexpr unsigned refs_per_frame = 7;
constexpr unsigned max_forward_references = 4;   // LAST_FRAME .. GOLDEN_FRAME
constexpr unsigned max_backward_references = 3;  // BWDREF_FRAME .. ALTREF_FRAME

// A frame that is in a slot.
struct SlotFrame {
  uint64_t display = 0;  // frames since the start of the stream
  uint64_t coded = 0;    // likewise, in coding order
  unsigned level = 0;    // of the pyramid
  uint8_t temporal_id = 0;
  bool to_be_shown = false;  // by show_existing_frame
  std::optional<unsigned> long_term = {};
};

// Slots in some order, each once. As there are eight at most, it takes no memory from the heap.
class SlotList {
 public:
  void push_back(uint8_t slot) { slots_[size_++] = slot; }
  void resize(size_t size) { size_ = size; }  // to less
  uint8_t* begin() { return slots_.data(); }
  uint8_t* end() { return slots_.data() + size_; }
  const uint8_t* begin() const { return slots_.data(); }
  const uint8_t* end() const { return slots_.data() + size_; }
  uint8_t front() const { return slots_.front(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::array<uint8_t, num_ref_frames> slots_ = {};
  size_t size_ = 0;
};

// What a frame may refer to, nearest first.
struct SlotReferences {
  SlotList past;
  SlotList future;
};

class GopSlots {
 public:
  // Of 1 to num_ref_frames slots, in which `base_frames` of level 0 outlive those of other levels.
  GopSlots(unsigned slots, unsigned base_frames) : count_(slots), base_frames_(base_frames) {}

  void clear() {
    slots_ = {};
    has_duplicates_ = false;
  }
  // A key frame that is shown is in every slot; a long-term reference in one that is kept.
  void fill(const SlotFrame& frame);
  // Puts a frame into the slot that is needed least, or that of the long-term reference it
  // replaces. Returns refresh_frame_flags.
  uint8_t put(const SlotFrame& frame);
  // Puts a frame into every slot but long-term references, so that nothing after it looks past it;
  // where there are none one slot is left alone and forgotten, for no intra-only frame may replace
  // all.
  uint8_t replace_all(const SlotFrame& frame);

  // Frames of at most this temporal layer that are less than `reach` frames away, each once.
  SlotReferences references(uint64_t display, uint8_t temporal_id, uint64_t reach) const;
  std::optional<uint8_t> find(uint64_t display) const;
  std::optional<uint8_t> find_long_term(unsigned index) const;

  // Of a slot that the functions above have named.
  const SlotFrame& frame(uint8_t slot) const { return *slots_[slot]; }
  void mark_shown(uint8_t slot) { slots_[slot]->to_be_shown = false; }

 private:
  uint8_t least_needed();
  bool is_kept(uint8_t slot) const;
  bool is_duplicate(uint8_t slot) const;

  unsigned count_;
  unsigned base_frames_;
  std::array<std::optional<SlotFrame>, num_ref_frames> slots_;
  bool has_duplicates_ = false;  // there may be frames in more than one slot
};

}  // namespace av1hw
