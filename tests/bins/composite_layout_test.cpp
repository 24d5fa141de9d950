// SPDX-License-Identifier: LGPL-2.1-or-later
// The grid's arithmetic.
#include "bins/composite_layout.h"

#include <gtest/gtest.h>

namespace av1hw {
namespace {

using Cells = std::vector<Rectangle>;

TEST(GridLayout, Table) {
  EXPECT_EQ(grid_layout(0, 640, 480), Cells{});
  EXPECT_EQ(grid_layout(1, 641, 481), (Cells{{0, 0, 641, 481}}));
  EXPECT_EQ(grid_layout(2, 640, 480), (Cells{{0, 0, 320, 480}, {320, 0, 320, 480}}));
  EXPECT_EQ(grid_layout(3, 640, 480),
            (Cells{{0, 0, 320, 240}, {320, 0, 320, 240}, {0, 240, 320, 240}}));
  EXPECT_EQ(grid_layout(5, 600, 400)[4], (Rectangle{200, 200, 200, 200}));
}

TEST(GridLayout, CoversTheFrameOnEvenEdges) {
  for (unsigned n = 1; n <= 30; n++) {
    for (const auto& [width, height] : {std::pair{1920, 1080}, {227, 115}, {64, 64}}) {
      int right = 0, bottom = 0;
      for (const Rectangle& r : grid_layout(n, width, height)) {
        EXPECT_EQ(r.x % 2, 0);
        EXPECT_EQ(r.y % 2, 0);
        EXPECT_GT(r.width, 0);
        EXPECT_GT(r.height, 0);
        right = std::max(right, r.x + r.width);
        bottom = std::max(bottom, r.y + r.height);
      }
      EXPECT_EQ(right, width);
      EXPECT_EQ(bottom, height);
    }
  }
}

}  // namespace
}  // namespace av1hw
