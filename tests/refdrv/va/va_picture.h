// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads libva's structures into the resynthesiser's terms.
#pragma once

#include <va/va.h>

#include <cstdint>
#include <span>

#include "refdrv/resynth/picture.h"
#include "refdrv/resynth/result.h"

namespace refdrv::va {

// All that can be seen of the parameters alone is checked. There are no tiles yet.
Result<Picture> read_picture(const VADecPictureParameterBufferAV1& params);

// A tile group's tiles, which are in `data` for as long as the picture is used.
Result<> add_tiles(std::span<const VASliceParameterBufferAV1> tiles, std::span<const uint8_t> data,
                   Picture& picture);

}  // namespace refdrv::va
