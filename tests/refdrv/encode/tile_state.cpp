// SPDX-License-Identifier: LGPL-2.1-or-later
// One tile as it is coded: its place, its symbols, and the contexts that its blocks leave behind.
#include "refdrv/encode/tile_state.h"

#include <algorithm>
#include <utility>

namespace refdrv::encode {

EdgeContext::EdgeContext(unsigned length) : seg_pred(length) {
  for (auto& plane : level) plane.resize(length);
  for (auto& plane : dc) plane.resize(length);
}

void EdgeContext::clear() {
  for (auto& plane : level) std::ranges::fill(plane, 0);
  for (auto& plane : dc) std::ranges::fill(plane, 0);
  std::ranges::fill(seg_pred, 0);
}

TileState::TileState(FrameState& of_frame, const TileArea& at, const CdfContexts& from)
    : frame(of_frame),
      area(at),
      symbols(!of_frame.av1().disable_cdf_update),
      cdfs(from),
      above(of_frame.mi_cols),
      left(of_frame.mi_rows) {}

bool TileState::inside(int row, int col) const {
  return row >= static_cast<int>(area.row_start) && row < static_cast<int>(area.row_end) &&
         col >= static_cast<int>(area.col_start) && col < static_cast<int>(area.col_end);
}

const ModeInfo* TileState::above_of(const Block& block) const {
  return has_above(block) ? &frame.mode(block.row - 1, block.col) : nullptr;
}

const ModeInfo* TileState::left_of(const Block& block) const {
  return has_left(block) ? &frame.mode(block.row, block.col - 1) : nullptr;
}

void TileState::fail(std::string message) {
  if (!error) error = Error{Fault::Unsupported, std::move(message)};
}

}  // namespace refdrv::encode
