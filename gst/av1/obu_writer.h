// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes OBUs with their size, as obu-stream packets and codec_data want them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "av1/bit_writer.h"
#include "av1/obu.h"

namespace av1hw {

struct ObuLayer {
  uint8_t temporal_id = 0;  // 0..7
  uint8_t spatial_id = 0;   // 0..3
};

// obu_header(), with obu_has_size_field: obu_size has to follow.
void write_obu_header(ObuType type, std::optional<ObuLayer> layer, BitWriter& bits);

// A whole OBU with a size field. `payload` ends with its trailing bits. With `layer` there is an
// extension header.
std::vector<uint8_t> write_obu(ObuType type, std::span<const uint8_t> payload,
                               std::optional<ObuLayer> layer = std::nullopt);

}  // namespace av1hw
