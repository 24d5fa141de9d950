// SPDX-License-Identifier: LGPL-2.1-or-later
// How tile_info() says where the tiles are (AV1 specification, 5.9.15).
#pragma once

#include <cstdint>

#include "refdrv/resynth/bit_writer.h"
#include "refdrv/resynth/picture.h"
#include "refdrv/resynth/result.h"

namespace refdrv {

// FrameWidth: what is coded, before superres makes it wider.
unsigned coded_width(const Picture& picture);

// A way to code the tiles of a picture.
struct TileLayout {
  unsigned sb_cols = 0;
  unsigned sb_rows = 0;
  unsigned max_width_sb = 0;  // of a tile
  unsigned min_log2_cols = 0;
  unsigned max_log2_cols = 0;
  unsigned max_log2_rows = 0;
  unsigned min_log2_tiles = 0;
  bool uniform = false;
  unsigned cols_log2 = 0;
  unsigned rows_log2 = 0;

  unsigned min_log2_rows() const {
    return min_log2_tiles > cols_log2 ? min_log2_tiles - cols_log2 : 0;
  }
};

// Fails where no tile_info() gives the picture's tiles.
Result<TileLayout> plan_tiles(const Picture& picture);

void write_tile_info(BitWriter& out, const TileInfo& tiles, const TileLayout& layout);

}  // namespace refdrv
