// SPDX-License-Identifier: LGPL-2.1-or-later
// Global motion models that can and can't be used for warping (AV1 specification 7.11.3.6).
#include "codec/warp_model.h"

#include <gtest/gtest.h>

#include <array>

namespace av1hw {
namespace {

constexpr int32_t one = 1 << 16;

bool valid(std::array<int32_t, 6> parameters) { return warp_is_valid(parameters); }

TEST(WarpModel, IdentityAndTranslation) {
  EXPECT_TRUE(valid({0, 0, one, 0, 0, one}));
  EXPECT_TRUE(valid({-500000, 900000, one, 0, 0, one}));
}

TEST(WarpModel, NoShearWithoutAPositiveScale) {
  EXPECT_FALSE(valid({0, 0, 0, 0, 0, one}));
  EXPECT_FALSE(valid({0, 0, -one, 0, 0, one}));
}

// 4 |alpha| + 7 |beta| and 4 |gamma| + 4 |delta| stay below one.
TEST(WarpModel, Limits) {
  EXPECT_TRUE(valid({0, 0, one + one / 4 - 64, 0, 0, one}));
  EXPECT_FALSE(valid({0, 0, one + one / 4, 0, 0, one}));
  EXPECT_TRUE(valid({0, 0, one, one / 7 - 64, 0, one}));
  EXPECT_FALSE(valid({0, 0, one, one / 7 + 64, 0, one}));
  EXPECT_TRUE(valid({0, 0, one, 0, one / 4 - 64, one}));
  EXPECT_FALSE(valid({0, 0, one, 0, one / 4, one}));
  EXPECT_TRUE(valid({0, 0, one, 0, 0, one - one / 4 + 64}));
  EXPECT_FALSE(valid({0, 0, one, 0, 0, one - one / 4}));
}

// gamma is 8192 here, and 4 * 8192 + 4 * 8128 are just too few.
TEST(WarpModel, ProductsNeedMoreThan16Bits) {
  EXPECT_TRUE(valid({0, 0, one, 0, 8192, one + 8128}));
  EXPECT_FALSE(valid({0, 0, one, 0, 8192, one + 8192}));
  EXPECT_FALSE(valid({0, 0, one, 0, 16384, one}));
}

}  // namespace
}  // namespace av1hw
