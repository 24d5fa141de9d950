// SPDX-License-Identifier: LGPL-2.1-or-later
// A decoder's view of a plan: which frame is in which slot, and every rule that a plan can break.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "av1/gop_planner.h"

namespace av1hw::testing {

// Follows planned frames as the reference frame update process (AV1 specification 7.20) does, with
// nothing known of how they were planned. Frame numbers are to be given out one by one from 0, as
// frames are shown.
class GopChecker {
 public:
  // Frames of higher temporal layers are dropped, as a forwarding server would.
  explicit GopChecker(const GopSettings& settings, unsigned kept_layers = max_temporal_layers)
      : settings_(settings), kept_layers_(kept_layers) {}

  void take(const PlannedFrame& frame);
  // After all: what was hidden was shown, and each of `frames` frames was.
  void finish(uint64_t frames);

  // Rules that were broken, in words.
  const std::vector<std::string>& faults() const { return faults_; }
  uint64_t shown() const { return shown_; }

 private:
  struct Stored {
    uint64_t frame_number;
    FrameType type;
    uint8_t order_hint;
    uint8_t temporal_id;
    uint64_t base;  // frames of the base layer that were coded before it
    bool to_be_shown;
  };

  void check_type(const PlannedFrame& frame);
  void check_references(const PlannedFrame& frame);
  void show_existing(const PlannedFrame& frame);
  void show(const PlannedFrame& frame, uint64_t number);
  void store(const PlannedFrame& frame);
  void expect(bool holds, const PlannedFrame& frame, const std::string& rule);
  int relative_distance(unsigned a, unsigned b) const;  // get_relative_dist(), 5.9.3

  GopSettings settings_;
  unsigned kept_layers_;
  std::array<std::optional<Stored>, num_ref_frames> slots_;
  std::optional<uint64_t> last_shown_;
  std::set<uint64_t> coded_;
  uint64_t shown_ = 0;
  uint64_t base_ = 0;  // frames of the base layer so far
  std::vector<std::string> faults_;
};

}  // namespace av1hw::testing
