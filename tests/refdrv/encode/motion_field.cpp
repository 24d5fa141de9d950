// SPDX-License-Identifier: LGPL-2.1-or-later
// The motion field (specification, sections 7.9 and 7.19) of frames in which nothing moves.
#include "refdrv/encode/motion_field.h"

#include <cstdlib>

namespace refdrv::encode {

namespace {

constexpr int max_frame_distance = 31;  // MAX_FRAME_DISTANCE
constexpr int stack_size = 3;           // MFMV_STACK_SIZE

class Estimator {
 public:
  Estimator(const FrameState& frame, const NamedFrames& references)
      : frame_(frame),
        references_(references),
        field_(size_t{frame.mi_rows / 2} * (frame.mi_cols / 2)) {}

  std::vector<bool> estimate() {
    if (references_[last_frame]->order_hints[altref_frame] != frame_.order_hints[golden_frame])
      project(last_frame);
    int stamp = stack_size - 2;
    if (is_later(bwdref_frame) && project(bwdref_frame)) stamp--;
    if (is_later(altref2_frame) && project(altref2_frame)) stamp--;
    if (is_later(altref_frame) && stamp >= 0 && project(altref_frame)) stamp--;
    if (stamp >= 0) project(last2_frame);
    return std::move(field_);
  }

 private:
  int distance(unsigned a, unsigned b) const {
    return nv::relative_distance(frame_.sequence, a, b);
  }
  int to_current(unsigned name) const {
    return distance(frame_.order_hints[name], frame_.av1().frame_offset);
  }
  bool is_later(unsigned name) const { return to_current(name) > 0; }

  // A vector of zero stays where it is, whatever the distances.
  bool project(unsigned name) {
    const SavedFrame& from = *references_[name];
    if (from.mi_rows != frame_.mi_rows || from.mi_cols != frame_.mi_cols || from.is_intra) {
      return false;
    }
    if (std::abs(to_current(name)) > max_frame_distance) return true;
    for (size_t i = 0; i < field_.size(); i++) {
      const unsigned ref_frame = from.motion_refs[i];
      if (ref_frame == intra_frame) continue;
      const int offset = distance(frame_.order_hints[name], from.order_hints[ref_frame]);
      if (offset > 0 && offset <= max_frame_distance) field_[i] = true;
    }
    return true;
  }

  const FrameState& frame_;
  const NamedFrames& references_;
  std::vector<bool> field_;
};

}  // namespace

std::vector<bool> estimate_motion_field(const FrameState& frame, const NamedFrames& references) {
  return Estimator(frame, references).estimate();
}

std::vector<uint8_t> saved_motion_refs(const FrameState& frame) {
  std::vector<uint8_t> refs;
  for (unsigned row = 1; row < frame.mi_rows; row += 2) {
    for (unsigned col = 1; col < frame.mi_cols; col += 2) {
      const uint8_t name = frame.mode(row, col).ref_frame;
      const bool earlier =
          name > intra_frame && nv::relative_distance(frame.sequence, frame.order_hints[name],
                                                      frame.av1().frame_offset) < 0;
      refs.push_back(earlier ? name : intra_frame);
    }
  }
  return refs;
}

}  // namespace refdrv::encode
