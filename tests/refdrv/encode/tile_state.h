// SPDX-License-Identifier: LGPL-2.1-or-later
// One tile as it is coded: its place, its symbols, and the contexts that its blocks leave behind.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "refdrv/encode/cdf_contexts.h"
#include "refdrv/encode/frame_state.h"
#include "refdrv/encode/symbol_encoder.h"
#include "refdrv/resynth/result.h"

namespace refdrv::encode {

// In units of 4x4 luma samples.
struct TileArea {
  unsigned row_start = 0;
  unsigned row_end = 0;
  unsigned col_start = 0;
  unsigned col_end = 0;
};

// What blocks leave along one edge, by 4x4 samples of each plane from the frame's edge.
struct EdgeContext {
  std::array<std::vector<uint8_t>, 3> level;
  std::array<std::vector<uint8_t>, 3> dc;
  std::vector<uint8_t> seg_pred;

  explicit EdgeContext(unsigned length);
  void clear();
};

struct TileState {
  FrameState& frame;
  const TileArea area;
  SymbolEncoder symbols;
  CdfContexts cdfs;
  EdgeContext above;
  EdgeContext left;
  bool read_deltas = false;             // ReadDeltas
  std::array<bool, 4> cdef_coded = {};  // by 64x64 samples of the superblock
  std::optional<Error> error;           // the first one

  TileState(FrameState& of_frame, const TileArea& at, const CdfContexts& from);

  // is_inside().
  bool inside(int row, int col) const;
  bool has_above(const Block& block) const { return block.row > area.row_start; }  // AvailU
  bool has_left(const Block& block) const { return block.col > area.col_start; }   // AvailL
  // The block that is above, or to the left, of the first row or column; null if there is none.
  const ModeInfo* above_of(const Block& block) const;
  const ModeInfo* left_of(const Block& block) const;

  void fail(std::string message);
};

}  // namespace refdrv::encode
