// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests where layers lie and what of their pictures is there.
#include "composite/geometry.h"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>

#include "composite/planner.h"
#include "support.h"

namespace av1hw {
namespace {

using test::info_of;

struct Point {
  double x = 0, y = 0;
};

Point mapped(const Affine& map, double x, double y) {
  return {map.xx * x + map.xy * y + map.x0, map.yx * x + map.yy * y + map.y0};
}

void expect_at(Point got, double x, double y) {
  EXPECT_NEAR(got.x, x, 1e-9);
  EXPECT_NEAR(got.y, y, 1e-9);
}

void expect_extent(const std::optional<Extent>& got, double left, double top, double right,
                   double bottom) {
  ASSERT_TRUE(got);
  EXPECT_EQ(got->left, left);
  EXPECT_EQ(got->top, top);
  EXPECT_EQ(got->right, right);
  EXPECT_EQ(got->bottom, bottom);
}

const GstVideoInfo canvas = info_of(GST_VIDEO_FORMAT_NV12, 200, 100);
const GstVideoInfo picture = info_of(GST_VIDEO_FORMAT_NV12, 64, 32);

TEST(Rectangle, IsThePicturesOwnWhereNothingIsSet) {
  expect_extent(layer_rectangle({.xpos = 3, .ypos = -5}, picture, canvas), 3, -5, 67, 27);
  expect_extent(layer_rectangle({.width = 0, .height = 10}, picture, canvas), 0, 0, 64, 10);
}

TEST(Rectangle, IsOfTheCroppedAndTurnedPicture) {
  LayerSettings settings = {.crop_left = 4, .crop_top = 1, .crop_right = 10, .crop_bottom = 1};
  expect_extent(layer_rectangle(settings, picture, canvas), 0, 0, 50, 30);
  settings.orientation = GST_VIDEO_ORIENTATION_90R;
  expect_extent(layer_rectangle(settings, picture, canvas), 0, 0, 30, 50);
}

TEST(Rectangle, IsEmptyWhereCroppingLeavesNothing) {
  EXPECT_FALSE(layer_rectangle({.crop_left = 32, .crop_right = 32}, picture, canvas));
  EXPECT_FALSE(layer_rectangle({.crop_top = UINT_MAX, .crop_bottom = UINT_MAX}, picture, canvas));
}

TEST(Rectangle, CountsPixelAspectRatios) {
  GstVideoInfo wide = picture, tall = canvas;
  wide.par_n = 3;
  wide.par_d = 2;
  expect_extent(layer_rectangle({}, wide, canvas), 0, 0, 96, 32);
  // Pixels that are wide become ones that are high.
  expect_extent(layer_rectangle({.orientation = GST_VIDEO_ORIENTATION_90L}, wide, canvas), 0, 0, 21,
                64);
  tall.par_n = 1;
  tall.par_d = 2;
  expect_extent(layer_rectangle({}, picture, tall), 0, 0, 128, 32);
  wide.par_n = 0;
  expect_extent(layer_rectangle({}, wide, canvas), 0, 0, 64, 32);
}

TEST(Rectangle, KeepsTheAspectRatioInTheMiddle) {
  LayerSettings settings = {.xpos = 10, .ypos = 20, .width = 64, .height = 64};
  settings.sizing_policy = SizingPolicy::KeepAspectRatio;
  expect_extent(layer_rectangle(settings, picture, canvas), 10, 36, 74, 68);
  settings.width = 21;
  expect_extent(layer_rectangle(settings, picture, canvas), 10, 46, 31, 57);
  settings.width = 200;
  settings.height = 31;
  expect_extent(layer_rectangle(settings, picture, canvas), 79, 20, 141, 51);
  settings.width = 1;
  expect_extent(layer_rectangle(settings, picture, canvas), 10, 35, 11, 36);
}

TEST(Rectangle, IsBounded) {
  LayerSettings settings = {.xpos = INT_MIN, .ypos = INT_MAX, .width = INT_MAX, .height = INT_MAX};
  expect_extent(layer_rectangle(settings, picture, canvas), INT_MIN, INT_MAX, -1.0, 2.0 * INT_MAX);
  GstVideoInfo extreme = picture, thin = canvas;
  extreme.par_n = INT_MAX;
  thin.par_d = INT_MAX;
  expect_extent(layer_rectangle({}, extreme, thin), 0, 0, INT_MAX, 32);
  expect_extent(layer_rectangle({}, thin, extreme), 0, 0, 1, 100);
}

TEST(Map, OrientsAsGStreamerSays) {
  const Extent crop = {0, 0, 64, 32};
  struct Case {
    GstVideoOrientationMethod orientation;
    double x, y;  // in the picture, of what is shown in the upper left corner
    double right_x, right_y;
  };
  // Names say how the picture is turned: 90R shows its lower left corner in the upper left.
  const Case cases[] = {
      {GST_VIDEO_ORIENTATION_IDENTITY, 0, 0, 64, 0}, {GST_VIDEO_ORIENTATION_90R, 0, 32, 0, 0},
      {GST_VIDEO_ORIENTATION_180, 64, 32, 0, 32},    {GST_VIDEO_ORIENTATION_90L, 64, 0, 64, 32},
      {GST_VIDEO_ORIENTATION_HORIZ, 64, 0, 0, 0},    {GST_VIDEO_ORIENTATION_VERT, 0, 32, 64, 32},
      {GST_VIDEO_ORIENTATION_UL_LR, 0, 0, 0, 32},    {GST_VIDEO_ORIENTATION_UR_LL, 64, 32, 64, 0}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.orientation);
    const Affine map = picture_map({100, 50}, c.orientation, crop);
    expect_at(mapped(map, 0, 0), c.x, c.y);
    expect_at(mapped(map, 100, 0), c.right_x, c.right_y);
  }
}

TEST(Map, ShowsTheCropAlone) {
  const Affine map = picture_map({20, 10}, GST_VIDEO_ORIENTATION_HORIZ, {8, 4, 48, 24});
  expect_at(mapped(map, 0, 0), 48, 4);
  expect_at(mapped(map, 20, 10), 8, 24);
}

TEST(Map, TurnsClockwiseAboutTheCentre) {
  const Extent rectangle = {10, 20, 30, 30};  // about (20, 25)
  // What is shown right of the centre lies below it after a quarter turn.
  expect_at(mapped(shape_map(rectangle, 90), 20, 35), 20, 5);
  expect_at(mapped(shape_map(rectangle, -90), 20, 15), 20, 5);
  expect_at(mapped(shape_map(rectangle, 180), 10, 20), 20, 10);
  const double part = std::sqrt(0.5) * 10;
  expect_at(mapped(shape_map(rectangle, 45), 20 + part, 25 + part), 20, 5);
  expect_at(mapped(shape_map(rectangle, 720 + 45), 20 + part, 25 + part), 20, 5);
}

TEST(Map, IsExactForQuarterTurns) {
  for (const double degrees : {-450.0, -360.0, -270.0, 0.0, 90.0, 180.0, 270.0, 3600.0}) {
    const Affine map = shape_map({10, 20, 30, 30}, degrees);
    EXPECT_EQ(std::abs(map.xx) + std::abs(map.xy), 1) << degrees;
    EXPECT_EQ(std::abs(map.yx) + std::abs(map.yy), 1) << degrees;
  }
}

TEST(Bounds, GrowWithTheTurn) {
  const Extent turned = turned_bounds({10, 20, 30, 30}, 90);
  expect_extent(turned, 15, 15, 25, 35);
  EXPECT_TRUE(on_whole_pixels(turned));
  EXPECT_FALSE(on_whole_pixels(turned_bounds({0, 0, 5, 4}, 90)));
  const Extent diagonal = turned_bounds({0, 0, 10, 10}, 45);
  EXPECT_NEAR(diagonal.right - diagonal.left, std::sqrt(200), 1e-9);
}

TEST(Box, IsWithinTheCanvas) {
  const PixelBox box = pixels_within({-3e9, 2.25, 4.5, 1e300}, 0.5, 200, 100);
  EXPECT_EQ(box.left, 0);
  EXPECT_EQ(box.top, 1);
  EXPECT_EQ(box.right, 5);
  EXPECT_EQ(box.bottom, 100);
  EXPECT_TRUE(pixels_within({200, 0, 300, 100}, 0, 200, 100).empty());
  EXPECT_TRUE(pixels_within({-50, 0, 0, 100}, 0, 200, 100).empty());
}

SampleLayout layout_of(GstVideoFormat format, GstVideoChromaSite site) {
  return *sample_layout(info_of(format, 64, 32, nullptr, site));
}

TEST(Samples, MeetAtEvenOffsetsOfSubsampledPlanes) {
  const SampleLayout nv12 = layout_of(GST_VIDEO_FORMAT_NV12, GST_VIDEO_CHROMA_SITE_MPEG2);
  EXPECT_TRUE(chroma_meets({.x0 = -4, .y0 = 2}, nv12, nv12));
  EXPECT_FALSE(chroma_meets({.x0 = -3, .y0 = 2}, nv12, nv12));
  EXPECT_TRUE(luma_meets({.x0 = -3, .y0 = 2}));
  EXPECT_FALSE(luma_meets({.x0 = 0.5}));
  EXPECT_FALSE(luma_meets({.yy = -1, .y0 = 64}));
  EXPECT_FALSE(chroma_meets({.x0 = 4, .y0 = 1}, nv12, nv12));
  EXPECT_FALSE(chroma_meets({.x0 = 0.5}, nv12, nv12));
  EXPECT_FALSE(chroma_meets({.xx = 0.5}, nv12, nv12));
  EXPECT_FALSE(chroma_meets({.xx = -1, .x0 = 64}, nv12, nv12));
}

TEST(Samples, MeetWhereChromaIsSitedAlike) {
  const SampleLayout left = layout_of(GST_VIDEO_FORMAT_I420, GST_VIDEO_CHROMA_SITE_MPEG2);
  const SampleLayout centre = layout_of(GST_VIDEO_FORMAT_I420, GST_VIDEO_CHROMA_SITE_JPEG);
  const SampleLayout whole = layout_of(GST_VIDEO_FORMAT_Y444, GST_VIDEO_CHROMA_SITE_MPEG2);
  EXPECT_FALSE(chroma_meets({}, left, centre));
  EXPECT_FALSE(chroma_meets({}, left, whole));
  EXPECT_TRUE(chroma_meets({.x0 = 1, .y0 = 1}, whole, whole));
}

}  // namespace
}  // namespace av1hw
