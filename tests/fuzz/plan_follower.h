// SPDX-License-Identifier: LGPL-2.1-or-later
// What a planner makes of the requests that an encoder gets, beside that encoder.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "av1/gop_checker.h"
#include "av1/gop_planner.h"
#include "support/checking_encode_backend.h"

namespace av1hw::test {

class PlanFollower {
 public:
  // Of settings that GopPlanner::make() takes; frames are numbered from `first` on.
  PlanFollower(const GopSettings& settings, uint64_t first);

  unsigned reorder_frames() const { return planner_.reorder_frames(); }
  void push(const GopFrameRequest& request);
  void drain();
  // What was held back is dropped; `next` is the number of the frame that follows.
  void flush(uint64_t next);

  // Rules of GopChecker that the plan breaks, in words.
  std::string faults() const;
  // `submitted`, from `from` on, are the frames that the plan codes, in its order. Not `whole`: or
  // the first of them.
  bool is_followed_by(std::span<const SubmittedEncode> submitted, size_t from, bool whole) const;

 private:
  void take();

  GopSettings settings_;
  GopPlanner planner_;
  av1hw::testing::GopChecker checker_;
  uint64_t first_;
  std::string faults_;
  std::vector<PlannedFrame> planned_;  // not looked at yet
  std::vector<PlannedFrame> coded_;
};

}  // namespace av1hw::test
