// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests what components mean, by code values that standards and test patterns have.
#include "composite/colour_transform.h"

#include <gtest/gtest.h>

#include <cmath>

#include "composite/transfer.h"
#include "support.h"

namespace av1hw {
namespace {

using test::info_of;
using Kind = ColourTransform::Kind;
using Components = std::array<double, 3>;

ColourSpace space_of(const GstVideoInfo& info) { return *colour_space(info, *sample_layout(info)); }

ColourSpace space_of(GstVideoFormat format, const char* colorimetry) {
  return space_of(info_of(format, 64, 32, colorimetry));
}

Components apply_to(const Matrix34& m, const Components& v) {
  Components result;
  for (size_t i = 0; i < 3; i++) {
    result[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2] + m[i][3];
  }
  return result;
}

void expect_codes(const ColourSpace& space, const Components& rgb, const Components& codes) {
  const double most = (1 << space.depth) - 1;
  const Components encoded = apply_to(space.encode, rgb);
  const Components decoded = apply_to(space.decode, encoded);
  for (size_t i = 0; i < 3; i++) {
    EXPECT_EQ(std::round(encoded[i] * most), codes[i]) << "component " << i;
    EXPECT_NEAR(decoded[i], rgb[i], 1e-12) << "component " << i;
  }
}

// The 100 % colour bars.
TEST(ColourSpace, HasTheCodesOfColourBars) {
  const ColourSpace bt601 = space_of(GST_VIDEO_FORMAT_NV12, "bt601");
  expect_codes(bt601, {1, 1, 1}, {235, 128, 128});
  expect_codes(bt601, {1, 0, 0}, {81, 90, 240});
  expect_codes(bt601, {0, 1, 0}, {145, 54, 34});
  expect_codes(bt601, {0, 0, 1}, {41, 240, 110});
  expect_codes(bt601, {0, 0, 0}, {16, 128, 128});
  const ColourSpace bt709 = space_of(GST_VIDEO_FORMAT_I420, "bt709");
  expect_codes(bt709, {1, 0, 0}, {63, 102, 240});
  expect_codes(bt709, {0, 1, 0}, {173, 42, 26});
  expect_codes(bt709, {0, 0, 1}, {32, 240, 118});
  const ColourSpace bt2020 = space_of(GST_VIDEO_FORMAT_P010_10LE, "bt2020-10");
  expect_codes(bt2020, {1, 1, 1}, {940, 512, 512});
  expect_codes(bt2020, {1, 0, 0}, {294, 387, 960});
}

TEST(ColourSpace, HasFullAndLimitedRange) {
  // range:matrix:transfer:primaries
  const ColourSpace full = space_of(GST_VIDEO_FORMAT_Y444, "1:4:16:4");
  expect_codes(full, {1, 1, 1}, {255, 128, 128});
  expect_codes(full, {0, 0, 0}, {0, 128, 128});
  expect_codes(space_of(GST_VIDEO_FORMAT_RGBA, "sRGB"), {1, 0.5, 0}, {255, 128, 0});
  expect_codes(space_of(GST_VIDEO_FORMAT_RGBA, "2:1:7:1"), {1, 0.5, 0}, {235, 126, 16});
}

bool is_taken_as(const GstVideoInfo& info, const GstVideoColorimetry& expected) {
  const ColourSpace space = space_of(info);
  return gst_video_colorimetry_is_equal(&space.colorimetry, &expected);
}

TEST(ColourSpace, TakesTheUnknownAsGstVideoInfoDoes) {
  GstVideoInfo sd = info_of(GST_VIDEO_FORMAT_NV12, 720, 576);
  GstVideoInfo hd = info_of(GST_VIDEO_FORMAT_NV12, 1920, 1080);
  GstVideoInfo rgb = info_of(GST_VIDEO_FORMAT_RGBA, 1920, 1080);
  for (GstVideoInfo* info : {&sd, &hd, &rgb}) {
    const GstVideoColorimetry expected = info->colorimetry;
    info->colorimetry = {};
    EXPECT_TRUE(is_taken_as(*info, expected));
    // What the format can't have, and what no enum has.
    info->colorimetry.matrix =
        info == &rgb ? GST_VIDEO_COLOR_MATRIX_BT709 : GST_VIDEO_COLOR_MATRIX_RGB;
    info->colorimetry.range = static_cast<GstVideoColorRange>(3);
    info->colorimetry.primaries = static_cast<GstVideoColorPrimaries>(15);
    EXPECT_TRUE(is_taken_as(*info, expected));
  }
}

ColourTransform transform(const ColourSpace& layer, const ColourSpace& canvas,
                          BlendGamma gamma = BlendGamma::AsCoded, HdrLuminance luminance = {}) {
  return colour_transform(layer, canvas, gamma, ToneMap::Bt2390, luminance);
}

TEST(ColourTransform, IsAsLittleAsServes) {
  const ColourSpace bt709 = space_of(GST_VIDEO_FORMAT_NV12, "bt709");
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_Y444, "bt709"), bt709).kind, Kind::Same);
  // BT.709's transfer function by another name.
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_NV12, "2:3:16:1"), bt709).kind, Kind::Same);
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_P010_10LE, "bt709"), bt709).kind, Kind::Affine);
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_NV12, "1:3:5:1"), bt709).kind, Kind::Affine);
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_RGBA, "1:1:5:1"), bt709).kind, Kind::Affine);
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_RGBA, "sRGB"), bt709).kind, Kind::Light);
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_NV12, "2:3:5:7"), bt709).kind, Kind::Light);
  EXPECT_EQ(transform(bt709, bt709, BlendGamma::Linear).kind, Kind::Light);
  // The same primaries by two names.
  EXPECT_EQ(transform(space_of(GST_VIDEO_FORMAT_NV12, "2:4:16:5"),
                      space_of(GST_VIDEO_FORMAT_NV12, "2:4:16:4"))
                .kind,
            Kind::Same);
}

