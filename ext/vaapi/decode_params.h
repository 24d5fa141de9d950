// SPDX-License-Identifier: LGPL-2.1-or-later
// What libva's drivers are told of a picture: pure functions of the picture's parameters.
#pragma once

#include <va/va.h>
#include <va/va_dec_av1.h>

#include <vector>

#include "codec/decode_backend.h"

namespace av1hw {

// All surfaces of `picture` are VaSurfaces.
VADecPictureParameterBufferAV1 va_picture_parameters(const PictureParams& picture);

// One for each tile of the tile group with this index; offsets count from the start of the group.
// What was in `out` is replaced.
void va_tile_parameters(const PictureParams& picture, size_t group,
                        std::vector<VASliceParameterBufferAV1>& out);

}  // namespace av1hw
