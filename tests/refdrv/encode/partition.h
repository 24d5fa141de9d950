// SPDX-License-Identifier: LGPL-2.1-or-later
// How superblocks are cut into blocks.
#pragma once

#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

// decode_partition(), of a square that need not be inside of the frame. Blocks are squares of 8x8
// to 32x32 samples that are wholly inside of the frame's, rounded up to blocks of 8x8.
void write_partition(TileState& tile, const Block& square);

}  // namespace refdrv::encode
