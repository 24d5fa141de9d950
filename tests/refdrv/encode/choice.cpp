// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder's decisions: references, segments, and how small blocks are.
#include "refdrv/encode/choice.h"

#include <algorithm>
#include <format>

#include "refdrv/encode/quantizer_tables.h"

namespace refdrv::encode {

namespace {

unsigned best_reference(const FrameState& frame, const Block& block) {
  unsigned best = intra_frame;
  double least = 0;
  for (const uint8_t name : frame.choices) {
    const double spread =
        frame.analyses[name]->spread(block.col / 2, block.row / 2, block.size4() / 2);
    if (best == intra_frame || spread < least) {
      best = name;
      least = spread;
    }
  }
  return best;
}

// Which reference the segment's features leave, if they say.
std::optional<unsigned> fixed_reference(const Segmentation& segments, unsigned segment) {
  if (segments.has(segment, seg_lvl_ref_frame)) {
    return static_cast<unsigned>(segments.data(segment, seg_lvl_ref_frame));
  }
  if (segments.has(segment, seg_lvl_skip) || segments.has(segment, seg_lvl_globalmv)) {
    return last_frame;
  }
  return std::nullopt;
}

bool is_usable(const FrameState& frame, unsigned segment) {
  const Segmentation& segments = frame.segmentation;
  if (segments.lossless(segment) || segments.has(segment, seg_lvl_skip)) return false;
  const auto fixed = fixed_reference(segments, segment);
  return frame.header.is_intra() || !fixed || *fixed == intra_frame || frame.references[*fixed];
}

}  // namespace

unsigned choose_reference(TileState& tile, const Block& block, unsigned segment) {
  const FrameState& frame = tile.frame;
  if (frame.header.is_intra()) return intra_frame;
  const auto fixed = fixed_reference(frame.segmentation, segment);
  const unsigned name = fixed ? *fixed : best_reference(frame, block);
  if (fixed && name == intra_frame) return intra_frame;
  if (frame.references[name]) return name;
  tile.fail(
      std::format("no reference to predict from: of segment {}'s, all are scaled or have "
                  "global motion",
                  segment));
  return intra_frame;
}

unsigned choose_segment(TileState& tile, const Block& block) {
  std::vector<unsigned> usable;
  for (unsigned segment = 0; segment <= tile.frame.segmentation.last_active(); segment++) {
    if (is_usable(tile.frame, segment)) usable.push_back(segment);
  }
  if (usable.empty()) {
    tile.fail("segment_id: all segments are lossless, skipped, or of references that are not used");
    return 0;
  }
  return usable[(block.row / 8 + block.col / 8) % usable.size()];
}

bool wants_split(TileState& tile, const Block& block) {
  const FrameState& frame = tile.frame;
  const unsigned depth_shift = frame.sequence.bit_depth - 8;
  const int index = std::clamp(frame.av1().base_qindex + frame.av1().qp_y_dc_delta_q, 0, 255);
  const double step = dc_qlookup[depth_shift / 2][static_cast<size_t>(index)] / 64.0;
  const double limit = std::max(static_cast<double>(1U << depth_shift), step);
  const unsigned name = frame.header.is_intra() ? intra_frame : best_reference(frame, block);
  const unsigned half = block.size4() / 4;
  for (unsigned plane = 0; plane < frame.sequence.planes(); plane++) {
    double low = 0, high = 0;
    for (unsigned quarter = 0; quarter < 4; quarter++) {
      const unsigned col = block.col / 2 + quarter % 2 * half;
      const unsigned row = block.row / 2 + quarter / 2 * half;
      const double mean = frame.analyses[name]->sums(plane, col, row, half).mean();
      low = quarter == 0 ? mean : std::min(low, mean);
      high = quarter == 0 ? mean : std::max(high, mean);
    }
    if (high - low > limit) return true;
  }
  return false;
}

}  // namespace refdrv::encode
