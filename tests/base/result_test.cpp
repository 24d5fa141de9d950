// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors as values.
#include "base/result.h"

#include <gtest/gtest.h>

namespace av1hw {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::InvalidData, "odd");
  return n / 2;
}

TEST(Result, CarriesValueOrReason) {
  EXPECT_EQ(half(4).value(), 2);
  const Result<int> odd = half(3);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, ErrorCode::InvalidData);
  EXPECT_EQ(odd.error().message, "odd");
}

TEST(Result, ErrorCodesHaveDistinctNames) {
  EXPECT_STREQ(error_code_name(ErrorCode::Busy), "busy");
  EXPECT_STREQ(error_code_name(ErrorCode::DeviceLost), "device-lost");
}

}  // namespace
}  // namespace av1hw
