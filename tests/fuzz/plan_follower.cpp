// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/plan_follower.h"

#include <algorithm>
#include <utility>

namespace av1hw::test {
namespace {

bool is_same(const PlannedFrame& a, const PlannedFrame& b) {
  return a.type == b.type && a.show_frame == b.show_frame && a.showable_frame == b.showable_frame &&
         a.order_hint == b.order_hint && a.primary_ref_frame == b.primary_ref_frame &&
         a.refresh_frame_flags == b.refresh_frame_flags && a.ref_frame_idx == b.ref_frame_idx &&
         a.forward_references == b.forward_references &&
         a.backward_references == b.backward_references && a.temporal_id == b.temporal_id &&
         a.level == b.level;
}

}  // namespace

PlanFollower::PlanFollower(const GopSettings& settings, uint64_t first)
    : settings_(settings),
      planner_(GopPlanner::make(settings).value()),
      checker_(settings),
      first_(first) {}

void PlanFollower::push(const GopFrameRequest& request) {
  planner_.push(request, planned_);
  take();
}

void PlanFollower::drain() {
  planner_.drain(planned_);
  take();
}

void PlanFollower::flush(uint64_t next) {
  faults_ = faults();
  planner_.reset();
  checker_ = av1hw::testing::GopChecker(settings_);
  first_ = next;
}

void PlanFollower::take() {
  for (PlannedFrame frame : std::exchange(planned_, {})) {
    if (!frame.show_existing_frame) coded_.push_back(frame);
    frame.frame_number -= first_;
    checker_.take(frame);
  }
}

std::string PlanFollower::faults() const {
  std::string text = faults_;
  for (const std::string& fault : checker_.faults()) text += fault + "\n";
  return text;
}

bool PlanFollower::is_followed_by(std::span<const SubmittedEncode> submitted, size_t from,
                                  bool whole) const {
  const auto pictures = submitted.subspan(from);
  if (whole ? pictures.size() != coded_.size() : pictures.size() > coded_.size()) return false;
  return std::ranges::equal(pictures, std::span(coded_).first(pictures.size()), is_same,
                            [](const SubmittedEncode& picture) { return picture.header.plan; });
}

}  // namespace av1hw::test
