// SPDX-License-Identifier: LGPL-2.1-or-later
// Tile groups and temporal units (specification, sections 5.3, 5.9.1, 5.11.1).
#include "refdrv/encode/bitstream.h"

#include <format>

namespace refdrv::encode {

namespace {

enum class Obu : uint8_t { SequenceHeader = 1, TemporalDelimiter = 2, FrameHeader = 3, Frame = 6 };

void append_leb128(std::vector<uint8_t>& to, size_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<uint8_t>(value | 0x80));
  to.push_back(static_cast<uint8_t>(value));
}

void append(std::vector<uint8_t>& to, std::span<const uint8_t> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_obu(std::vector<uint8_t>& to, Obu type, std::span<const uint8_t> payload,
                const UnitParts* layer = nullptr) {
  const bool extension = layer && layer->layered;
  to.push_back(static_cast<uint8_t>(static_cast<unsigned>(type) << 3 | extension << 2 | 1U << 1));
  if (extension) to.push_back(static_cast<uint8_t>(layer->temporal_id << 5));
  append_leb128(to, payload.size());
  append(to, payload);
}

std::vector<uint8_t> whole_bytes(const HeaderBits& header) {
  std::vector<uint8_t> bytes(header.data.begin(),
                             header.data.begin() + static_cast<ptrdiff_t>((header.bits + 7) / 8));
  if (header.bits % 8 != 0) bytes.back() &= static_cast<uint8_t>(0xff00U >> header.bits % 8);
  return bytes;
}

// trailing_bits().
void end_with_one(std::vector<uint8_t>& bytes, size_t bits) {
  if (bits % 8 == 0) bytes.push_back(0);
  bytes.back() |= static_cast<uint8_t>(0x80U >> bits % 8);
}

}  // namespace

Result<EncodedFrame> assemble_tiles(const nv::FrameHeader& header,
                                    const std::vector<std::vector<uint8_t>>& tiles) {
  EncodedFrame frame;
  // tile_start_and_end_present_flag is 0, and a byte is filled.
  if (tiles.size() > 1) frame.tile_group.push_back(0);
  for (size_t i = 0; i < tiles.size(); i++) {
    const size_t size = tiles[i].size();
    if (i + 1 < tiles.size()) {
      if ((size - 1) >> (8 * header.tile_size_bytes) != 0) {
        return client_fault(std::format("tile_size_bytes_minus_1 is {}, but tile {} has {} bytes",
                                        header.tile_size_bytes - 1, i, size));
      }
      for (unsigned byte = 0; byte < header.tile_size_bytes; byte++) {
        frame.tile_group.push_back(static_cast<uint8_t>((size - 1) >> (8 * byte)));
      }
    }
    frame.tiles.push_back({frame.tile_group.size(), size});
    append(frame.tile_group, tiles[i]);
  }
  return frame;
}

std::vector<uint8_t> temporal_unit(const UnitParts& parts) {
  std::vector<uint8_t> unit;
  append_obu(unit, Obu::TemporalDelimiter, {});
  if (!parts.sequence.empty()) append_obu(unit, Obu::SequenceHeader, parts.sequence);
  std::vector<uint8_t> bytes = whole_bytes(parts.header);
  if (parts.tile_group.empty()) {
    end_with_one(bytes, parts.header.bits);
    append_obu(unit, Obu::FrameHeader, bytes, &parts);
  } else {
    append(bytes, parts.tile_group);
    append_obu(unit, Obu::Frame, bytes, &parts);
  }
  return unit;
}

}  // namespace refdrv::encode
