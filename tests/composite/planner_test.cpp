// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests what of each layer gets into the plan of a frame, and what is left out.
#include "composite/planner.h"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>
#include <vector>

#include "support.h"

namespace av1hw {
namespace {

using test::canvas_of;
using test::info_of;

const GstVideoInfo nv12 = info_of(GST_VIDEO_FORMAT_NV12, 64, 32);
const GstVideoInfo rgba = info_of(GST_VIDEO_FORMAT_RGBA, 64, 32);
const CanvasSettings canvas = canvas_of(info_of(GST_VIDEO_FORMAT_NV12, 200, 100));

FramePlan planned(std::vector<LayerInput> layers, const CanvasSettings& onto = canvas) {
  for (size_t i = 0; i < layers.size(); i++) {
    layers[i].input = i;
  }
  auto plan = plan_frame(onto, layers);
  EXPECT_TRUE(plan) << (plan ? "" : plan.error().message);
  return plan ? *plan : FramePlan{};
}

LayerInput layer(const LayerSettings& settings, const GstVideoInfo& info = nv12) {
  return {.info = &info, .settings = settings};
}

std::vector<size_t> inputs_of(const FramePlan& plan) {
  std::vector<size_t> inputs;
  for (const LayerPlan& each : plan.layers) {
    inputs.push_back(each.input);
  }
  return inputs;
}

using Inputs = std::vector<size_t>;

TEST(Plan, HasLayersFromTheTopDown) {
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.xpos = 10}), layer({.xpos = 20})})),
            (Inputs{2, 1, 0}));
}

TEST(Plan, LeavesOutWhatShowsNothing) {
  const FramePlan plan = planned(
      {layer({.xpos = 200}), layer({.xpos = -64}), layer({.ypos = 100}), layer({.ypos = -32}),
       layer({.alpha = 0}), layer({.alpha = 0, .op = BlendOperator::Source}),
       layer({.crop_left = 64}), layer({.xpos = INT_MAX, .width = INT_MAX}),
       layer({.xpos = 199, .ypos = 99}), layer({.xpos = -63, .ypos = -31})});
  EXPECT_EQ(inputs_of(plan), (Inputs{9, 8}));
}

TEST(Plan, LeavesOutWhatOneOpaqueLayerHides) {
  // The second covers the first exactly, the third does so but for a row.
  EXPECT_EQ(inputs_of(planned({layer({}), layer({})})), (Inputs{1}));
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.ypos = 1})})), (Inputs{1, 0}));
  EXPECT_EQ(inputs_of(planned({layer({.xpos = 4, .width = 8, .height = 8, .rotation = 30}),
                               layer({}), layer({.xpos = 100})})),
            (Inputs{2, 1}));
  // What lies outside of the canvas counts for neither.
  EXPECT_EQ(inputs_of(planned({layer({.xpos = -40}), layer({.xpos = -20, .width = 44})})),
            (Inputs{1}));
}

TEST(Plan, KeepsWhatIsBeneathSomethingTransparent) {
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.alpha = 0.99})})), (Inputs{1, 0}));
  EXPECT_EQ(inputs_of(planned({layer({}), layer({}, rgba)})), (Inputs{1, 0}));
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.op = BlendOperator::Add})})), (Inputs{1, 0}));
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.corner_radius = 3})})), (Inputs{1, 0}));
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.rotation = 1})})), (Inputs{1, 0}));
}

TEST(Plan, LetsSourceHideWhateverItsAlpha) {
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.op = BlendOperator::Source}, rgba)})),
            (Inputs{1}));
  EXPECT_EQ(inputs_of(planned({layer({}), layer({.alpha = 0.5, .op = BlendOperator::Source})})),
            (Inputs{1}));
}

TEST(Plan, KnowsWhatIsOpaque) {
  auto is_opaque = [](const LayerInput& input) { return planned({input}).layers.at(0).opaque; };
  EXPECT_TRUE(is_opaque(layer({})));
  EXPECT_TRUE(is_opaque(layer({.alpha = 7, .op = BlendOperator::Source})));
  EXPECT_TRUE(is_opaque(layer({.rotation = 180})));
  EXPECT_FALSE(is_opaque(layer({.alpha = 0.5, .op = BlendOperator::Source})));
  EXPECT_FALSE(is_opaque(layer({.op = BlendOperator::Add})));
  EXPECT_FALSE(is_opaque(layer({.border_width = 1})));
  EXPECT_FALSE(is_opaque(layer({}, rgba)));
}

