// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests transfer functions at points that their texts name, and there and back.
#include "composite/transfer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "composite/primaries.h"

namespace av1hw {
namespace {

using Rgb = std::array<double, 3>;

Transfer transfer(GstVideoTransferFunction function) {
  return *transfer_of(function, GST_VIDEO_COLOR_PRIMARIES_BT2020);
}

double light_of(GstVideoTransferFunction function, double signal) {
  return to_light(transfer(function), {signal, signal, signal})[0];
}

double nits_of(GstVideoTransferFunction function, double signal) {
  return light_of(function, signal) * reference_white;
}

TEST(Transfer, OfPqHasTheLuminancesOfSt2084) {
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_SMPTE2084, 0.5081), 100, 0.05);
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_SMPTE2084, 0.5807), 203, 0.1);
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_SMPTE2084, 0.7518), 1000, 0.5);
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_SMPTE2084, 1), 10000, 1e-6);
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_SMPTE2084, 1.5), 10000, 1e-6);
  EXPECT_EQ(nits_of(GST_VIDEO_TRANSFER_SMPTE2084, 0), 0);
}

TEST(Transfer, OfHlgHasTheLuminancesOfBt2408) {
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_ARIB_STD_B67, 0.75), 203, 0.3);
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_ARIB_STD_B67, 1), 1000, 0.01);
  EXPECT_NEAR(nits_of(GST_VIDEO_TRANSFER_ARIB_STD_B67, 0.5), 1000 * std::pow(1.0 / 12, 1.2), 1e-9);
}

// Bright colours gain and dark ones lose by the same factor in each component.
TEST(Transfer, OfHlgActsOnLuminance) {
  const Rgb red = to_light(transfer(GST_VIDEO_TRANSFER_ARIB_STD_B67), {1, 0, 0});
  EXPECT_NEAR(red[0] * reference_white, 1000 * std::pow(0.2627, 0.2), 0.05);
  EXPECT_EQ(red[1], 0);
}

TEST(Transfer, OfSdrHasItsTextsValues) {
  EXPECT_NEAR(light_of(GST_VIDEO_TRANSFER_BT709, 0.081), 0.018, 2e-4);
  EXPECT_NEAR(light_of(GST_VIDEO_TRANSFER_BT709, 0.5), 0.2596, 1e-4);
  EXPECT_EQ(light_of(GST_VIDEO_TRANSFER_BT601, 0.5), light_of(GST_VIDEO_TRANSFER_BT2020_12, 0.5));
  EXPECT_NEAR(light_of(GST_VIDEO_TRANSFER_SRGB, 0.5), 0.21404, 1e-5);
  EXPECT_NEAR(light_of(GST_VIDEO_TRANSFER_GAMMA22, 0.5), 0.21764, 1e-5);
  EXPECT_NEAR(light_of(GST_VIDEO_TRANSFER_ADOBERGB, 0.5), 0.21776, 1e-4);
  EXPECT_NEAR(light_of(GST_VIDEO_TRANSFER_SMPTE240M, 0.0912), 0.0228, 1e-4);
  EXPECT_EQ(light_of(GST_VIDEO_TRANSFER_GAMMA10, 0.5), 0.5);
}

TEST(Transfer, ReturnsFromLight) {
  for (int function = GST_VIDEO_TRANSFER_GAMMA10; function <= GST_VIDEO_TRANSFER_BT601;
       function++) {
    if (function == GST_VIDEO_TRANSFER_LOG100 || function == GST_VIDEO_TRANSFER_LOG316) continue;
    const Transfer curve = transfer(static_cast<GstVideoTransferFunction>(function));
    for (int i = 0; i <= 100; i++) {
      const Rgb signal = {i / 100.0, (100 - i) / 100.0, 0.25};
      const Rgb back = from_light(curve, to_light(curve, signal));
      for (size_t c = 0; c < 3; c++) {
        // BT.709 and SMPTE 240M have a small step between their two parts.
        EXPECT_NEAR(back[c], signal[c], 3e-4) << function << " at " << i;
      }
    }
  }
}

TEST(Transfer, TakesWhatIsBelowBlackAsBlack) {
  for (const auto function : {GST_VIDEO_TRANSFER_BT709, GST_VIDEO_TRANSFER_GAMMA22,
                              GST_VIDEO_TRANSFER_SMPTE2084, GST_VIDEO_TRANSFER_ARIB_STD_B67}) {
    EXPECT_EQ(light_of(function, -0.1), 0);
    EXPECT_LT(from_light(transfer(function), {-1, -1, -1})[0], 1e-6);
  }
}

TEST(Transfer, RefusesWhatIsNotComposited) {
  for (const int function : {int{GST_VIDEO_TRANSFER_LOG100}, int{GST_VIDEO_TRANSFER_LOG316}, 31}) {
    const auto result = transfer_of(static_cast<GstVideoTransferFunction>(function),
                                    GST_VIDEO_COLOR_PRIMARIES_BT709);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::NotSupported);
  }
}

Rgb product(const Matrix33& m, const Rgb& v) {
  Rgb result;
  for (size_t i = 0; i < 3; i++) {
    result[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  }
  return result;
}

// ITU-R BT.2087, table 2.
TEST(Primaries, OfBt709BecomeBt2020s) {
  const Matrix33 m =
      primaries_matrix(GST_VIDEO_COLOR_PRIMARIES_BT709, GST_VIDEO_COLOR_PRIMARIES_BT2020);
  const double expected[3][3] = {
      {0.6274, 0.3293, 0.0433}, {0.0691, 0.9195, 0.0114}, {0.0164, 0.0880, 0.8956}};
  for (size_t row = 0; row < 3; row++) {
    for (size_t column = 0; column < 3; column++) {
      EXPECT_NEAR(m[row][column], expected[row][column], 1e-4);
    }
  }
}

TEST(Primaries, KeepWhite) {
  for (int from = GST_VIDEO_COLOR_PRIMARIES_BT709; from <= GST_VIDEO_COLOR_PRIMARIES_EBU3213;
       from++) {
    for (int to = GST_VIDEO_COLOR_PRIMARIES_BT709; to <= GST_VIDEO_COLOR_PRIMARIES_EBU3213; to++) {
      const auto a = static_cast<GstVideoColorPrimaries>(from);
      const auto b = static_cast<GstVideoColorPrimaries>(to);
      const Rgb white = product(primaries_matrix(a, b), {1, 1, 1});
      const Rgb back = product(primaries_matrix(b, a), product(primaries_matrix(a, b), {1, 0, 0}));
      for (size_t c = 0; c < 3; c++) {
        EXPECT_NEAR(white[c], 1, 1e-9) << from << " to " << to;
        EXPECT_NEAR(back[c], c == 0 ? 1 : 0, 1e-9) << from << " to " << to;
      }
    }
  }
}

TEST(Primaries, HaveTheLuminanceOfTheirTexts) {
  const Rgb bt709 = luminance_weights(GST_VIDEO_COLOR_PRIMARIES_BT709);
  EXPECT_NEAR(bt709[0], 0.2126, 1e-4);
  EXPECT_NEAR(bt709[2], 0.0722, 1e-4);
  const Rgb bt2020 = luminance_weights(GST_VIDEO_COLOR_PRIMARIES_BT2020);
  EXPECT_NEAR(bt2020[0], 0.2627, 1e-4);
  EXPECT_NEAR(bt2020[1], 0.6780, 1e-4);
  EXPECT_EQ(luminance_weights(static_cast<GstVideoColorPrimaries>(15)), bt709);
}

}  // namespace
}  // namespace av1hw
