// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the pictures of a grid go: arithmetic, no GStreamer.
#pragma once

#include <vector>

namespace av1hw {

// The longest side that AV1 has, and so the longest that is worth asking for.
inline constexpr int longest_side = 65536;

struct Rectangle {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const Rectangle&) const = default;
};

// Cells for `count` pictures on a frame of `width` x `height` samples, row by row: as many columns
// as rows, or one more. They cover the frame without gaps (but for cells that are left over in the
// last row), and their edges are on even samples, where chroma planes of 4:2:0 can follow.
std::vector<Rectangle> grid_layout(unsigned count, int width, int height);

}  // namespace av1hw
