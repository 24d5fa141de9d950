// SPDX-License-Identifier: LGPL-2.1-or-later
// The sequence header of the rebuilt stream.
#pragma once

#include <cstdint>
#include <vector>

#include "refdrv/resynth/picture.h"

namespace refdrv {

// Everything that the parameters leave out is chosen so that each picture can say it of itself:
// any size up to 65536, screen content tools, superres, restoration, warped motion and motion
// field projection.
std::vector<uint8_t> write_sequence_header(const SequenceParams& sequence);

}  // namespace refdrv
