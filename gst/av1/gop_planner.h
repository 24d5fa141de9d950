// SPDX-License-Identifier: LGPL-2.1-or-later
// Decides what each frame of a stream is coded as: its type, its place in coding order, what it
// refers to and which reference slots it replaces. Knows no driver and no pixels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "av1/frame_header.h"
#include "av1/gop_slots.h"
#include "base/result.h"

namespace av1hw {

constexpr unsigned max_b_frames = 31;
constexpr unsigned max_temporal_layers = 3;
constexpr unsigned max_long_term_references = 4;

struct GopSettings {
  // Frames from one key frame to the next; 0: the first, and those that are asked for.
  unsigned gop_size = 0;
  // Key frames that fall due are coded, hidden, before the frames that are shown before them, so
  // that these may refer to them. Needs `b_frames`. Those that are asked for always close a GOP.
  bool open_gop = false;
  // Frames that are coded after a later one (their anchor), 0..max_b_frames. 0 is low delay: frames
  // are coded in the order in which they come.
  unsigned b_frames = 0;
  // B-frames refer to each other, in levels; otherwise to anchors alone.
  bool hierarchical = true;
  // Frames that have no later one to refer to have earlier ones in both groups of references, for
  // compound prediction.
  bool low_delay_compound = false;
  // What the encoder can search: references of the group LAST_FRAME..GOLDEN_FRAME (1..4), and of
  // BWDREF_FRAME..ALTREF_FRAME (0..3).
  unsigned forward_references = 3;
  unsigned backward_references = 0;
  // Probabilities are LAST_FRAME's, or the default ones: the encoder has no others.
  bool primary_is_last = false;
  unsigned slots = num_ref_frames;    // that the encoder has, 1..8
  unsigned temporal_layers = 1;       // 1..3 (L1T1..L1T3); low delay only, if more than one
  unsigned long_term_references = 0;  // 0..4; low delay only
  unsigned intra_refresh_period = 0;  // frames between intra-only frames; 0: none; low delay only
  unsigned order_hint_bits = 7;       // OrderHintBits, 3..8
};

// What is known of a frame before it is planned.
struct GopFrameRequest {
  uint64_t frame_number = 0;  // comes back with the plan
  bool force_key_frame = false;
  // The long-term reference that this frame becomes, below GopSettings::long_term_references. Such
  // frames, and those that use one, are of the base layer: the cycle of layers starts with them.
  std::optional<unsigned> mark_long_term = {};
  // The long-term reference that this frame refers to, and to nothing else; nor does any later
  // frame refer to what came between. A key frame where there is none, or one of 2^(OrderHintBits -
  // 1) frames before.
  std::optional<unsigned> use_long_term = {};
};

// A frame header to write, in coding order. A temporal unit ends with each that is shown.
struct PlannedFrame {
  uint64_t frame_number = 0;
  // Then nothing else counts but frame_to_show_map_idx, and the type of the frame that is shown.
  bool show_existing_frame = false;
  uint8_t frame_to_show_map_idx = 0;
  FrameType type = FrameType::Key;
  bool show_frame = true;
  bool showable_frame = false;  // a later show_existing_frame will name it
  uint8_t order_hint = 0;
  uint8_t primary_ref_frame = primary_ref_none;
  uint8_t refresh_frame_flags = 0;
  // Slots by name, LAST_FRAME first. Names that are not to be searched repeat one that is.
  std::array<uint8_t, refs_per_frame> ref_frame_idx = {};
  // How many of LAST_FRAME, LAST2_FRAME, ... and of BWDREF_FRAME, ALTREF2_FRAME, ... to search.
  unsigned forward_references = 0;
  unsigned backward_references = 0;
  uint8_t temporal_id = 0;
  unsigned level = 0;  // of the pyramid: the higher, the less depends on the frame

  bool is_shown() const { return show_frame || show_existing_frame; }
};

class GopPlanner {
 public:
  // InvalidSettings: the message names the setting, and what it contradicts.
  static Result<GopPlanner> make(const GopSettings& settings);

  // Takes the next frame, in the order in which frames are shown, and appends what can be coded
  // now.
  void push(const GopFrameRequest& request, std::vector<PlannedFrame>& out);
  // Appends what is held back. The next frame is a key frame.
  void drain(std::vector<PlannedFrame>& out);
  // Drops what is held back. The next frame is a key frame.
  void reset();

  // Frames that come in before the first of a group goes out, besides itself.
  unsigned reorder_frames() const { return settings_.b_frames; }

 private:
  struct Pending {
    GopFrameRequest request;
    uint64_t display = 0;  // frames since the start of the stream
  };
  enum class Role : uint8_t { Shown, Hidden, NonReference };

  explicit GopPlanner(const GopSettings& settings);

  void code_key(const Pending& frame, std::vector<PlannedFrame>& out);
  void code_hidden_key(const Pending& frame, std::vector<PlannedFrame>& out);
  void code_intra_only(const Pending& frame, std::vector<PlannedFrame>& out);
  void code_low_delay(const Pending& frame, std::vector<PlannedFrame>& out);
  void code_group(bool key_anchor, std::vector<PlannedFrame>& out);
  void code_between(std::span<const Pending> frames, unsigned level,
                    std::vector<PlannedFrame>& out);
  void code_inter(const Pending& frame, unsigned level, Role role, std::vector<PlannedFrame>& out);
  void show_existing(const Pending& frame, FrameType type, std::vector<PlannedFrame>& out);

  GopFrameRequest checked(GopFrameRequest request, uint64_t display) const;
  PlannedFrame start(const Pending& frame, FrameType type) const;
  SlotFrame slot_frame(const Pending& frame, const PlannedFrame& planned);
  void choose_references(const Pending& frame, PlannedFrame& planned) const;
  uint8_t primary_reference(const PlannedFrame& planned) const;
  uint8_t temporal_id(uint64_t display) const;

  GopSettings settings_;
  GopSlots slots_;
  std::vector<Pending> group_;  // what is held back: B-frames, their anchor last
  uint64_t displayed_ = 0;      // frames that came
  uint64_t coded_ = 0;          // frames that were planned
  uint64_t last_key_ = 0;       // its `display`
  uint64_t last_intra_ = 0;     // that of the last frame that refers to none
  uint64_t cycle_ = 0;          // that of the frame that temporal layers are counted from
  bool key_next_ = true;
};

}  // namespace av1hw
