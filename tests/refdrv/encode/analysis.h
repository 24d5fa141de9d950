// SPDX-License-Identifier: LGPL-2.1-or-later
// How a picture differs from what it can be predicted from, added up by blocks.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "refdrv/encode/samples.h"

namespace refdrv::encode {

struct Sums {
  int64_t sum = 0;
  int64_t squares = 0;
  unsigned count = 0;

  double mean() const { return count > 0 ? static_cast<double>(sum) / count : 0; }
  // What is left of the squares, once the mean is taken away.
  double spread() const { return static_cast<double>(squares) - mean() * static_cast<double>(sum); }
  Sums& operator+=(const Sums& other);
};

// Of the samples inside of the picture; a block has no samples of another.
class Analysis {
 public:
  // `prediction` may be null: then it is the source itself that is looked at. The planes are those
  // of a picture, and the blocks of 8x8 luma samples.
  static Analysis of(const Planes& source, const Planes* prediction, unsigned subsampling_x,
                     unsigned subsampling_y);

  // `col` and `row` count 8x8 luma samples, as `size` does, of a square.
  Sums sums(unsigned plane, unsigned col, unsigned row, unsigned size) const;
  // Over all planes.
  double spread(unsigned col, unsigned row, unsigned size) const;

 private:
  struct Grid {
    unsigned columns = 0;
    unsigned rows = 0;
    std::vector<Sums> cells;
  };
  std::array<Grid, 3> grids_;
};

}  // namespace refdrv::encode
