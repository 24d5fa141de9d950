// SPDX-License-Identifier: LGPL-2.1-or-later
// Follows a stream of temporal units as a decoder does, and holds them to the specification's rules
// about what stands in a unit and where.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "av1/metadata.h"
#include "av1/obu.h"
#include "codec/header_parser.h"

namespace av1hw::test {

// What one temporal unit came to.
struct FollowedUnit {
  std::optional<uint64_t> shown;  // the mark of the picture that is shown (EncodeScript::mark)
  bool key_frame = false;         // a key frame that is shown, and coded here
  bool shows_existing = false;
  unsigned frames = 0;  // that are coded here
  unsigned temporal_id = 0;
  GstAV1FrameType type = GST_AV1_KEY_FRAME;  // of the last frame that is coded here
  std::vector<uint64_t> references;          // marks of what that refers to, by name
  std::optional<SequenceHeader> sequence;
  std::vector<MetadataObu> metadata;
  unsigned render_width = 0;
  unsigned render_height = 0;
};

class UnitFollower {
 public:
  // OBUs of higher temporal layers are dropped, as a forwarding server would.
  explicit UnitFollower(unsigned highest_layer = 7) : highest_layer_(highest_layer) {}

  FollowedUnit take(std::span<const uint8_t> unit);
  // Rules that were broken, in words.
  const std::string& faults() const { return faults_; }

 private:
  void expect(bool holds, const std::string& rule) {
    if (!holds) faults_ += "unit " + std::to_string(units_) + ": " + rule + "\n";
  }
  void take_sequence(const Obu& obu, FollowedUnit& unit);
  void take_frame(const Obu& obu, FollowedUnit& unit);
  void store(uint64_t mark);

  unsigned highest_layer_;
  HeaderParser parser_;
  std::optional<SequenceHeader> sequence_;
  std::array<std::optional<uint64_t>, 8> slots_;
  std::string faults_;
  unsigned units_ = 0;
};

}  // namespace av1hw::test
