// SPDX-License-Identifier: LGPL-2.1-or-later
// What dav1d says of a picture, in GStreamer's terms.
#pragma once

#include <dav1d/dav1d.h>

#include <vector>

#include "base/result.h"
#include "codec/decoder.h"

namespace av1hw {

// Bits that dav1d's samples must be shifted up by to fill the GStreamer format that they are output
// in: 4 for 12-bit gray, which has no format but GRAY16_LE.
unsigned dav1d_sample_shift(const Dav1dPictureParameters& parameters);

// NotSupported: GStreamer has no such format.
Result<PictureFormat> dav1d_picture_format(const Dav1dPicture& picture);

// What dav1d wants of the memory for pictures of this format (dav1d/picture.h, Dav1dPicAllocator).
MemoryNeeds dav1d_memory_needs(const Dav1dPictureParameters& parameters, unsigned frame_delay);

// Whether the bitstream asks for film grain on this picture.
bool dav1d_has_film_grain(const Dav1dPicture& picture);

std::vector<ItuT35> dav1d_itu_t35(const Dav1dPicture& picture);

}  // namespace av1hw
