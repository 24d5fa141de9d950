// SPDX-License-Identifier: LGPL-2.1-or-later
// What motion vector prediction (specification, section 7.10) says of the blocks around one, where
// all vectors are zero: then it matters only which references are found, and where.
#pragma once

#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

struct MvContexts {
  unsigned new_mv = 0;   // NewMvContext
  unsigned zero_mv = 0;  // ZeroMvContext
};

// The contexts of find_mv_stack(), for one reference.
MvContexts find_mv_contexts(const TileState& tile, const Block& block, unsigned ref_frame);
bool has_overlappable_candidates(const TileState& tile, const Block& block);
// Whether find_warp_samples() finds any.
bool has_warp_samples(const TileState& tile, const Block& block, unsigned ref_frame);

}  // namespace refdrv::encode
