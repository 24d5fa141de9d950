// SPDX-License-Identifier: LGPL-2.1-or-later
// The tiles of a frame (specification, sections 5.11.1 and 5.11.2).
#pragma once

#include <vector>

#include "refdrv/encode/cdf_contexts.h"
#include "refdrv/encode/frame_state.h"
#include "refdrv/resynth/result.h"

namespace refdrv::encode {

struct CodedTiles {
  std::vector<std::vector<uint8_t>> tiles;
  CdfContexts saved;  // what the frame leaves to later ones
};

// Every tile begins with `cdfs`.
Result<CodedTiles> write_tiles(FrameState& frame, const CdfContexts& cdfs);

}  // namespace refdrv::encode
