// SPDX-License-Identifier: LGPL-2.1-or-later
// What motion vector prediction (specification, section 7.10) says of the blocks around one.
#include "refdrv/encode/mv_contexts.h"

#include <algorithm>
#include <cstdlib>

namespace refdrv::encode {

namespace {

constexpr unsigned most_scanned = 16;  // 4x4 blocks along an edge

// Looks for one reference around a block.
class Scanner {
 public:
  Scanner(const TileState& tile, const Block& block, unsigned ref_frame)
      : tile_(tile),
        ref_frame_(ref_frame),
        row_(static_cast<int>(block.row)),
        col_(static_cast<int>(block.col)),
        size4_(static_cast<int>(block.size4())) {}

  // 7.10.2.2.
  bool row(int delta_row) const {
    int delta_col = 0;
    if (std::abs(delta_row) > 1) {
      delta_row += row_ & 1;
      delta_col = 1 - (col_ & 1);
    }
    const int end = std::min<int>(
        {size4_, static_cast<int>(tile_.frame.mi_cols) - col_, static_cast<int>(most_scanned)});
    bool found = false;
    for (int i = 0; i < end;) {
      const int at_row = row_ + delta_row, at_col = col_ + delta_col + i;
      if (!tile_.inside(at_row, at_col)) break;
      found = found || matches(at_row, at_col);
      i += step(at_row, at_col, delta_row);
    }
    return found;
  }

  // 7.10.2.3.
  bool column(int delta_col) const {
    int delta_row = 0;
    if (std::abs(delta_col) > 1) {
      delta_row = 1 - (row_ & 1);
      delta_col += col_ & 1;
    }
    const int end = std::min<int>(
        {size4_, static_cast<int>(tile_.frame.mi_rows) - row_, static_cast<int>(most_scanned)});
    bool found = false;
    for (int i = 0; i < end;) {
      const int at_row = row_ + delta_row + i, at_col = col_ + delta_col;
      if (!tile_.inside(at_row, at_col)) break;
      found = found || matches(at_row, at_col);
      i += step(at_row, at_col, delta_col);
    }
    return found;
  }

  // 7.10.2.4, and add_sample() (7.10.4.2): what is not coded yet does not count.
  bool point(int delta_row, int delta_col) const {
    const int at_row = row_ + delta_row, at_col = col_ + delta_col;
    return tile_.inside(at_row, at_col) && at(at_row, at_col).coded && matches(at_row, at_col);
  }

  int side(int at_row, int at_col) const { return 1 << at(at_row, at_col).size_log2; }

 private:
  const ModeInfo& at(int row, int col) const {
    return tile_.frame.mode(static_cast<unsigned>(row), static_cast<unsigned>(col));
  }
  bool matches(int row, int col) const { return at(row, col).ref_frame == ref_frame_; }
  int step(int at_row, int at_col, int delta) const {
    const int length = std::min(size4_, side(at_row, at_col));
    return std::abs(delta) > 1 ? std::max(2, length) : length;
  }

  const TileState& tile_;
  const unsigned ref_frame_;
  const int row_;
  const int col_;
  const int size4_;
};

// 7.10.2.5, of which only the first place says anything: global motion is zero, as all vectors are.
unsigned zero_mv_context(const TileState& tile, const Block& block) {
  if (!tile.frame.av1().use_ref_frame_mvs) return 0;
  const unsigned columns = tile.frame.mi_cols / 2;
  return tile.frame.motion_field[size_t{block.row / 2} * columns + block.col / 2] ? 0 : 1;
}

}  // namespace

MvContexts find_mv_contexts(const TileState& tile, const Block& block, unsigned ref_frame) {
  const Scanner scanner(tile, block, ref_frame);
  const int size4 = static_cast<int>(block.size4());
  bool above = scanner.row(-1);
  bool left = scanner.column(-1);
  above = scanner.point(-1, size4) || above;
  const unsigned close = above + left;  // CloseMatches
  above = scanner.point(-1, -1) || above;
  above = scanner.row(-3) || above;
  left = scanner.column(-3) || left;
  above = scanner.row(-5) || above;
  left = scanner.column(-5) || left;
  const unsigned total = above + left;  // TotalMatches
  MvContexts contexts;
  contexts.zero_mv = zero_mv_context(tile, block);
  // No block is coded with NEWMV.
  contexts.new_mv = close == 0 ? std::min(total, 1U) : close == 1 ? 3 : 5;
  return contexts;
}

bool has_overlappable_candidates(const TileState& tile, const Block& block) {
  const auto is_inter = [&](unsigned row, unsigned col) {
    return tile.frame.mode(row, col).ref_frame > intra_frame;
  };
  if (tile.has_above(block)) {
    const unsigned end = std::min(tile.frame.mi_cols, block.col + block.size4());
    for (unsigned col = block.col; col < end; col += 2) {
      if (is_inter(block.row - 1, col | 1)) return true;
    }
  }
  if (tile.has_left(block)) {
    const unsigned end = std::min(tile.frame.mi_rows, block.row + block.size4());
    for (unsigned row = block.row; row < end; row += 2) {
      if (is_inter(row | 1, block.col - 1)) return true;
    }
  }
  return false;
}

bool has_warp_samples(const TileState& tile, const Block& block, unsigned ref_frame) {
  const Scanner scanner(tile, block, ref_frame);
  const int row = static_cast<int>(block.row), col = static_cast<int>(block.col);
  const int size4 = static_cast<int>(block.size4());
  bool top_left = true, top_right = true;
  if (tile.has_above(block)) {
    if (scanner.row(-1)) return true;
    const int side = scanner.side(row - 1, col);
    if (size4 <= side) {
      const int offset = -(col & (side - 1));
      top_left = offset >= 0;
      top_right = offset + side <= size4;
    }
  }
  if (tile.has_left(block)) {
    if (scanner.column(-1)) return true;
    const int side = scanner.side(row, col - 1);
    if (size4 <= side && (row & (side - 1)) != 0) top_left = false;
  }
  return (top_left && scanner.point(-1, -1)) || (top_right && scanner.point(-1, size4));
}

}  // namespace refdrv::encode
