// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes OBUs with their size, as obu-stream packets and codec_data want them.
#include "av1/obu_writer.h"

#include <utility>

#include "av1/bit_writer.h"

namespace av1hw {

std::vector<uint8_t> write_obu(ObuType type, std::span<const uint8_t> payload,
                               std::optional<ObuLayer> layer) {
  BitWriter w;
  w.flag(false);  // obu_forbidden_bit
  w.bits(static_cast<uint32_t>(type), 4);
  w.flag(layer.has_value());
  w.flag(true);   // obu_has_size_field
  w.flag(false);  // obu_reserved_1bit
  if (layer) {
    w.bits(layer->temporal_id, 3);
    w.bits(layer->spatial_id, 2);
    w.bits(0, 3);
  }
  w.leb128(static_cast<uint32_t>(payload.size()));
  w.append(payload);
  return std::move(w).take();
}

}  // namespace av1hw
