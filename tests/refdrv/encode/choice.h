// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder's decisions: references, segments, and how small blocks are.
#pragma once

#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

// The reference that the block differs from the least, but for its mean; INTRA_FRAME in intra
// frames. Where segmentation decides, that is it.
unsigned choose_reference(TileState& tile, const Block& block, unsigned segment);
// The segment of a block that may have any: they take turns over the picture.
unsigned choose_segment(TileState& tile, const Block& block);
// Whether the block's quarters differ by more than the quantizer does.
bool wants_split(TileState& tile, const Block& block);

}  // namespace refdrv::encode
