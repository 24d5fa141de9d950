// SPDX-License-Identifier: LGPL-2.1-or-later
// How a picture differs from what it can be predicted from, added up by blocks.
#include "refdrv/encode/analysis.h"

#include <algorithm>

namespace refdrv::encode {

Sums& Sums::operator+=(const Sums& other) {
  sum += other.sum;
  squares += other.squares;
  count += other.count;
  return *this;
}

Analysis Analysis::of(const Planes& source, const Planes* prediction, unsigned subsampling_x,
                      unsigned subsampling_y) {
  Analysis analysis;
  for (unsigned plane = 0; plane < source.size(); plane++) {
    const Plane& samples = source[plane];
    const unsigned shift_x = 3 - (plane > 0 ? subsampling_x : 0);
    const unsigned shift_y = 3 - (plane > 0 ? subsampling_y : 0);
    Grid& grid = analysis.grids_[plane];
    grid.columns = (samples.width + (1U << shift_x) - 1) >> shift_x;
    grid.rows = (samples.height + (1U << shift_y) - 1) >> shift_y;
    grid.cells.resize(size_t{grid.columns} * grid.rows);
    for (unsigned y = 0; y < samples.height; y++) {
      for (unsigned x = 0; x < samples.width; x++) {
        const int64_t value =
            samples.at(x, y) - (prediction ? int64_t{(*prediction)[plane].at(x, y)} : 0);
        grid.cells[size_t{y >> shift_y} * grid.columns + (x >> shift_x)] +=
            {.sum = value, .squares = value * value, .count = 1};
      }
    }
  }
  return analysis;
}

Sums Analysis::sums(unsigned plane, unsigned col, unsigned row, unsigned size) const {
  const Grid& grid = grids_[plane];
  Sums total;
  for (unsigned y = row; y < std::min(row + size, grid.rows); y++) {
    for (unsigned x = col; x < std::min(col + size, grid.columns); x++) {
      total += grid.cells[size_t{y} * grid.columns + x];
    }
  }
  return total;
}

double Analysis::spread(unsigned col, unsigned row, unsigned size) const {
  double total = 0;
  for (unsigned plane = 0; plane < grids_.size(); plane++) {
    total += sums(plane, col, row, size).spread();
  }
  return total;
}

}  // namespace refdrv::encode
