// SPDX-License-Identifier: LGPL-2.1-or-later
// Tile groups and temporal units, made of headers and tiles that are there already.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "refdrv/encode/software_encoder.h"
#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::encode {

// tile_group_obu() of all tiles, in a frame's `tile_group` and `tiles`.
Result<EncodedFrame> assemble_tiles(const nv::FrameHeader& header,
                                    const std::vector<std::vector<uint8_t>>& tiles);

// The `bits` of a frame header, and the rest of them as zeros.
struct HeaderBits {
  std::span<const uint8_t> data;
  size_t bits = 0;
};

// One temporal unit. `sequence` may be empty; the header's OBU has an extension if `layered`.
struct UnitParts {
  std::span<const uint8_t> sequence;
  HeaderBits header;
  std::span<const uint8_t> tile_group;  // none: the header shows a frame that is there
  bool layered = false;
  unsigned temporal_id = 0;
};
std::vector<uint8_t> temporal_unit(const UnitParts& parts);

}  // namespace refdrv::encode
