// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes OBUs with their size, as obu-stream packets and codec_data want them.
#include "av1/obu_writer.h"

#include <utility>

namespace av1hw {

void write_obu_header(ObuType type, std::optional<ObuLayer> layer, BitWriter& bits) {
  bits.flag(false);  // obu_forbidden_bit
  bits.bits(static_cast<uint32_t>(type), 4);
  bits.flag(layer.has_value());
  bits.flag(true);   // obu_has_size_field
  bits.flag(false);  // obu_reserved_1bit
  if (!layer) return;
  bits.bits(layer->temporal_id, 3);
  bits.bits(layer->spatial_id, 2);
  bits.bits(0, 3);
}

std::vector<uint8_t> write_obu(ObuType type, std::span<const uint8_t> payload,
                               std::optional<ObuLayer> layer) {
  constexpr size_t most_before_payload = 2 + 5;  // header and size
  BitWriter w(most_before_payload + payload.size());
  write_obu_header(type, layer, w);
  w.leb128(static_cast<uint32_t>(payload.size()));
  w.append(payload);
  return std::move(w).take();
}

}  // namespace av1hw
