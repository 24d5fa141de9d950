// SPDX-License-Identifier: LGPL-2.1-or-later
// What drivers' answers and names mean.
#include "vaapi/va_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vaapi/va_quirks.h"

namespace av1hw {
namespace {

using testing::HasSubstr;

TEST(VaStatus, SaysWhatACallerCanDo) {
  const auto code = [](VAStatus status) { return va_error(status, "decode").code; };
  // Something may become free.
  EXPECT_EQ(code(VA_STATUS_ERROR_ALLOCATION_FAILED), ErrorCode::Busy);
  EXPECT_EQ(code(VA_STATUS_ERROR_MAX_NUM_EXCEEDED), ErrorCode::Busy);
  EXPECT_EQ(code(VA_STATUS_ERROR_HW_BUSY), ErrorCode::Busy);
  // The stream is damaged, and another decoder would say so as well.
  EXPECT_EQ(code(VA_STATUS_ERROR_DECODING_ERROR), ErrorCode::InvalidData);
  EXPECT_EQ(code(VA_STATUS_ERROR_UNSUPPORTED_PROFILE), ErrorCode::NotSupported);
  EXPECT_EQ(code(VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED), ErrorCode::NotSupported);
  EXPECT_EQ(code(VA_STATUS_ERROR_TIMEDOUT), ErrorCode::DeviceLost);
  EXPECT_EQ(code(VA_STATUS_ERROR_OPERATION_FAILED), ErrorCode::Failed);
}

TEST(VaStatus, MessagesSayWhatWasTried) {
  const Result<> failed = va_result(VA_STATUS_ERROR_HW_BUSY, "begin a picture");
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("begin a picture"));
  EXPECT_TRUE(va_result(VA_STATUS_SUCCESS, "begin a picture"));
}

TEST(VaQuirks, AreFoundByTheStartOfTheVendorString) {
  EXPECT_TRUE(
      va_quirks("Intel iHD driver for Intel(R) Gen Graphics - 25.2.3 ()").inexact_film_grain);
  EXPECT_FALSE(va_quirks("Mesa Gallium driver 25.0.7 for AMD Radeon").inexact_film_grain);
  EXPECT_TRUE(va_quirks("Mesa Gallium driver 25.0.7 for AMD Radeon").known_to_gstreamer);
  EXPECT_FALSE(va_quirks("VA-API NVDEC driver [direct backend]").known_to_gstreamer);
  EXPECT_FALSE(va_quirks("").known_to_gstreamer);
}

}  // namespace
}  // namespace av1hw
