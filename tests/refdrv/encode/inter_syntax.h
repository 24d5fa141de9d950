// SPDX-License-Identifier: LGPL-2.1-or-later
// The syntax of inter blocks (specification, sections 5.11.20 to 5.11.33), for one kind of them:
// one reference, GLOBALMV, and no global motion.
#pragma once

#include "refdrv/encode/tile_state.h"

namespace refdrv::encode {

void write_is_inter(TileState& tile, const Block& block, const ModeInfo& mode);
// inter_block_mode_info().
void write_inter_block_mode_info(TileState& tile, const Block& block, const ModeInfo& mode);

}  // namespace refdrv::encode
