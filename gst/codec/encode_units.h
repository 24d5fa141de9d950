// SPDX-License-Identifier: LGPL-2.1-or-later
// What stands in a temporal unit besides frames: delimiter, sequence header and metadata.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "av1/gop_planner.h"
#include "codec/encode_backend.h"

namespace av1hw {

using ItuT35Payloads = std::span<const std::vector<uint8_t>>;

// Says what goes before each frame of a stream, in coding order.
class UnitHeaders {
 public:
  UnitHeaders() = default;
  UnitHeaders(const EncodeStream& stream, const EncoderInput& input);

  // Appends the OBUs before the frame: a temporal delimiter where it starts a unit, then with key
  // frames the sequence header and what metadata holds for the whole sequence, then `itu_t35` of a
  // frame that is shown.
  void write_before(const EncodeStream& stream, const PlannedFrame& plan, ItuT35Payloads itu_t35,
                    std::vector<uint8_t>& obus);
  // The whole OBU that stands before key frames.
  std::span<const uint8_t> sequence_obu() const { return sequence_obu_; }

 private:
  std::vector<uint8_t> sequence_obu_;
  std::vector<uint8_t> sequence_metadata_;
  bool starts_unit_ = true;
};

}  // namespace av1hw
