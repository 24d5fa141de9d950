// SPDX-License-Identifier: LGPL-2.1-or-later
// How NVENC divides pictures into tiles.
#include <algorithm>
#include <bit>
#include <numeric>

#include "refdrv/nv/nvenc_config.h"

namespace refdrv::nv {

namespace {

constexpr unsigned superblock = 64;
constexpr unsigned max_tiles = 64;       // MAX_TILE_COLS, MAX_TILE_ROWS
constexpr unsigned max_tile_width = 64;  // MAX_TILE_WIDTH in superblocks

// Uniform spacing (5.9.15): a power of two of them, the last one smaller.
std::vector<unsigned> uniform(unsigned superblocks, uint32_t count, unsigned most_in_tile) {
  if (count == 0 && superblocks <= most_in_tile) return {};
  unsigned log2 = count == 0 ? 0 : static_cast<unsigned>(std::bit_width(count)) - 1;
  const auto size_at = [&] { return (superblocks + (1U << log2) - 1) >> log2; };
  while (size_at() > most_in_tile) log2++;
  const unsigned size = size_at();
  std::vector<unsigned> sizes(superblocks / size, size);
  if (const unsigned rest = superblocks % size) sizes.push_back(rest);
  return sizes.size() > 1 ? sizes : std::vector<unsigned>{};
}

Outcome<std::vector<unsigned>> custom(const uint32_t* sizes, uint32_t count, unsigned superblocks,
                                      unsigned most_in_tile, const char* what) {
  if (count == 0 || count > max_tiles || !sizes) {
    return misuse(NV_ENC_ERR_INVALID_PARAM,
                  std::format("{} tile {}, or no array of them", count, what));
  }
  std::vector<unsigned> tiles(sizes, sizes + count);
  const auto fits = [&](unsigned size) { return size > 0 && size <= most_in_tile; };
  if (!std::ranges::all_of(tiles, fits) ||
      std::accumulate(tiles.begin(), tiles.end(), uint64_t{0}) != superblocks) {
    return misuse(
        NV_ENC_ERR_INVALID_PARAM,
        std::format("the tile {} do not make up the picture's {} superblocks", what, superblocks));
  }
  return tiles;
}

}  // namespace

Outcome<TileSizes> tile_sizes(const TileRequest& request, unsigned width, unsigned height) {
  const unsigned across = (width + superblock - 1) / superblock;
  const unsigned down = (height + superblock - 1) / superblock;
  TileSizes tiles;
  if (!request.custom) {
    if (request.columns > max_tiles || request.rows > max_tiles) {
      return misuse(NV_ENC_ERR_INVALID_PARAM,
                    std::format("{}x{} tiles", request.columns, request.rows));
    }
    tiles.columns = uniform(across, request.columns, max_tile_width);
    tiles.rows = uniform(down, request.rows, down);
    return tiles;
  }
  auto columns = custom(request.widths, request.columns, across, max_tile_width, "columns");
  if (!columns) return std::unexpected(columns.error());
  auto rows = custom(request.heights, request.rows, down, down, "rows");
  if (!rows) return std::unexpected(rows.error());
  tiles.columns = std::move(*columns);
  tiles.rows = std::move(*rows);
  return tiles;
}

}  // namespace refdrv::nv
