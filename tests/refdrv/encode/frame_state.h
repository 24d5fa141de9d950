// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tiles of one frame share: its header, its references, and what is coded of it so far.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "refdrv/encode/analysis.h"
#include "refdrv/encode/cdf_contexts.h"
#include "refdrv/encode/samples.h"
#include "refdrv/encode/segmentation.h"
#include "refdrv/encode/software_encoder.h"
#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::encode {

// Names of references: INTRA_FRAME, LAST_FRAME and so on.
constexpr unsigned intra_frame = 0;
constexpr unsigned last_frame = 1, last2_frame = 2, last3_frame = 3, golden_frame = 4;
constexpr unsigned bwdref_frame = 5, altref2_frame = 6, altref_frame = 7;
constexpr unsigned ref_names = 8;

using OrderHints = std::array<unsigned, ref_names>;

// What the reference frame update process (7.20) saves, that a parser of headers does not.
struct SavedFrame {
  Planes planes;  // what a decoder made of the frame
  CdfContexts cdfs;
  unsigned mi_rows = 0;
  unsigned mi_cols = 0;
  bool is_intra = false;
  OrderHints order_hints = {};
  std::vector<uint8_t> motion_refs;  // MfRefFrames, by blocks of 8x8 samples; 0 for NONE
  std::vector<uint8_t> segment_ids;  // by 4x4 samples; none: all are 0
};

// A 4x4 block's part in what is coded after it.
struct ModeInfo {
  bool coded = false;
  uint8_t size_log2 = 0;  // of the block's side in 4x4 blocks
  uint8_t ref_frame = intra_frame;
  bool skip = false;
  uint8_t segment_id = 0;
};

// A square block; its side is 4 << size_log2 luma samples.
struct Block {
  unsigned row = 0;  // MiRow
  unsigned col = 0;  // MiCol
  unsigned size_log2 = 1;

  unsigned size4() const { return 1U << size_log2; }  // Num_4x4_Blocks_Wide
  unsigned mi_size() const { return 3 * size_log2; }  // MiSize: BLOCK_8X8 is 3, BLOCK_16X16 is 6
};

struct FrameState {
  const nv::SequenceHeader& sequence;
  const nv::FrameHeader& header;
  unsigned mi_rows = 0;
  unsigned mi_cols = 0;
  // What blocks may be predicted from: frames of this size, without global motion.
  std::array<std::shared_ptr<const SavedFrame>, ref_names> references = {};
  std::vector<uint8_t> choices;  // names in `references`, each for another frame
  OrderHints order_hints = {};
  // Whether the motion field has a vector, by blocks of 8x8 samples: then it is zero.
  std::vector<bool> motion_field;
  std::vector<uint8_t> previous_segment_ids;  // by 4x4 samples; none: all are 0
  Segmentation segmentation;
  // How the source differs from each of `references`; at INTRA_FRAME, from nothing.
  std::array<std::shared_ptr<const Analysis>, ref_names> analyses = {};

  Planes reconstruction;  // before the loop filters; whole 8x8 blocks
  std::vector<ModeInfo> modes;

  const CUVIDAV1PICPARAMS& av1() const { return header.av1; }
  ModeInfo& mode(unsigned row, unsigned col) { return modes[size_t{row} * mi_cols + col]; }
  const ModeInfo& mode(unsigned row, unsigned col) const {
    return modes[size_t{row} * mi_cols + col];
  }
  unsigned subsampling_x(unsigned plane) const { return plane > 0 && sequence.subsampling_x; }
  unsigned subsampling_y(unsigned plane) const { return plane > 0 && sequence.subsampling_y; }
};

}  // namespace refdrv::encode