TEST(ColourTransform, GoesStraightToTheCanvasWhereAMatrixServes) {
  const auto eight = space_of(GST_VIDEO_FORMAT_NV12, "bt709");
  const auto ten = space_of(GST_VIDEO_FORMAT_P010_10LE, "bt709");
  const Components codes = apply_to(transform(eight, ten).decode, {63 / 255.0, 102 / 255.0, 1});
  EXPECT_NEAR(codes[0] * 1023, 252, 1e-9);
  EXPECT_NEAR(codes[1] * 1023, 408, 1e-9);
  EXPECT_NEAR(codes[2] * 1023, 1020, 1e-9);
  const auto rgb = space_of(GST_VIDEO_FORMAT_RGBA, "1:1:5:1");
  const Components red =
      apply_to(transform(eight, rgb).decode, apply_to(eight.encode, Components{1, 0, 0.25}));
  EXPECT_NEAR(red[0], 1, 1e-12);
  EXPECT_NEAR(red[1], 0, 1e-12);
  EXPECT_NEAR(red[2], 0.25, 1e-12);
}

TEST(ColourTransform, MapsTonesFromHdrToSdrAlone) {
  const auto pq = space_of(GST_VIDEO_FORMAT_P010_10LE, "bt2100-pq");
  const auto hlg = space_of(GST_VIDEO_FORMAT_P010_10LE, "bt2100-hlg");
  const auto sdr = space_of(GST_VIDEO_FORMAT_NV12, "bt709");
  EXPECT_TRUE(transform(pq, sdr).tone_mapped);
  EXPECT_TRUE(transform(hlg, sdr).tone_mapped);
  EXPECT_FALSE(transform(pq, hlg).tone_mapped);
  EXPECT_FALSE(transform(sdr, pq).tone_mapped);
  EXPECT_EQ(transform(pq, pq).kind, Kind::Same);
}

TEST(ColourTransform, KnowsThePeakByTheBestSource) {
  const auto pq = space_of(GST_VIDEO_FORMAT_P010_10LE, "bt2100-pq");
  const auto sdr = space_of(GST_VIDEO_FORMAT_NV12, "bt709");
  auto peak = [&](HdrLuminance luminance) {
    return transform(pq, sdr, BlendGamma::AsCoded, luminance).peak * reference_white;
  };
  EXPECT_NEAR(peak({}), 1000, 1e-9);
  EXPECT_NEAR(peak({.max_display_luminance = 4000}), 4000, 1e-9);
  EXPECT_NEAR(peak({.max_content_light_level = 800, .max_display_luminance = 4000}), 800, 1e-9);
  EXPECT_NEAR(peak({.max_content_light_level = 4000000000u}), 10000, 1e-9);
  EXPECT_NEAR(peak({.max_display_luminance = NAN}), 1000, 1e-9);
  EXPECT_NEAR(peak({.max_display_luminance = -INFINITY}), 1000, 1e-9);
}

TEST(CanvasColour, IsTheCanvassComponents) {
  const auto bt601 = space_of(GST_VIDEO_FORMAT_NV12, "bt601");
  const auto red = canvas_colour(0x80ff0000, bt601, BlendGamma::AsCoded);
  EXPECT_EQ(std::round(red[0] * 255), 81);
  EXPECT_EQ(std::round(red[2] * 255), 240);
  EXPECT_NEAR(red[3], 128 / 255.0, 1e-12);
  const auto light = canvas_colour(0xff808080, bt601, BlendGamma::Linear);
  EXPECT_NEAR(light[0], std::pow((128 / 255.0 + 0.099) / 1.099, 1 / 0.45), 1e-12);
}

TEST(CanvasColour, HasReferenceWhiteOnHdrCanvases) {
  const auto pq = space_of(GST_VIDEO_FORMAT_P010_10LE, "bt2100-pq");
  EXPECT_NEAR(canvas_colour(0xffffffff, pq, BlendGamma::Linear)[0], 1, 1e-9);
  // 58 % of PQ.
  EXPECT_NEAR(canvas_colour(0xffffffff, pq, BlendGamma::AsCoded)[0] * 1023, 64 + 876 * 0.5806, 0.1);
}

}  // namespace
}  // namespace av1hw
