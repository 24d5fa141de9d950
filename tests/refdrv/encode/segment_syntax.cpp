// SPDX-License-Identifier: LGPL-2.1-or-later
// The syntax of segment_id (specification, sections 5.11.8, 5.11.9, 5.11.19 and 8.3.2).
#include "refdrv/encode/segment_syntax.h"

#include <algorithm>
#include <span>

#include "refdrv/encode/choice.h"

namespace refdrv::encode {

namespace {

// get_segment_id().
unsigned previous_segment(const FrameState& frame, const Block& block) {
  if (frame.previous_segment_ids.empty()) return 0;
  unsigned segment = max_segments - 1;
  for (unsigned row = block.row; row < block.row + block.size4(); row++) {
    for (unsigned col = block.col; col < block.col + block.size4(); col++) {
      const unsigned here = frame.previous_segment_ids[size_t{row} * frame.mi_cols + col];
      segment = std::min(segment, here);
    }
  }
  return segment;
}

// read_segment_id().
void write_coded_segment(TileState& tile, const Block& block, unsigned segment) {
  const ModeInfo* above = tile.above_of(block);
  const ModeInfo* left = tile.left_of(block);
  const int up = above ? above->segment_id : -1;
  const int before = left ? left->segment_id : -1;
  const int corner = above && left ? tile.frame.mode(block.row - 1, block.col - 1).segment_id : -1;
  unsigned context = 0;
  if (corner >= 0) {
    if (corner == up && corner == before) {
      context = 2;
    } else if (corner == up || corner == before || up == before) {
      context = 1;
    }
  }
  int predicted = 0;
  if (up < 0) {
    predicted = std::max(before, 0);
  } else {
    predicted = before < 0 || corner == up ? up : before;
  }
  const unsigned coded = neg_interleave(segment, static_cast<unsigned>(predicted),
                                        tile.frame.segmentation.last_active() + 1);
  tile.symbols.symbol(tile.cdfs.modes.segment_id[context], coded);
}

}  // namespace

unsigned segment_of(TileState& tile, const Block& block) {
  const Segmentation& segments = tile.frame.segmentation;
  if (!segments.enabled()) return 0;
  if (segments.update_map()) return choose_segment(tile, block);
  return previous_segment(tile.frame, block);
}

void write_segment_id(TileState& tile, const Block& block, const ModeInfo& mode) {
  const Segmentation& segments = tile.frame.segmentation;
  if (!segments.enabled() || !segments.update_map()) return;
  if (!segments.temporal_update()) return write_coded_segment(tile, block, mode.segment_id);
  const bool predicted = previous_segment(tile.frame, block) == mode.segment_id;
  const unsigned context = 0U + tile.left.seg_pred[block.row] + tile.above.seg_pred[block.col];
  tile.symbols.symbol(tile.cdfs.modes.segment_id_predicted[context], predicted);
  if (!predicted) write_coded_segment(tile, block, mode.segment_id);
  const unsigned size4 = block.size4();
  std::ranges::fill(std::span(tile.above.seg_pred).subspan(block.col, size4), predicted);
  std::ranges::fill(std::span(tile.left.seg_pred).subspan(block.row, size4), predicted);
}

}  // namespace refdrv::encode
