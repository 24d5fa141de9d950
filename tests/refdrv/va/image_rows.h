// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows between surfaces, which may be tiled, and images, which are not.
#pragma once

#include <cstdint>
#include <span>

#include "refdrv/va/objects.h"
#include "refdrv/va/surface.h"

namespace refdrv::va {

// An image of a whole surface has the surface's pitches and offsets, but no tiles.
void read_surface(const Surface& surface, std::span<uint8_t> image);
void write_surface(Surface& surface, std::span<const uint8_t> image);

// A part of a picture, in luma samples, even where chroma is to be found.
struct Area {
  unsigned x = 0;
  unsigned y = 0;
  unsigned width = 0;
  unsigned height = 0;
};

// The areas are of one size, and inside.
void copy_out(const Surface& surface, const Area& from, Image& image);
void copy_in(Surface& surface, const Area& to, Image& image, const Area& from);

}  // namespace refdrv::va
