// SPDX-License-Identifier: LGPL-2.1-or-later
// Blocks' syntax (specification, sections 5.11.5 to 5.11.17 and what they call, and 8.3.2).
#include "refdrv/encode/block_syntax.h"

#include <algorithm>
#include <array>
#include <format>

#include "refdrv/encode/choice.h"
#include "refdrv/encode/coefficients.h"
#include "refdrv/encode/inter_syntax.h"
#include "refdrv/encode/prediction.h"
#include "refdrv/encode/segment_syntax.h"

namespace refdrv::encode {

namespace {

constexpr unsigned tx_mode_select = 2;  // TX_MODE_SELECT, as tx_mode in CUVID's structure
constexpr unsigned frame_lf_count = 4;  // FRAME_LF_COUNT
constexpr unsigned largest_tx_8x8 = 1;  // size_log2
constexpr unsigned largest_tx_16x16 = 2;

struct PlaneCoding {
  unsigned prediction = 0;  // of intra blocks
  int coefficient = 0;
  int added = 0;  // to each sample
};
using BlockCoding = std::array<PlaneCoding, 3>;

BlockCoding code_planes(TileState& tile, const Block& block, const ModeInfo& mode) {
  BlockCoding coding;
  for (unsigned plane = 0; plane < tile.frame.sequence.planes(); plane++) {
    PlaneCoding& to = coding[plane];
    const Analysis& analysis = *tile.frame.analyses[mode.ref_frame];
    double wanted = analysis.sums(plane, block.col / 2, block.row / 2, block.size4() / 2).mean();
    if (mode.ref_frame == intra_frame) {
      to.prediction = predict_dc(tile, block, plane);
      wanted -= to.prediction;
    }
    if (tile.frame.segmentation.has(mode.segment_id, seg_lvl_skip)) continue;
    const Quantizer steps =
        quantizer(tile.frame, plane, mode.segment_id, transform_size(tile.frame, block, plane));
    to.coefficient = quantize(steps, wanted);
    to.added = residual(steps, to.coefficient);
  }
  return coding;
}

void write_skip_mode(TileState& tile, const ModeInfo& mode) {
  const Segmentation& segments = tile.frame.segmentation;
  for (const auto feature : {seg_lvl_skip, seg_lvl_ref_frame, seg_lvl_globalmv}) {
    if (segments.has(mode.segment_id, feature)) return;
  }
  if (tile.frame.av1().skip_mode) tile.symbols.symbol(tile.cdfs.modes.skip_mode[0], 0);
}

void write_skip(TileState& tile, const Block& block, const ModeInfo& mode) {
  const Segmentation& segments = tile.frame.segmentation;
  if (segments.pre_skip() && segments.has(mode.segment_id, seg_lvl_skip)) return;
  const ModeInfo* above = tile.above_of(block);
  const ModeInfo* left = tile.left_of(block);
  const unsigned context = 0U + (above && above->skip) + (left && left->skip);
  tile.symbols.symbol(tile.cdfs.modes.skip[context], mode.skip);
}

// The strengths take turns over the picture, so that each is seen.
void write_cdef(TileState& tile, const Block& block, const ModeInfo& mode) {
  const CUVIDAV1PICPARAMS& av1 = tile.frame.av1();
  if (mode.skip || av1.coded_lossless || !tile.frame.sequence.enable_cdef || av1.allow_intrabc) {
    return;
  }
  const unsigned row = block.row / 16, col = block.col / 16;
  bool& coded = tile.cdef_coded[row % 2 * 2 + col % 2];
  if (coded) return;
  coded = true;
  tile.symbols.literal(av1.cdef_bits, (row + col) & ((1U << av1.cdef_bits) - 1));
}

// read_delta_qindex() and read_delta_lf(): that nothing changes.
void write_deltas(TileState& tile) {
  if (!tile.read_deltas) return;
  tile.read_deltas = false;
  const CUVIDAV1PICPARAMS& av1 = tile.frame.av1();
  ModeCdfs& cdfs = tile.cdfs.modes;
  tile.symbols.symbol(cdfs.delta_q, 0);
  if (!av1.delta_lf_present) return;
  if (!av1.delta_lf_multi) return tile.symbols.symbol(cdfs.delta_lf, 0);
  const unsigned count = tile.frame.sequence.mono_chrome ? frame_lf_count - 2 : frame_lf_count;
  for (unsigned i = 0; i < count; i++) tile.symbols.symbol(cdfs.delta_lf_multi[i], 0);
}

// Of DC_PRED in all planes.
void write_intra_modes(TileState& tile, const Block& block, std::span<uint16_t> y_mode) {
  ModeCdfs& cdfs = tile.cdfs.modes;
  const bool has_chroma = !tile.frame.sequence.mono_chrome;
  tile.symbols.symbol(y_mode, 0);
  if (has_chroma) tile.symbols.symbol(cdfs.uv_mode_cfl_allowed, 0);
  if (tile.frame.av1().allow_screen_content_tools) {
    tile.symbols.symbol(cdfs.palette_y_mode[2 * block.size_log2 - 2][0], 0);
    if (has_chroma) tile.symbols.symbol(cdfs.palette_uv_mode[0], 0);
  }
  if (tile.frame.sequence.enable_filter_intra) {
    tile.symbols.symbol(cdfs.filter_intra[block.mi_size()], 0);
  }
}

// intra_frame_mode_info() and inter_frame_mode_info().
void write_mode_info(TileState& tile, const Block& block, const ModeInfo& mode) {
  const bool intra = tile.frame.header.is_intra();
  const bool pre_skip = tile.frame.segmentation.pre_skip();
  if (pre_skip) write_segment_id(tile, block, mode);
  if (!intra) write_skip_mode(tile, mode);
  write_skip(tile, block, mode);
  if (!pre_skip) write_segment_id(tile, block, mode);
  write_cdef(tile, block, mode);
  write_deltas(tile);
  ModeCdfs& cdfs = tile.cdfs.modes;
  if (intra) {
    if (tile.frame.av1().allow_intrabc) tile.symbols.symbol(cdfs.intrabc, 0);
    return write_intra_modes(tile, block, cdfs.intra_frame_y_mode);
  }
  write_is_inter(tile, block, mode);
  if (mode.ref_frame > intra_frame) return write_inter_block_mode_info(tile, block, mode);
  write_intra_modes(tile, block, cdfs.y_mode[block.size_log2]);
}

// read_block_tx_size(): the largest transform, which all blocks have.
void write_tx_size(TileState& tile, const Block& block, const ModeInfo& mode) {
  const bool is_inter = mode.ref_frame > intra_frame;
  if (tile.frame.av1().tx_mode != tx_mode_select || (is_inter && mode.skip)) return;
  const ModeInfo* above = tile.above_of(block);
  const ModeInfo* left = tile.left_of(block);
  const unsigned size = block.size_log2;
  ModeCdfs& cdfs = tile.cdfs.modes;
  if (is_inter) {
    const bool smaller_above = above && above->size_log2 < size;
    const bool smaller_left = left && left->size_log2 < size;
    const unsigned context = (4 - size) * 6 + smaller_above + smaller_left;
    return tile.symbols.symbol(cdfs.txfm_split[context], 0);
  }
  const unsigned context =
      0U + (above && above->size_log2 >= size) + (left && left->size_log2 >= size);
  if (size == largest_tx_8x8) return tile.symbols.symbol(cdfs.tx_8x8[context], 0);
  if (size == largest_tx_16x16) return tile.symbols.symbol(cdfs.tx_16x16[context], 0);
  tile.symbols.symbol(cdfs.tx_32x32[context], 0);
}

void write_residual(TileState& tile, const Block& block, const ModeInfo& mode,
                    const BlockCoding& coding) {
  const bool is_inter = mode.ref_frame > intra_frame;
  if (mode.skip) reset_coefficient_contexts(tile, block);
  for (unsigned plane = 0; plane < tile.frame.sequence.planes(); plane++) {
    const PlaneCoding& part = coding[plane];
    if (!mode.skip) write_coefficient(tile, block, plane, is_inter, part.coefficient);
    if (is_inter) {
      reconstruct_inter(tile, block, plane, mode.ref_frame, part.added);
    } else {
      reconstruct_intra(tile, block, plane, part.prediction, part.added);
    }
  }
}

ModeInfo choose_mode(TileState& tile, const Block& block) {
  ModeInfo mode;
  mode.coded = true;
  mode.size_log2 = static_cast<uint8_t>(block.size_log2);
  mode.segment_id = static_cast<uint8_t>(segment_of(tile, block));
  if (tile.frame.segmentation.lossless(mode.segment_id)) {
    tile.fail(std::format("a lossless block: segment {} has qindex 0", mode.segment_id));
  }
  if (!tile.error) {
    mode.ref_frame = static_cast<uint8_t>(choose_reference(tile, block, mode.segment_id));
  }
  return mode;
}

}  // namespace

void write_block(TileState& tile, const Block& block) {
  ModeInfo mode = choose_mode(tile, block);
  if (tile.error) return;
  const BlockCoding coding = code_planes(tile, block, mode);
  // With segments, skip would change the block's.
  const bool may_skip = !tile.frame.segmentation.enabled() ||
                        tile.frame.segmentation.has(mode.segment_id, seg_lvl_skip);
  mode.skip = may_skip && std::ranges::all_of(coding, [](const PlaneCoding& plane) {
                return plane.coefficient == 0;
              });
  for (unsigned row = block.row; row < block.row + block.size4(); row++) {
    for (unsigned col = block.col; col < block.col + block.size4(); col++) {
      tile.frame.mode(row, col) = mode;
    }
  }
  write_mode_info(tile, block, mode);
  write_tx_size(tile, block, mode);
  write_residual(tile, block, mode, coding);
}

}  // namespace refdrv::encode
