// SPDX-License-Identifier: LGPL-2.1-or-later
// The syntax of segment_id (specification, sections 5.11.8, 5.11.9 and 5.11.19).
#pragma once

#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

// The segment that a block gets: any, or the only one that the header leaves.
unsigned segment_of(TileState& tile, const Block& block);
// intra_segment_id() and inter_segment_id(), where they read. No block that they are read for is
// skipped.
void write_segment_id(TileState& tile, const Block& block, const ModeInfo& mode);

}  // namespace refdrv::encode
