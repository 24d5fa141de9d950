// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads CUVIDPICPARAMS into the resynthesiser's terms.
#pragma once

#include "refdrv/nv/cuda_types.h"
// After cuda_types.h, whose types it needs.
#include <ffnvcodec/dynlink_cuviddec.h>

#include "refdrv/resynth/picture.h"
#include "refdrv/resynth/result.h"

namespace refdrv::nv {

// Everything that can be seen of the parameters alone is checked: ranges, reserved bits, offsets.
// The picture refers to the parameters' bitstream.
Result<Picture> read_picture(const CUVIDPICPARAMS& params);

}  // namespace refdrv::nv
