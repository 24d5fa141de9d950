// SPDX-License-Identifier: LGPL-2.1-or-later
// Blocks' syntax (specification, sections 5.11.5 to 5.11.17 and what they call).
#pragma once

#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

// decode_block(): chooses how the block is coded, and does.
void write_block(TileState& tile, const Block& block);

}  // namespace refdrv::encode
