// SPDX-License-Identifier: LGPL-2.1-or-later
// What blocks are predicted to be (specification, sections 7.11.2 and 7.11.3), as far as this coder
// uses it: DC_PRED, and blocks of references that have not moved.
#pragma once

#include "refdrv/encode/tile_state.h"
#include "refdrv/encode/transform.h"

namespace refdrv::encode {

// The one value that DC_PRED predicts a plane of a block to have.
unsigned predict_dc(const TileState& tile, const Block& block, unsigned plane);

// Write a plane of a block, as it is before the loop filters: the prediction and what the
// coefficient adds.
void reconstruct_intra(TileState& tile, const Block& block, unsigned plane, unsigned prediction,
                       int added);
void reconstruct_inter(TileState& tile, const Block& block, unsigned plane, unsigned ref_frame,
                       int added);

}  // namespace refdrv::encode
