// SPDX-License-Identifier: LGPL-2.1-or-later
// Planes of samples, whatever their depth.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace refdrv::encode {

struct Plane {
  unsigned width = 0;
  unsigned height = 0;
  std::vector<uint16_t> samples;

  Plane() = default;
  Plane(unsigned w, unsigned h) : width(w), height(h), samples(size_t{w} * h) {}

  uint16_t& at(unsigned x, unsigned y) { return samples[size_t{y} * width + x]; }
  uint16_t at(unsigned x, unsigned y) const { return samples[size_t{y} * width + x]; }
  // Samples beyond the right and the lower edge are those of the edge.
  uint16_t clamped(unsigned x, unsigned y) const {
    return at(std::min(x, width - 1), std::min(y, height - 1));
  }
};

// Monochrome has no chroma: planes of no size.
using Planes = std::array<Plane, 3>;

}  // namespace refdrv::encode
