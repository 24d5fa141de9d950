// SPDX-License-Identifier: LGPL-2.1-or-later
// How far pictures are apart that have no detail in common.
#pragma once

#include <algorithm>
#include <cmath>

#include "refdrv/encode/samples.h"

namespace refdrv::test {

// The largest difference of the means of a plane's blocks.
inline double worst_block(const encode::Plane& a, const encode::Plane& b, unsigned wide,
                          unsigned high) {
  double worst = 0;
  for (unsigned row = 0; row < a.height; row += high) {
    for (unsigned col = 0; col < a.width; col += wide) {
      double sum = 0;
      unsigned count = 0;
      for (unsigned y = row; y < std::min(row + high, a.height); y++) {
        for (unsigned x = col; x < std::min(col + wide, a.width); x++, count++) {
          sum += a.at(x, y) - b.at(x, y);
        }
      }
      worst = std::max(worst, std::abs(sum) / count);
    }
  }
  return worst;
}

// Of blocks of 16x16 luma samples, in all planes.
inline double worst_block(const encode::Planes& a, const encode::Planes& b) {
  double worst = 0;
  for (unsigned plane = 0; plane < a.size(); plane++) {
    const unsigned wide = a[plane].width < a[0].width ? 8 : 16;
    const unsigned high = a[plane].height < a[0].height ? 8 : 16;
    worst = std::max(worst, worst_block(a[plane], b[plane], wide, high));
  }
  return worst;
}

}  // namespace refdrv::test
