// SPDX-License-Identifier: LGPL-2.1-or-later
// The arithmetic of tile_info.h.
#include "av1/tile_info.h"

#include <algorithm>
#include <string>

namespace av1hw {
namespace {

constexpr unsigned max_tile_width = 4096;
constexpr unsigned max_tile_area = 4096 * 2304;

// The smallest k for which block_size << k is at least `target` (5.9.16).
unsigned tile_log2(unsigned block_size, unsigned target) {
  unsigned k = 0;
  while ((uint64_t{block_size} << k) < target) ++k;
  return k;
}

// Of the runs of uniform_sizes(), but for the last.
unsigned uniform_size(unsigned total, unsigned log2) { return (total + (1U << log2) - 1) >> log2; }

// Runs of 2^-log2 of `total`, rounded up; the last is what is left.
std::vector<uint16_t> uniform_sizes(unsigned total, unsigned log2) {
  const unsigned size = uniform_size(total, log2);
  std::vector<uint16_t> sizes;
  for (unsigned start = 0; start < total; start += size)
    sizes.push_back(static_cast<uint16_t>(std::min(size, total - start)));
  return sizes;
}

bool are_uniform(const std::vector<uint16_t>& sizes, unsigned total, unsigned log2) {
  const unsigned size = uniform_size(total, log2);
  unsigned start = 0;
  for (const uint16_t each : sizes) {
    if (start >= total || each != std::min(size, total - start)) return false;
    start += each;
  }
  return start >= total;
}

std::vector<uint16_t> even_sizes(unsigned total, unsigned count) {
  std::vector<uint16_t> sizes;
  for (unsigned i = 0; i < count; ++i)
    sizes.push_back(static_cast<uint16_t>((i + 1) * total / count - i * total / count));
  return sizes;
}

unsigned max_tile_height(const TileLimits& limits, unsigned widest) {
  const unsigned superblocks = limits.sb_cols * limits.sb_rows;
  const unsigned area =
      limits.min_log2_tiles > 0 ? superblocks >> (limits.min_log2_tiles + 1) : superblocks;
  return std::max(area / widest, 1U);
}

unsigned min_log2_rows(const TileLimits& limits, unsigned cols_log2) {
  return limits.min_log2_tiles > cols_log2 ? limits.min_log2_tiles - cols_log2 : 0;
}

// increment_tile_cols_log2 and _rows_log2
void write_increments(unsigned value, unsigned low, unsigned high, BitWriter& bits) {
  for (unsigned i = low; i < value; ++i) bits.flag(true);
  if (value < high) bits.flag(false);
}

void write_sizes(const std::vector<uint16_t>& sizes, unsigned total, unsigned max_size,
                 BitWriter& bits) {
  unsigned start = 0;
  for (const uint16_t size : sizes) {
    bits.ns(size - 1U, std::min(total - start, max_size));
    start += size;
  }
}

}  // namespace

TileLimits tile_limits(unsigned width, unsigned height, bool use_128x128_superblock) {
  const unsigned sb_size_log2 = use_128x128_superblock ? 7 : 6;
  const auto in_superblocks = [&](unsigned samples) {
    return (samples + (1U << sb_size_log2) - 1) >> sb_size_log2;
  };
  TileLimits limits;
  limits.sb_cols = in_superblocks(width);
  limits.sb_rows = in_superblocks(height);
  limits.max_tile_width_sb = max_tile_width >> sb_size_log2;
  limits.max_tile_area_sb = max_tile_area >> (2 * sb_size_log2);
  limits.min_log2_cols = tile_log2(limits.max_tile_width_sb, limits.sb_cols);
  limits.max_log2_cols = tile_log2(1, std::min(limits.sb_cols, max_tile_cols));
  limits.max_log2_rows = tile_log2(1, std::min(limits.sb_rows, max_tile_rows));
  limits.min_log2_tiles = std::max(
      limits.min_log2_cols, tile_log2(limits.max_tile_area_sb, limits.sb_rows * limits.sb_cols));
  return limits;
}

TileInfo uniform_tiles(const TileLimits& limits, unsigned columns, unsigned rows) {
  TileInfo tiles;
  tiles.tile_cols_log2 =
      std::clamp(tile_log2(1, columns), limits.min_log2_cols, limits.max_log2_cols);
  tiles.tile_rows_log2 =
      std::clamp(tile_log2(1, rows),
                 std::min(min_log2_rows(limits, tiles.tile_cols_log2), limits.max_log2_rows),
                 limits.max_log2_rows);
  tiles.width_in_sbs = uniform_sizes(limits.sb_cols, tiles.tile_cols_log2);
  tiles.height_in_sbs = uniform_sizes(limits.sb_rows, tiles.tile_rows_log2);
  return tiles;
}

Result<TileInfo> even_tiles(const TileLimits& limits, unsigned columns, unsigned rows) {
  const auto invalid = [&](const std::string& why) {
    return fail(ErrorCode::InvalidSettings,
                std::to_string(columns) + " x " + std::to_string(rows) + " tiles: " + why);
  };
  const unsigned most_columns = std::min(limits.sb_cols, max_tile_cols);
  const unsigned most_rows = std::min(limits.sb_rows, max_tile_rows);
  if (columns < 1 || columns > most_columns)
    return invalid("tile-columns of a frame of this size are 1 to " + std::to_string(most_columns));
  if (rows < 1 || rows > most_rows)
    return invalid("tile-rows of a frame of this size are 1 to " + std::to_string(most_rows));
  TileInfo tiles;
  tiles.uniform_tile_spacing_flag = false;
  tiles.width_in_sbs = even_sizes(limits.sb_cols, columns);
  tiles.height_in_sbs = even_sizes(limits.sb_rows, rows);
  tiles.tile_cols_log2 = tile_log2(1, columns);
  tiles.tile_rows_log2 = tile_log2(1, rows);
  const unsigned widest = std::ranges::max(tiles.width_in_sbs);
  if (widest > limits.max_tile_width_sb)
    return invalid("a tile has at most " + std::to_string(max_tile_width) +
                   " samples in width: more tile-columns");
  if (std::ranges::max(tiles.height_in_sbs) > max_tile_height(limits, widest))
    return invalid("a tile would be larger than the specification allows: more tile-rows");
  return tiles;
}

bool fits(const TileInfo& tiles, const TileLimits& limits) {
  const auto is_empty = [](uint16_t size) { return size == 0; };
  if (tiles.columns() < 1 || tiles.columns() > max_tile_cols || tiles.rows() < 1 ||
      tiles.rows() > max_tile_rows || std::ranges::any_of(tiles.width_in_sbs, is_empty) ||
      std::ranges::any_of(tiles.height_in_sbs, is_empty))
    return false;
  if (tiles.uniform_tile_spacing_flag)
    return tiles.tile_cols_log2 >= limits.min_log2_cols &&
           tiles.tile_cols_log2 <= limits.max_log2_cols &&
           tiles.tile_rows_log2 >= min_log2_rows(limits, tiles.tile_cols_log2) &&
           tiles.tile_rows_log2 <= limits.max_log2_rows &&
           are_uniform(tiles.width_in_sbs, limits.sb_cols, tiles.tile_cols_log2) &&
           are_uniform(tiles.height_in_sbs, limits.sb_rows, tiles.tile_rows_log2);
  const unsigned widest = std::ranges::max(tiles.width_in_sbs);
  return tiles.tile_cols_log2 == tile_log2(1, static_cast<unsigned>(tiles.columns())) &&
         tiles.tile_rows_log2 == tile_log2(1, static_cast<unsigned>(tiles.rows())) &&
         widest <= limits.max_tile_width_sb &&
         std::ranges::max(tiles.height_in_sbs) <= max_tile_height(limits, widest);
}

void write_tile_info(const TileInfo& tiles, const TileLimits& limits, BitWriter& bits) {
  bits.flag(tiles.uniform_tile_spacing_flag);
  if (tiles.uniform_tile_spacing_flag) {
    write_increments(tiles.tile_cols_log2, limits.min_log2_cols, limits.max_log2_cols, bits);
    write_increments(tiles.tile_rows_log2, min_log2_rows(limits, tiles.tile_cols_log2),
                     limits.max_log2_rows, bits);
  } else {
    write_sizes(tiles.width_in_sbs, limits.sb_cols, limits.max_tile_width_sb, bits);
    const unsigned widest = std::ranges::max(tiles.width_in_sbs);
    write_sizes(tiles.height_in_sbs, limits.sb_rows, max_tile_height(limits, widest), bits);
  }
  const unsigned log2 = tiles.tile_cols_log2 + tiles.tile_rows_log2;
  if (log2 == 0) return;
  bits.bits(tiles.context_update_tile_id, log2);
  bits.bits(tiles.tile_size_bytes - 1U, 2);
}

}  // namespace av1hw