TEST(Plan, KnowsWhatHasSoftEdges) {
  auto is_soft = [](const LayerSettings& settings) {
    return planned({layer(settings)}).layers.at(0).soft;
  };
  EXPECT_FALSE(is_soft({.rotation = 90}));
  EXPECT_FALSE(is_soft({.rotation = -720}));
  EXPECT_TRUE(is_soft({.width = 5, .height = 4, .rotation = 90}));  // edges on half pixels
  EXPECT_TRUE(is_soft({.rotation = 1e-9}));
  EXPECT_TRUE(is_soft({.corner_radius = 0.25}));
  EXPECT_TRUE(is_soft({.border_width = 1}));
}

TEST(Plan, HasBoxesOfAllThatIsTouched) {
  const PixelBox plain = planned({layer({.xpos = -3, .ypos = 90})}).layers.at(0).box;
  EXPECT_EQ(plain.left, 0);
  EXPECT_EQ(plain.top, 90);
  EXPECT_EQ(plain.right, 61);
  EXPECT_EQ(plain.bottom, 100);
  // 64 x 32 about (42, 46): 16 to each side, 32 up and down, and half a pixel of softness.
  const PixelBox turned =
      planned({layer({.xpos = 10, .ypos = 30, .rotation = 90, .corner_radius = 2})})
          .layers.at(0)
          .box;
  EXPECT_EQ(turned.left, 25);
  EXPECT_EQ(turned.top, 13);
  EXPECT_EQ(turned.right, 59);
  EXPECT_EQ(turned.bottom, 79);
}

TEST(Plan, TakesSamplesAsTheyAreWhereTheyMeet) {
  auto one_to_one = [](const LayerInput& input, const CanvasSettings& onto = canvas) {
    return planned({input}, onto).layers.at(0).one_to_one;
  };
  EXPECT_TRUE(one_to_one(layer({.xpos = 2, .ypos = 4, .alpha = 0.5, .corner_radius = 4})));
  EXPECT_TRUE(one_to_one(layer({.width = 32, .crop_left = 12, .crop_right = 20})));
  EXPECT_FALSE(one_to_one(layer({.xpos = 1})));
  EXPECT_FALSE(one_to_one(layer({.crop_top = 1})));
  EXPECT_FALSE(one_to_one(layer({.width = 63})));
  EXPECT_FALSE(one_to_one(layer({.orientation = GST_VIDEO_ORIENTATION_HORIZ})));
  // Turned twice is not turned.
  EXPECT_TRUE(one_to_one(layer({.orientation = GST_VIDEO_ORIENTATION_180, .rotation = 180})));
  const GstVideoInfo full = info_of(GST_VIDEO_FORMAT_NV12, 64, 32, "1:4:16:4");
  EXPECT_FALSE(one_to_one(layer({}, full)));
  CanvasSettings linear = canvas;
  linear.blend_gamma = BlendGamma::Linear;
  EXPECT_FALSE(one_to_one(layer({}), linear));
  EXPECT_TRUE(one_to_one(layer({.xpos = 1, .ypos = 1}, rgba),
                         canvas_of(info_of(GST_VIDEO_FORMAT_BGRA, 200, 100))));
}

