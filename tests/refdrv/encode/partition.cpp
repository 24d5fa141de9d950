// SPDX-License-Identifier: LGPL-2.1-or-later
// How superblocks are cut into blocks (specification, sections 5.11.4 and 8.3.2).
#include "refdrv/encode/partition.h"

#include <span>

#include "refdrv/encode/block_syntax.h"
#include "refdrv/encode/choice.h"

namespace refdrv::encode {

namespace {

enum Partition : uint8_t {
  partition_none,
  partition_horz,
  partition_vert,
  partition_split,
  partition_horz_a,
  partition_horz_b,
  partition_vert_a,
  partition_vert_b,
  partition_horz_4,
  partition_vert_4,
};

constexpr unsigned largest_block = 3;  // size_log2 of 32x32 samples
constexpr unsigned block_128x128 = 5;

std::span<uint16_t> partition_cdf(TileState& tile, const Block& square) {
  const ModeInfo* above = tile.above_of(square);
  const ModeInfo* left = tile.left_of(square);
  const bool finer_above = above && above->size_log2 < square.size_log2;
  const bool finer_left = left && left->size_log2 < square.size_log2;
  const unsigned context = finer_left * 2U + finer_above;
  ModeCdfs& cdfs = tile.cdfs.modes;
  switch (square.size_log2) {
  case 1: return cdfs.partition_w8[context];
  case 2: return cdfs.partition_w16[context];
  case 3: return cdfs.partition_w32[context];
  case 4: return cdfs.partition_w64[context];
  default: return cdfs.partition_w128[context];
  }
}

// split_or_horz and split_or_vert: that it is a split.
void write_split_at_edge(TileState& tile, const Block& square, bool has_cols) {
  const std::span<const uint16_t> cdf = partition_cdf(tile, square);
  const auto probability = [&](Partition partition) {
    return cdf[partition] - cdf[partition - 1U];
  };
  int sum =
      probability(partition_split) + probability(partition_horz_a) + probability(partition_vert_a);
  sum += has_cols ? probability(partition_vert) + probability(partition_vert_b)
                  : probability(partition_horz) + probability(partition_horz_b);
  if (square.size_log2 != block_128x128) {
    sum += probability(has_cols ? partition_vert_4 : partition_horz_4);
  }
  const Cdf<2> split = {static_cast<uint16_t>((1 << 15) - sum), 1U << 15, 0};
  tile.symbols.fixed_symbol(split, 1);
}

}  // namespace

void write_partition(TileState& tile, const Block& square) {
  const FrameState& frame = tile.frame;
  if (square.row >= frame.mi_rows || square.col >= frame.mi_cols || tile.error) return;
  const unsigned half = square.size4() / 2;
  const bool has_rows = square.row + half < frame.mi_rows;
  const bool has_cols = square.col + half < frame.mi_cols;
  const bool fits =
      square.row + square.size4() <= frame.mi_rows && square.col + square.size4() <= frame.mi_cols;
  const bool split = !fits || square.size_log2 > largest_block ||
                     (square.size_log2 > 1 && wants_split(tile, square));
  if (has_rows && has_cols) {
    tile.symbols.symbol(partition_cdf(tile, square), split ? partition_split : partition_none);
  } else if (has_rows || has_cols) {
    write_split_at_edge(tile, square, has_cols);
  }
  if (!split) return write_block(tile, square);
  for (const unsigned row : {square.row, square.row + half}) {
    for (const unsigned col : {square.col, square.col + half}) {
      write_partition(tile, {row, col, square.size_log2 - 1});
    }
  }
}

}  // namespace refdrv::encode
