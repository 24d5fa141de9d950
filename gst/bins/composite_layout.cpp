// SPDX-License-Identifier: LGPL-2.1-or-later
// Computes the cells of a grid.
#include "bins/composite_layout.h"

namespace av1hw {
namespace {

// The i-th of n edges along `length`; the last is the frame's own.
int edge(unsigned i, unsigned n, int length) {
  if (i == n) return length;
  return static_cast<int>(static_cast<long long>(length) * i / n) & ~1;
}

}  // namespace

std::vector<Rectangle> grid_layout(unsigned count, int width, int height) {
  std::vector<Rectangle> cells;
  if (count == 0) return cells;
  unsigned columns = 1;
  while (columns * columns < count) columns++;
  const unsigned rows = (count + columns - 1) / columns;
  for (unsigned i = 0; i < count; i++) {
    const unsigned column = i % columns, row = i / columns;
    const int x = edge(column, columns, width), y = edge(row, rows, height);
    cells.push_back({x, y, edge(column + 1, columns, width) - x, edge(row + 1, rows, height) - y});
  }
  return cells;
}

}  // namespace av1hw