TEST(Plan, HasTheBackground) {
  CanvasSettings settings = canvas_of(info_of(GST_VIDEO_FORMAT_RGBA, 200, 100));
  auto colours = [&settings](BackgroundKind kind) {
    settings.background = kind;
    return planned({}, settings).background_colours;
  };
  settings.background_colour = 0x40ff8000;
  EXPECT_EQ(colours(BackgroundKind::Black)[0], (std::array<double, 4>{0, 0, 0, 1}));
  EXPECT_EQ(colours(BackgroundKind::White)[0], (std::array<double, 4>{1, 1, 1, 1}));
  EXPECT_EQ(colours(BackgroundKind::Transparent)[0], (std::array<double, 4>{0, 0, 0, 0}));
  EXPECT_EQ(colours(BackgroundKind::Colour)[0],
            (std::array<double, 4>{1, 128 / 255.0, 0, 64 / 255.0}));
  EXPECT_EQ(colours(BackgroundKind::Checker)[0][1], 80 / 255.0);
  EXPECT_EQ(colours(BackgroundKind::Checker)[1][1], 160 / 255.0);
  EXPECT_EQ(planned({}, settings).background, Background::Checker);
  settings.info = canvas.info;
  EXPECT_NEAR(colours(BackgroundKind::Transparent)[0][0] * 255, 16, 1e-9);
  EXPECT_EQ(colours(BackgroundKind::Transparent)[0][3], 1);
  EXPECT_EQ(colours(BackgroundKind::Colour)[0][3], 1);
}

TEST(Plan, BoundsWhatPropertiesSay) {
  for (const int position : {INT_MIN, INT_MIN / 2, -1, 0, INT_MAX}) {
    for (const int size : {INT_MIN, -1, 0, 1, INT_MAX}) {
      for (const double rotation : {0.0, 90.0, 33.0, -1e300}) {
        const FramePlan plan = planned({layer({.xpos = position,
                                               .ypos = position,
                                               .width = size,
                                               .height = size,
                                               .crop_left = 3,
                                               .crop_bottom = 31,
                                               .rotation = rotation,
                                               .corner_radius = 1e300,
                                               .border_width = 1e300})});
        for (const LayerPlan& each : plan.layers) {
          EXPECT_FALSE(each.box.empty());
          EXPECT_GE(each.box.left, 0);
          EXPECT_LE(each.box.right, 200);
          EXPECT_TRUE(std::isfinite(each.to_source.x0) && std::isfinite(each.to_source.yy));
          EXPECT_LE(each.corner_radius, std::min(each.width, each.height) / 2);
          EXPECT_LE(each.border_width, std::min(each.width, each.height));
        }
      }
    }
  }
}

ErrorCode failure(const LayerInput& input, const CanvasSettings& onto = canvas) {
  const auto plan = plan_frame(onto, std::span(&input, 1));
  EXPECT_FALSE(plan);
  return plan ? ErrorCode::Failed : plan.error().code;
}

TEST(Plan, RefusesWhatIsNoGeometry) {
  EXPECT_EQ(failure(layer({.rotation = NAN})), ErrorCode::InvalidSettings);
  EXPECT_EQ(failure(layer({.alpha = INFINITY})), ErrorCode::InvalidSettings);
  EXPECT_EQ(failure(layer({.corner_radius = NAN})), ErrorCode::InvalidSettings);
  EXPECT_EQ(failure(layer({.border_width = -INFINITY})), ErrorCode::InvalidSettings);
  EXPECT_EQ(failure(layer({.orientation = GST_VIDEO_ORIENTATION_AUTO})),
            ErrorCode::InvalidSettings);
  EXPECT_EQ(failure(layer({.orientation = static_cast<GstVideoOrientationMethod>(15)})),
            ErrorCode::InvalidSettings);
}

TEST(Plan, RefusesFormatsThatAreNotComposited) {
  const GstVideoInfo gray = info_of(GST_VIDEO_FORMAT_GRAY8, 64, 32);
  EXPECT_EQ(failure(layer({}, gray)), ErrorCode::NotSupported);
  EXPECT_EQ(failure(layer({}), canvas_of(info_of(GST_VIDEO_FORMAT_YUY2, 64, 32))),
            ErrorCode::NotSupported);
  const GstVideoInfo logarithmic = info_of(GST_VIDEO_FORMAT_NV12, 64, 32, "2:3:9:1");
  EXPECT_EQ(failure(layer({}, logarithmic)), ErrorCode::NotSupported);
  GstVideoInfo nothing;
  gst_video_info_init(&nothing);
  EXPECT_EQ(failure(layer({}, nothing)), ErrorCode::NotSupported);
}

}  // namespace
}  // namespace av1hw
