// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts a temporal unit together as NVENC writes it, from what libaom coded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "refdrv/resynth/result.h"

namespace refdrv::nv {

// A metadata OBU's content: metadata_type, and what follows it without trailing bits.
struct Metadata {
  uint32_t type = 0;
  std::vector<uint8_t> payload;
};

struct UnitLayout {
  std::span<const uint8_t> sequence_header;  // an OBU; empty: none
  std::span<const Metadata> metadata;
  bool annexb = false;
  size_t padded_size = 0;  // bytes that the unit has at least, by a padding OBU
};

void put_leb128(std::vector<uint8_t>& out, size_t value);

// Temporal delimiter, sequence header, metadata, then the frames of `coded`, whose own delimiter
// and sequence header are left out. In the low-overhead format, or length-delimited (Annex B).
Result<std::vector<uint8_t>> write_temporal_unit(std::span<const uint8_t> coded,
                                                 const UnitLayout& layout);

}  // namespace refdrv::nv
