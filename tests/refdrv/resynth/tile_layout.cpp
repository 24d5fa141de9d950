// SPDX-License-Identifier: LGPL-2.1-or-later
// How tile_info() says where the tiles are (AV1 specification, 5.9.15).
#include "refdrv/resynth/tile_layout.h"

#include <algorithm>
#include <format>
#include <span>

namespace refdrv {
namespace {

constexpr unsigned max_tile_width = 4096;
constexpr unsigned max_tile_area = 4096 * 2304;

unsigned tile_log2(unsigned size, unsigned target) {
  unsigned k = 0;
  while ((size << k) < target) ++k;
  return k;
}

TileLayout limits(const Picture& picture) {
  const unsigned sb_log2 = picture.sequence.use_128x128_superblock ? 7 : 6;
  const auto superblocks = [&](unsigned samples) {
    return ((samples + 7) / 8 * 8 + (1u << sb_log2) - 1) >> sb_log2;
  };
  TileLayout layout;
  layout.sb_cols = superblocks(coded_width(picture));
  layout.sb_rows = superblocks(picture.frame_height);
  layout.max_width_sb = max_tile_width >> sb_log2;
  layout.min_log2_cols = tile_log2(layout.max_width_sb, layout.sb_cols);
  layout.max_log2_cols = tile_log2(1, std::min(layout.sb_cols, max_tile_lines));
  layout.max_log2_rows = tile_log2(1, std::min(layout.sb_rows, max_tile_lines));
  layout.min_log2_tiles =
      std::max(layout.min_log2_cols,
               tile_log2(max_tile_area >> (2 * sb_log2), layout.sb_rows * layout.sb_cols));
  return layout;
}

// Whether lines of equal size, `log2` steps down, are those asked for.
bool equal_lines_match(unsigned superblocks, unsigned log2, unsigned count,
                       std::span<const uint16_t> sizes) {
  const unsigned size = (superblocks + (1u << log2) - 1) >> log2;
  if ((superblocks + size - 1) / size != count) return false;
  for (unsigned i = 0; i < sizes.size(); ++i) {
    const unsigned rest = superblocks - i * size;
    const bool may_be_left_out = i + 1 == sizes.size() && sizes[i] == 0;
    if (!may_be_left_out && sizes[i] != std::min(size, rest)) return false;
  }
  return true;
}

bool plan_uniform(TileLayout& layout, const TileInfo& tiles) {
  const auto widths = std::span(tiles.col_widths).first(tiles.uniform ? 0 : tiles.cols);
  const auto heights = std::span(tiles.row_heights).first(tiles.uniform ? 0 : tiles.rows);
  layout.uniform = true;
  for (layout.cols_log2 = layout.min_log2_cols; layout.cols_log2 <= layout.max_log2_cols;
       ++layout.cols_log2) {
    if (!equal_lines_match(layout.sb_cols, layout.cols_log2, tiles.cols, widths)) continue;
    for (layout.rows_log2 = layout.min_log2_rows(); layout.rows_log2 <= layout.max_log2_rows;
         ++layout.rows_log2) {
      if (equal_lines_match(layout.sb_rows, layout.rows_log2, tiles.rows, heights)) return true;
    }
  }
  return false;
}

// The last size may be left out, as zero. Returns the largest, or 0 where they do not fit.
unsigned largest_line(std::span<const uint16_t> sizes, unsigned superblocks, unsigned most) {
  unsigned start = 0;
  unsigned largest = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const bool last = i + 1 == sizes.size();
    const unsigned rest = superblocks - start;
    const unsigned size = last && sizes[i] == 0 ? rest : sizes[i];
    if (size == 0 || size > std::min(most, rest) || (last && size != rest)) return 0;
    start += size;
    largest = std::max(largest, size);
  }
  return largest;
}

unsigned max_explicit_height(const TileLayout& layout, unsigned widest) {
  const unsigned all = layout.sb_rows * layout.sb_cols;
  const unsigned area = layout.min_log2_tiles > 0 ? all >> (layout.min_log2_tiles + 1) : all;
  return std::max(area / widest, 1u);
}

void write_sizes(BitWriter& out, std::span<const uint16_t> sizes, unsigned superblocks,
                 unsigned most) {
  unsigned start = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const unsigned rest = superblocks - start;
    const unsigned size = i + 1 == sizes.size() ? rest : sizes[i];
    out.ns(std::min(most, rest), size - 1);
    start += size;
  }
}

}  // namespace

unsigned coded_width(const Picture& picture) {
  const unsigned denominator = picture.use_superres ? picture.superres_denom : 8;
  return (picture.upscaled_width * 8 + denominator / 2) / denominator;
}

Result<TileLayout> plan_tiles(const Picture& picture) {
  const TileInfo& tiles = picture.tile_info;
  if (tiles.cols < 1 || tiles.cols > max_tile_lines || tiles.rows < 1 ||
      tiles.rows > max_tile_lines)
    return client_fault(std::format("{} x {} tiles: 1 to 64 each way", tiles.cols, tiles.rows));
  TileLayout layout = limits(picture);
  if (plan_uniform(layout, tiles)) return layout;
  if (tiles.uniform)
    return client_fault(
        std::format("{} x {} tiles are not what uniform spacing makes of {} x {} "
                    "superblocks",
                    tiles.cols, tiles.rows, layout.sb_cols, layout.sb_rows));
  layout.uniform = false;
  layout.cols_log2 = tile_log2(1, tiles.cols);
  layout.rows_log2 = tile_log2(1, tiles.rows);
  const unsigned widest = largest_line(std::span(tiles.col_widths).first(tiles.cols),
                                       layout.sb_cols, layout.max_width_sb);
  if (widest == 0)
    return client_fault(
        std::format("the widths of {} tile columns do not cover {} superblocks, "
                    "of at most {} each",
                    tiles.cols, layout.sb_cols, layout.max_width_sb));
  const unsigned most = max_explicit_height(layout, widest);
  if (largest_line(std::span(tiles.row_heights).first(tiles.rows), layout.sb_rows, most) == 0)
    return client_fault(
        std::format("the heights of {} tile rows do not cover {} superblocks, of "
                    "at most {} each",
                    tiles.rows, layout.sb_rows, most));
  return layout;
}

void write_tile_info(BitWriter& out, const TileInfo& tiles, const TileLayout& layout) {
  out.flag(layout.uniform);
  if (layout.uniform) {
    out.increment(layout.min_log2_cols, layout.max_log2_cols, layout.cols_log2);
    out.increment(layout.min_log2_rows(), layout.max_log2_rows, layout.rows_log2);
  } else {
    const auto widths = std::span(tiles.col_widths).first(tiles.cols);
    const unsigned widest = largest_line(widths, layout.sb_cols, layout.max_width_sb);
    write_sizes(out, widths, layout.sb_cols, layout.max_width_sb);
    write_sizes(out, std::span(tiles.row_heights).first(tiles.rows), layout.sb_rows,
                max_explicit_height(layout, widest));
  }
  if (layout.cols_log2 == 0 && layout.rows_log2 == 0) return;
  constexpr unsigned tile_size_bytes = 4;
  out.f(layout.cols_log2 + layout.rows_log2, tiles.context_update_tile_id);
  out.f(2, tile_size_bytes - 1);
}

}  // namespace refdrv
