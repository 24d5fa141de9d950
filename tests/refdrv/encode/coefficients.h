// SPDX-License-Identifier: LGPL-2.1-or-later
// Coefficients' syntax (specification, section 5.11.39), of blocks that have one at most.
#pragma once

#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

// coeffs() of one plane. The transform is DCT_DCT.
void write_coefficient(TileState& tile, const Block& block, unsigned plane, bool is_inter,
                       int coefficient);
// reset_block_context(): after a block with skip.
void reset_coefficient_contexts(TileState& tile, const Block& block);

}  // namespace refdrv::encode
