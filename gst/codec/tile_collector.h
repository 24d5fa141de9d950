// SPDX-License-Identifier: LGPL-2.1-or-later
// Gathers a frame's tile groups and finds its tiles (AV1 specification 5.11.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "codec/decode_backend.h"

namespace av1hw {

// Tile data stays where it is, in the packet, unless a frame's tile groups come in several packets.
class TileCollector {
 public:
  // A frame with these tiles begins.
  void begin(const GstAV1TileInfo& layout);
  void stop() { active_ = false; }
  // Takes a tile_group_obu() that lies in the same packet as the one before it, or behind
  // release(). InvalidData: it is damaged, or not the one that is due.
  Result<> add(std::span<const uint8_t> group);
  // The packet goes away: copies what is needed of it.
  void release();

  bool active() const { return active_; }
  bool complete() const { return active_ && tiles_.size() == tile_count_; }
  unsigned tiles_due() const { return tile_count_; }

  std::span<const uint8_t> data() const { return copied_ ? copy_ : data_; }
  std::span<const Tile> tiles() const { return tiles_; }
  std::span<const TileGroup> groups() const { return groups_; }

 private:
  Result<uint32_t> place(std::span<const uint8_t> group);
  Result<> add_tiles(const TileGroup& group, std::span<const uint8_t> bytes, size_t header_size);

  bool active_ = false;
  unsigned tile_count_ = 0;
  unsigned columns_ = 1;
  unsigned tile_number_bits_ = 0;
  unsigned size_bytes_ = 1;
  std::vector<Tile> tiles_;
  std::vector<TileGroup> groups_;
  std::span<const uint8_t> data_;
  bool copied_ = false;
  std::vector<uint8_t> copy_;
};

}  // namespace av1hw
