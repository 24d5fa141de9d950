// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts a packet into open bitstream units, in the low-overhead and the Annex B form.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "refdrv/resynth/result.h"

namespace refdrv::nv {

enum class ObuType : uint8_t {
  SequenceHeader = 1,
  TemporalDelimiter = 2,
  FrameHeader = 3,
  TileGroup = 4,
  Metadata = 5,
  Frame = 6,
  RedundantFrameHeader = 7,
  TileList = 8,
  Padding = 15,
};

struct Obu {
  ObuType type = ObuType::Padding;
  bool has_extension = false;
  uint8_t temporal_id = 0;
  uint8_t spatial_id = 0;
  std::span<const uint8_t> whole;    // with its header
  std::span<const uint8_t> payload;  // without
};

class ObuReader {
 public:
  ObuReader(std::span<const uint8_t> packet, bool annexb) : rest_(packet), annexb_(annexb) {}

  // Nothing at the end of the packet.
  Result<std::optional<Obu>> next();

 private:
  Result<size_t> leb128(std::span<const uint8_t>& from) const;
  Result<size_t> annexb_length();

  std::span<const uint8_t> rest_;
  const bool annexb_;
  size_t temporal_unit_ = 0;  // what is left of it, in Annex B
  size_t frame_unit_ = 0;
};

}  // namespace refdrv::nv
