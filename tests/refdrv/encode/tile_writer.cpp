// SPDX-License-Identifier: LGPL-2.1-or-later
// The tiles of a frame (specification, sections 5.11.1, 5.11.2, 5.11.57 and 7.4).
#include "refdrv/encode/tile_writer.h"

#include <algorithm>
#include <span>

#include "refdrv/encode/partition.h"
#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

namespace {

constexpr unsigned mi_size = 4;  // MI_SIZE
enum Restoration : uint8_t { restore_none, restore_wiener, restore_sgrproj, restore_switchable };

// count_units_in_frame().
unsigned count_units(unsigned unit, unsigned samples) {
  return std::max((samples + unit / 2) / unit, 1U);
}

// The units of one side that begin in a superblock.
unsigned units_in(unsigned unit, unsigned units, unsigned mi, unsigned mi_length, unsigned shift) {
  const auto first = [&](unsigned at) { return (at * (mi_size >> shift) + unit - 1) / unit; };
  const unsigned end = std::min(units, first(mi + mi_length));
  return end - std::min(first(mi), end);
}

// read_lr(): that no unit is filtered.
void write_restoration(TileState& tile, unsigned row, unsigned col, unsigned sb_size4) {
  const FrameState& frame = tile.frame;
  const CUVIDAV1PICPARAMS& av1 = frame.av1();
  ModeCdfs& cdfs = tile.cdfs.modes;
  for (unsigned plane = 0; plane < frame.sequence.planes(); plane++) {
    if (av1.allow_intrabc || av1.lr_type[plane] == restore_none) continue;
    const unsigned unit = 32U << av1.lr_unit_size[plane];
    const unsigned shift_x = frame.subsampling_x(plane), shift_y = frame.subsampling_y(plane);
    const unsigned rows = count_units(unit, (av1.height + shift_y) >> shift_y);
    const unsigned columns = count_units(unit, (av1.width + shift_x) >> shift_x);
    const unsigned count = units_in(unit, rows, row, sb_size4, shift_y) *
                           units_in(unit, columns, col, sb_size4, shift_x);
    for (unsigned i = 0; i < count; i++) {
      switch (av1.lr_type[plane]) {
      case restore_wiener: tile.symbols.symbol(cdfs.use_wiener, 0); break;
      case restore_sgrproj: tile.symbols.symbol(cdfs.use_sgrproj, 0); break;
      default: tile.symbols.symbol(cdfs.restoration_type, restore_none); break;
      }
    }
  }
}

// decode_tile().
void write_tile(TileState& tile) {
  const unsigned sb_log2 = tile.frame.sequence.use_128x128_superblock ? 5 : 4;
  const unsigned sb_size4 = 1U << sb_log2;
  for (unsigned row = tile.area.row_start; row < tile.area.row_end; row += sb_size4) {
    tile.left.clear();
    for (unsigned col = tile.area.col_start; col < tile.area.col_end; col += sb_size4) {
      tile.read_deltas = tile.frame.av1().delta_q_present;
      tile.cdef_coded = {};
      write_restoration(tile, row, col, sb_size4);
      write_partition(tile, {row, col, sb_log2});
    }
  }
}

// MiRowStarts and MiColStarts, with the end.
std::vector<unsigned> starts(std::span<const unsigned short> sizes, unsigned sb_log2,
                             unsigned mi_end) {
  std::vector<unsigned> result = {0};
  for (const unsigned size : sizes) {
    result.push_back(std::min(result.back() + (size << sb_log2), mi_end));
  }
  return result;
}

}  // namespace

Result<CodedTiles> write_tiles(FrameState& frame, const CdfContexts& cdfs) {
  const CUVIDAV1PICPARAMS& av1 = frame.av1();
  const unsigned sb_log2 = frame.sequence.use_128x128_superblock ? 5 : 4;
  const auto rows =
      starts(std::span(av1.tile_heights).first(av1.num_tile_rows), sb_log2, frame.mi_rows);
  const auto cols =
      starts(std::span(av1.tile_widths).first(av1.num_tile_cols), sb_log2, frame.mi_cols);
  CodedTiles coded;
  coded.saved = cdfs;
  for (size_t row = 0; row + 1 < rows.size(); row++) {
    for (size_t col = 0; col + 1 < cols.size(); col++) {
      TileState tile(frame, {rows[row], rows[row + 1], cols[col], cols[col + 1]}, cdfs);
      write_tile(tile);
      if (tile.error) return std::unexpected(*tile.error);
      const bool saves =
          !av1.disable_frame_end_update_cdf && coded.tiles.size() == av1.context_update_tile_id;
      if (saves) coded.saved = tile.cdfs;
      coded.tiles.push_back(tile.symbols.finish());
    }
  }
  return coded;
}

}  // namespace refdrv::encode
