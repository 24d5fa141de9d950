// SPDX-License-Identifier: LGPL-2.1-or-later
// The syntax of inter blocks (specification, sections 5.11.20 to 5.11.33, 8.3.2).
#include "refdrv/encode/inter_syntax.h"

#include <algorithm>
#include <initializer_list>

#include "refdrv/encode/mv_contexts.h"

namespace refdrv::encode {

namespace {

using Names = std::initializer_list<unsigned>;

// The references of the blocks around, as contexts count them.
class Neighbours {
 public:
  Neighbours(const TileState& tile, const Block& block)
      : above_(tile.above_of(block)), left_(tile.left_of(block)) {}

  unsigned is_inter_context() const {
    if (above_ && left_)
      return is_intra(left_) && is_intra(above_) ? 3 : is_intra(left_) || is_intra(above_);
    if (above_ || left_) return 2 * is_intra(above_ ? above_ : left_);
    return 0;
  }

  // None of the blocks has two references.
  unsigned comp_mode_context() const {
    if (above_ && left_) return is_backward(above_) != is_backward(left_);
    if (above_ || left_) return is_backward(above_ ? above_ : left_);
    return 1;
  }

  // ref_count_ctx(), of the sums of count_refs().
  unsigned context(Names first, Names second) const {
    const unsigned a = count(first), b = count(second);
    return a < b ? 0 : a == b ? 1 : 2;
  }

 private:
  static bool is_intra(const ModeInfo* mode) { return mode->ref_frame == intra_frame; }
  static bool is_backward(const ModeInfo* mode) { return mode->ref_frame >= bwdref_frame; }
  unsigned count(Names names) const {
    unsigned found = 0;
    for (const ModeInfo* mode : {above_, left_}) {
      found += mode && std::ranges::contains(names, mode->ref_frame);
    }
    return found;
  }

  const ModeInfo* above_;
  const ModeInfo* left_;
};

void write_single_reference(TileState& tile, const Neighbours& around, unsigned name) {
  const auto write = [&](unsigned element, unsigned context, bool value) {
    tile.symbols.symbol(tile.cdfs.modes.single_ref[context][element - 1], value);
  };
  const bool backward = name >= bwdref_frame;
  write(1,
        around.context({last_frame, last2_frame, last3_frame, golden_frame},
                       {bwdref_frame, altref2_frame, altref_frame}),
        backward);
  if (backward) {
    write(2, around.context({bwdref_frame, altref2_frame}, {altref_frame}), name == altref_frame);
    if (name != altref_frame)
      write(6, around.context({bwdref_frame}, {altref2_frame}), name == altref2_frame);
    return;
  }
  const bool later = name >= last3_frame;
  write(3, around.context({last_frame, last2_frame}, {last3_frame, golden_frame}), later);
  if (later) {
    write(5, around.context({last3_frame}, {golden_frame}), name == golden_frame);
  } else {
    write(4, around.context({last_frame}, {last2_frame}), name == last2_frame);
  }
}

bool is_fixed(const Segmentation& segments, unsigned segment) {
  return segments.has(segment, seg_lvl_skip) || segments.has(segment, seg_lvl_globalmv);
}

void write_ref_frames(TileState& tile, const Block& block, const ModeInfo& mode) {
  const Segmentation& segments = tile.frame.segmentation;
  if (segments.has(mode.segment_id, seg_lvl_ref_frame) || is_fixed(segments, mode.segment_id)) {
    return;
  }
  const Neighbours around(tile, block);
  if (tile.frame.av1().reference_mode) {
    tile.symbols.symbol(tile.cdfs.modes.comp_mode[around.comp_mode_context()], 0);
  }
  write_single_reference(tile, around, mode.ref_frame);
}

void write_motion_mode(TileState& tile, const Block& block, const ModeInfo& mode) {
  const CUVIDAV1PICPARAMS& av1 = tile.frame.av1();
  if (!av1.switchable_motion_mode || !has_overlappable_candidates(tile, block)) return;
  const unsigned size = block.mi_size();
  if (av1.force_integer_mv || !av1.allow_warped_motion ||
      !has_warp_samples(tile, block, mode.ref_frame)) {
    tile.symbols.symbol(tile.cdfs.modes.use_obmc[size], 0);
  } else {
    tile.symbols.symbol(tile.cdfs.modes.motion_mode[size], 0);
  }
}

}  // namespace

void write_is_inter(TileState& tile, const Block& block, const ModeInfo& mode) {
  const Segmentation& segments = tile.frame.segmentation;
  if (segments.has(mode.segment_id, seg_lvl_ref_frame) ||
      segments.has(mode.segment_id, seg_lvl_globalmv)) {
    return;
  }
  const unsigned context = Neighbours(tile, block).is_inter_context();
  tile.symbols.symbol(tile.cdfs.modes.is_inter[context], mode.ref_frame > intra_frame);
}

void write_inter_block_mode_info(TileState& tile, const Block& block, const ModeInfo& mode) {
  write_ref_frames(tile, block, mode);
  ModeCdfs& cdfs = tile.cdfs.modes;
  if (!is_fixed(tile.frame.segmentation, mode.segment_id)) {
    const MvContexts contexts = find_mv_contexts(tile, block, mode.ref_frame);
    tile.symbols.symbol(cdfs.new_mv[contexts.new_mv], 1);
    tile.symbols.symbol(cdfs.zero_mv[contexts.zero_mv], 0);
  }
  // Blocks are 8x8 to 32x32 samples, as large as interintra prediction allows.
  if (tile.frame.sequence.enable_interintra_compound) {
    tile.symbols.symbol(cdfs.inter_intra[std::min(block.size_log2, 3U) - 1], 0);
  }
  write_motion_mode(tile, block, mode);
  // interp_filter is not read for GLOBALMV of a block this large.
}

}  // namespace refdrv::encode
