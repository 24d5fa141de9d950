// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of gop_planner.h.
#include "av1/gop_planner.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace av1hw {
namespace {

// Low delay: every so many frames one stays in a slot until the next, for what was hidden
// meanwhile.
constexpr uint64_t golden_interval = 16;

constexpr size_t bwdref = max_forward_references;  // of ref_frame_idx

// Frames that are less far apart than this are told apart by their order hints
// (get_relative_dist(), 5.9.3).
uint64_t reach(const GopSettings& settings) {
  return uint64_t{1} << (settings.order_hint_bits - 1);
}

// Frames of level 0 that are kept whatever comes.
unsigned base_frames(const GopSettings& settings) {
  if (settings.b_frames > 0) return std::clamp(settings.forward_references, 2U, 3U);
  return settings.temporal_layers > 1 ? settings.forward_references : 1;
}

// Slots without which a setting can't be honoured: what awaits being shown, the anchor before, and
// one for what comes next.
unsigned needed_slots(const GopSettings& settings) {
  unsigned slots = 1 + settings.long_term_references;
  if (settings.b_frames > 0) {
    // Of a group that is halved again and again, one frame a level is hidden.
    const unsigned levels =
        settings.hierarchical ? static_cast<unsigned>(std::bit_width(settings.b_frames)) - 1 : 0;
    slots += 1 + levels;
  }
  if (settings.temporal_layers == max_temporal_layers) ++slots;
  return slots;
}

Result<> in_range(const char* name, unsigned value, unsigned low, unsigned high) {
  if (value >= low && value <= high) return {};
  return fail(ErrorCode::InvalidSettings, std::string(name) + " is " + std::to_string(value) +
                                              ", outside of " + std::to_string(low) + " to " +
                                              std::to_string(high));
}

Result<> check_ranges(const GopSettings& s) {
  const std::array results = {
      in_range("b-frames", s.b_frames, 0, max_b_frames),
      in_range("forward references", s.forward_references, 1, max_forward_references),
      in_range("backward references", s.backward_references, 0, max_backward_references),
      in_range("slots", s.slots, 1, num_ref_frames),
      in_range("temporal-layers", s.temporal_layers, 1, max_temporal_layers),
      in_range("long-term references", s.long_term_references, 0, max_long_term_references),
      in_range("order hint bits", s.order_hint_bits, 3, 8),
  };
  for (const auto& result : results) {
    if (!result) return result;
  }
  return {};
}

Result<> check_combinations(const GopSettings& s) {
  const auto invalid = [](const char* message) {
    return fail(ErrorCode::InvalidSettings, message);
  };
  if (s.b_frames > 0) {
    if (s.backward_references == 0)
      return invalid("b-frames need an encoder that can refer to later frames");
    if (s.temporal_layers > 1) return invalid("temporal-layers and b-frames exclude each other");
    if (s.long_term_references > 0)
      return invalid("long-term references and b-frames exclude each other");
    if (s.intra_refresh_period > 0) return invalid("intra refresh and b-frames exclude each other");
  } else if (s.open_gop) {
    return invalid("open GOPs need b-frames");
  }
  if (std::max(s.b_frames + 1, 1U << (s.temporal_layers - 1)) >= reach(s))
    return invalid("order hints have too few bits for as many b-frames or temporal-layers");
  if (needed_slots(s) > s.slots)
    return fail(ErrorCode::InvalidSettings,
                "these b-frames, temporal-layers and long-term references take " +
                    std::to_string(needed_slots(s)) + " reference slots, and the encoder has " +
                    std::to_string(s.slots));
  return {};
}

}  // namespace

Result<GopPlanner> GopPlanner::make(const GopSettings& settings) {
  if (auto result = check_ranges(settings); !result) return std::unexpected(result.error());
  if (auto result = check_combinations(settings); !result) return std::unexpected(result.error());
  return GopPlanner(settings);
}

GopPlanner::GopPlanner(const GopSettings& settings)
    : settings_(settings), slots_(settings.slots, base_frames(settings)) {}

// Without what is not there.
GopFrameRequest GopPlanner::checked(GopFrameRequest request, uint64_t display) const {
  const auto is_known = [&](unsigned index) { return index < settings_.long_term_references; };
  if (request.mark_long_term && !is_known(*request.mark_long_term)) request.mark_long_term.reset();
  if (!request.use_long_term) return request;
  const auto slot = slots_.find_long_term(*request.use_long_term);
  // What is further away looks like a frame that is yet to come (5.9.3).
  if (!slot || display - slots_.frame(*slot).display >= reach(settings_)) {
    request.use_long_term.reset();
    request.force_key_frame = true;
  }
  return request;
}

