// SPDX-License-Identifier: LGPL-2.1-or-later
// tile_info() (AV1 specification 5.9.15): into which tiles a frame can be cut, and which were
// chosen.
#pragma once

#include <cstdint>
#include <vector>

#include "av1/bit_writer.h"
#include "base/result.h"

namespace av1hw {

constexpr unsigned max_tile_cols = 64;
constexpr unsigned max_tile_rows = 64;

// What the size of a frame allows. Superblocks are 64x64 luma samples, or 128x128.
struct TileLimits {
  unsigned sb_cols = 0;
  unsigned sb_rows = 0;
  unsigned max_tile_width_sb = 0;
  unsigned max_tile_area_sb = 0;
  unsigned min_log2_cols = 0;
  unsigned max_log2_cols = 0;
  unsigned max_log2_rows = 0;
  unsigned min_log2_tiles = 0;
};

// Of a frame of 1..65536 luma samples either way, before it is upscaled.
TileLimits tile_limits(unsigned width, unsigned height, bool use_128x128_superblock);

struct TileInfo {
  bool uniform_tile_spacing_flag = true;
  // Columns and rows, in superblocks; they add up to the frame's.
  std::vector<uint16_t> width_in_sbs;
  std::vector<uint16_t> height_in_sbs;
  unsigned tile_cols_log2 = 0;
  unsigned tile_rows_log2 = 0;
  uint16_t context_update_tile_id = 0;
  uint8_t tile_size_bytes = 4;  // of tile_size_minus_1, 1..4

  size_t columns() const { return width_in_sbs.size(); }
  size_t rows() const { return height_in_sbs.size(); }
};

// Equal tiles, at least as many as asked for where the limits allow it, and as few as these demand.
// With uniform spacing the numbers are what powers of two come to.
TileInfo uniform_tiles(const TileLimits& limits, unsigned columns, unsigned rows);

// Exactly as many tiles, as equal as whole superblocks are. InvalidSettings: the limits don't allow
// it; the message says which.
Result<TileInfo> even_tiles(const TileLimits& limits, unsigned columns, unsigned rows);

// Whether the tiles can be said for a frame with these limits, but for what they add up to.
bool fits(const TileInfo& tiles, const TileLimits& limits);

void write_tile_info(const TileInfo& tiles, const TileLimits& limits, BitWriter& bits);

}  // namespace av1hw
