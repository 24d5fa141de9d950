// SPDX-License-Identifier: LGPL-2.1-or-later
// What coding a frame begins with: its header held to what is supported, and its references.
#include "refdrv/encode/frame_setup.h"

#include <algorithm>
#include <format>

#include "refdrv/encode/motion_field.h"

namespace refdrv::encode {

namespace {

Planes whole_blocks(const FrameState& frame) {
  Planes planes;
  for (unsigned i = 0; i < frame.sequence.planes(); i++) {
    planes[i] = Plane(frame.mi_cols * 4 >> frame.subsampling_x(i),
                      frame.mi_rows * 4 >> frame.subsampling_y(i));
  }
  return planes;
}

// A frame of another size would be scaled, and global motion would move it.
bool is_usable(const FrameState& frame, const SavedFrame& reference, unsigned name) {
  return reference.planes[0].width == frame.av1().width &&
         reference.planes[0].height == frame.av1().height &&
         frame.av1().global_motion[name - 1].wmtype == 0;
}

void find_choices(FrameState& frame, const NamedFrames& named, const SavedFrames& saved,
                  const Planes& source) {
  for (unsigned name = last_frame; name < ref_names; name++) {
    if (!is_usable(frame, *named[name], name)) continue;
    frame.references[name] = saved[frame.header.ref_frame_idx[name - 1]];
    const auto same = std::ranges::find_if(frame.choices, [&](uint8_t other) {
      return frame.references[other] == frame.references[name];
    });
    if (same != frame.choices.end()) {
      frame.analyses[name] = frame.analyses[*same];
      continue;
    }
    frame.choices.push_back(static_cast<uint8_t>(name));
    frame.analyses[name] = std::make_shared<const Analysis>(
        Analysis::of(source, &frame.references[name]->planes, frame.sequence.subsampling_x,
                     frame.sequence.subsampling_y));
  }
}

Result<> set_up_references(FrameState& frame, const nv::Slots& slots, const SavedFrames& saved,
                           const Planes& source) {
  NamedFrames named = {};
  for (unsigned name = last_frame; name < ref_names; name++) {
    const unsigned slot = frame.header.ref_frame_idx[name - 1];
    named[name] = saved[slot].get();
    frame.order_hints[name] = slots[slot].header.av1.frame_offset;
  }
  if (frame.av1().use_ref_frame_mvs) frame.motion_field = estimate_motion_field(frame, named);
  find_choices(frame, named, saved, source);
  if (!frame.choices.empty()) return {};
  return fault(Fault::Unsupported,
               std::format("no reference without global motion (gm_type) has the frame's size, "
                           "{}x{}: scaled references are not predicted from",
                           frame.av1().width, frame.av1().height));
}

// load_previous_segment_ids().
void load_segment_ids(FrameState& frame, const SavedFrames& saved) {
  if (frame.header.primary_ref_frame == nv::no_primary_reference) return;
  const SavedFrame& from = *saved[frame.header.ref_frame_idx[frame.header.primary_ref_frame]];
  if (from.mi_rows == frame.mi_rows && from.mi_cols == frame.mi_cols) {
    frame.previous_segment_ids = from.segment_ids;
  }
}

}  // namespace

Result<> check_supported(const nv::FrameHeader& header) {
  const auto unsupported = [](const char* what) {
    return fault(Fault::Unsupported, std::format("no tiles are coded under {}", what));
  };
  if (header.av1.use_superres) return unsupported("use_superres 1");
  if (header.av1.coded_lossless) return unsupported("base_q_idx 0 without deltas (lossless)");
  return {};
}

Result<FrameState> set_up_frame(const nv::SequenceHeader& sequence, const nv::FrameHeader& header,
                                const nv::Slots& slots, const SavedFrames& saved,
                                const Planes& source) {
  FrameState frame{sequence, header};
  frame.mi_rows = 2 * ((header.av1.height + 7) >> 3);
  frame.mi_cols = 2 * ((header.frame_width + 7) >> 3);
  frame.segmentation = Segmentation(header.av1);
  frame.modes.resize(size_t{frame.mi_rows} * frame.mi_cols);
  frame.reconstruction = whole_blocks(frame);
  frame.analyses[intra_frame] = std::make_shared<const Analysis>(
      Analysis::of(source, nullptr, sequence.subsampling_x, sequence.subsampling_y));
  load_segment_ids(frame, saved);
  if (!header.is_intra()) {
    const auto set_up = set_up_references(frame, slots, saved, source);
    if (!set_up) return std::unexpected(set_up.error());
  }
  return frame;
}

}  // namespace refdrv::encode