void GopPlanner::push(const GopFrameRequest& asked, std::vector<PlannedFrame>& out) {
  const uint64_t display = displayed_++;
  const GopFrameRequest request = checked(asked, display);
  const Pending frame{request, display};
  const bool due = settings_.gop_size > 0 && frame.display - last_key_ >= settings_.gop_size;
  const bool closes =
      key_next_ || request.force_key_frame || (due && !(settings_.open_gop && !group_.empty()));
  if (closes) {
    code_group(false, out);
    code_key(frame, out);
  } else if (settings_.b_frames == 0) {
    code_low_delay(frame, out);
  } else {
    group_.push_back(frame);
    if (due || group_.size() > settings_.b_frames) code_group(due, out);
  }
}

void GopPlanner::drain(std::vector<PlannedFrame>& out) {
  code_group(false, out);
  key_next_ = true;
}

void GopPlanner::reset() {
  group_.clear();
  slots_.clear();
  key_next_ = true;
}

void GopPlanner::code_key(const Pending& frame, std::vector<PlannedFrame>& out) {
  PlannedFrame planned = start(frame, FrameType::Key);
  planned.refresh_frame_flags = all_frames;
  last_key_ = last_intra_ = cycle_ = frame.display;
  key_next_ = false;
  slots_.fill(slot_frame(frame, planned));
  out.push_back(planned);
}

// The key frame of an open GOP takes one slot until it is shown: what is shown before it still has
// the others.
void GopPlanner::code_hidden_key(const Pending& frame, std::vector<PlannedFrame>& out) {
  PlannedFrame planned = start(frame, FrameType::Key);
  planned.show_frame = false;
  planned.showable_frame = true;
  planned.refresh_frame_flags = slots_.put(slot_frame(frame, planned));
  last_key_ = last_intra_ = frame.display;
  out.push_back(planned);
}

void GopPlanner::code_intra_only(const Pending& frame, std::vector<PlannedFrame>& out) {
  PlannedFrame planned = start(frame, FrameType::IntraOnly);
  last_intra_ = frame.display;
  planned.refresh_frame_flags = slots_.replace_all(slot_frame(frame, planned));
  out.push_back(planned);
}

void GopPlanner::code_low_delay(const Pending& frame, std::vector<PlannedFrame>& out) {
  if (frame.request.mark_long_term || frame.request.use_long_term) cycle_ = frame.display;
  const uint8_t layer = temporal_id(frame.display);
  if (settings_.intra_refresh_period > 0 && layer == 0 &&
      frame.display - last_intra_ >= settings_.intra_refresh_period) {
    code_intra_only(frame, out);
    return;
  }
  const bool top = settings_.temporal_layers > 1 && layer + 1U == settings_.temporal_layers;
  const bool golden = (frame.display - last_key_) % golden_interval == 0;
  const unsigned level = settings_.temporal_layers > 1 ? layer : (golden ? 0 : 1);
  code_inter(frame, level, top ? Role::NonReference : Role::Shown, out);
}

void GopPlanner::code_group(bool key_anchor, std::vector<PlannedFrame>& out) {
  if (group_.empty()) return;
  const std::vector<Pending> group = std::exchange(group_, {});
  const Pending& anchor = group.back();
  const std::span between = std::span(group).first(group.size() - 1);
  if (between.empty()) {
    code_inter(anchor, 0, Role::Shown, out);
    return;
  }
  if (key_anchor) {
    code_hidden_key(anchor, out);
  } else {
    code_inter(anchor, 0, Role::Hidden, out);
  }
  code_between(between, 1, out);
  show_existing(anchor, key_anchor ? FrameType::Key : FrameType::Inter, out);
}

void GopPlanner::code_between(std::span<const Pending> frames, unsigned level,
                              std::vector<PlannedFrame>& out) {
  if (frames.empty()) return;
  if (frames.size() == 1 || !settings_.hierarchical) {
    for (const Pending& frame : frames) code_inter(frame, level, Role::NonReference, out);
    return;
  }
  const size_t middle = (frames.size() - 1) / 2;
  code_inter(frames[middle], level, middle == 0 ? Role::Shown : Role::Hidden, out);
  code_between(frames.first(middle), level + 1, out);
  if (middle > 0) show_existing(frames[middle], FrameType::Inter, out);
  code_between(frames.subspan(middle + 1), level + 1, out);
}

void GopPlanner::code_inter(const Pending& frame, unsigned level, Role role,
                            std::vector<PlannedFrame>& out) {
  PlannedFrame planned = start(frame, FrameType::Inter);
  planned.level = level;
  planned.show_frame = role != Role::Hidden;
  planned.showable_frame = role == Role::Hidden;
  choose_references(frame, planned);
  planned.primary_ref_frame = primary_reference(planned);
  const SlotFrame own = slot_frame(frame, planned);
  // What came between a long-term reference and the frame that goes back to it may be lost: nothing
  // looks at that any more.
  if (frame.request.use_long_term)
    planned.refresh_frame_flags = slots_.replace_all(own);
  else if (role != Role::NonReference)
    planned.refresh_frame_flags = slots_.put(own);
  out.push_back(planned);
}

void GopPlanner::show_existing(const Pending& frame, FrameType type,
                               std::vector<PlannedFrame>& out) {
  const uint8_t slot = *slots_.find(frame.display);
  PlannedFrame planned = start(frame, type);
  planned.show_existing_frame = true;
  planned.show_frame = false;
  planned.frame_to_show_map_idx = slot;
  slots_.mark_shown(slot);
  // A key frame that is shown this way is loaded into all slots (7.21).
  if (type == FrameType::Key) {
    planned.refresh_frame_flags = all_frames;
    slots_.fill(SlotFrame(slots_.frame(slot)));
  }
  out.push_back(planned);
}

PlannedFrame GopPlanner::start(const Pending& frame, FrameType type) const {
  PlannedFrame planned;
  planned.frame_number = frame.request.frame_number;
  planned.type = type;
  planned.order_hint =
      static_cast<uint8_t>(frame.display & ((1U << settings_.order_hint_bits) - 1));
  if (type == FrameType::Inter) planned.temporal_id = temporal_id(frame.display);
  return planned;
}

SlotFrame GopPlanner::slot_frame(const Pending& frame, const PlannedFrame& planned) {
  return {.display = frame.display,
          .coded = coded_++,
          .level = planned.level,
          .temporal_id = planned.temporal_id,
          .to_be_shown = planned.showable_frame,
          .long_term = frame.request.mark_long_term};
}

void GopPlanner::choose_references(const Pending& frame, PlannedFrame& planned) const {
  SlotReferences refs;
  if (frame.request.use_long_term) {
    refs.past.push_back(*slots_.find_long_term(*frame.request.use_long_term));
  } else {
    refs = slots_.references(frame.display, planned.temporal_id, reach(settings_));
  }
  // The last of the forward group is one that outlives the others, where the nearest are not.
  SlotList forward = refs.past;
  if (forward.size() > settings_.forward_references) {
    const auto base =
        std::ranges::find_if(forward, [&](uint8_t slot) { return slots_.frame(slot).level == 0; });
    const auto last = forward.begin() + settings_.forward_references - 1;
    if (settings_.forward_references > 1 && base != forward.end() && base > last) *last = *base;
    forward.resize(settings_.forward_references);
  }
  SlotList backward = refs.future;
  if (backward.empty() && settings_.low_delay_compound) {
    backward = refs.past;
    std::ranges::rotate(backward, backward.begin() + (backward.size() > 1 ? 1 : 0));
  }
  if (backward.size() > settings_.backward_references)
    backward.resize(settings_.backward_references);

  const uint8_t repeated = forward.empty() ? backward.front() : forward.front();
  planned.ref_frame_idx.fill(repeated);
  std::ranges::copy(forward, planned.ref_frame_idx.begin());
  if (!backward.empty())
    std::fill(planned.ref_frame_idx.begin() + bwdref, planned.ref_frame_idx.end(),
              backward.front());
  std::ranges::copy(backward, planned.ref_frame_idx.begin() + bwdref);
  planned.forward_references = static_cast<unsigned>(forward.size());
  planned.backward_references = static_cast<unsigned>(backward.size());
}

// Probabilities are taken from the frame that was coded last among those of the same level, since
// these are alike in quantizer and distance.
uint8_t GopPlanner::primary_reference(const PlannedFrame& planned) const {
  uint8_t best = 0;  // LAST_FRAME
  if (settings_.primary_is_last) return best;
  const auto rank = [&](uint8_t name) {
    const SlotFrame& frame = slots_.frame(planned.ref_frame_idx[name]);
    return std::pair(frame.level == planned.level, frame.coded);
  };
  for (uint8_t name = 1; name < refs_per_frame; ++name) {
    if (rank(name) > rank(best)) best = name;
  }
  return best;
}

uint8_t GopPlanner::temporal_id(uint64_t display) const {
  const uint64_t place = display - cycle_;
  switch (settings_.temporal_layers) {
  case 2: return place % 2 == 0 ? 0 : 1;
  case 3: return place % 4 == 0 ? 0 : (place % 2 == 0 ? 1 : 2);
  default: return 0;
  }
}

}  // namespace av1hw
