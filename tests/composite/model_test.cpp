// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests the model by scenes whose values one can work out by hand.
#include "model.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "model_colour.h"
#include "pictures.h"
#include "support.h"

namespace av1hw::test {
namespace {

GstVideoInfo rgb_info(int width, int height) {
  return info_of(GST_VIDEO_FORMAT_RGBA, width, height, "1:1:5:1");
}

// A layer of one colour, R, G, B and A.
struct Plain {
  Plain(int width, int height, std::array<unsigned, 4> colour, const LayerSettings& settings)
      : picture(std::make_unique<Picture>(rgb_info(width, height))), layer_settings(settings) {
    picture->paint([colour](unsigned c, int, int) { return colour[c]; });
  }
  std::unique_ptr<Picture> picture;
  LayerSettings layer_settings;
};

ModelFrame composed(const CanvasSettings& canvas, const std::vector<Plain>& bottom_up) {
  std::vector<LayerInput> layers;
  std::vector<const GstVideoFrame*> frames;
  for (const Plain& each : bottom_up) {
    layers.push_back(
        {.input = layers.size(), .info = &each.picture->info(), .settings = each.layer_settings});
    frames.push_back(&each.picture->frame());
  }
  return model_frame(canvas, layers, frames);
}

std::vector<Plain> scene(Plain only) {
  std::vector<Plain> layers;
  layers.push_back(std::move(only));
  return layers;
}

std::vector<Plain> scene(Plain lower, Plain upper) {
  std::vector<Plain> layers = scene(std::move(lower));
  layers.push_back(std::move(upper));
  return layers;
}

void expect_rgba(const ModelFrame& frame, int x, int y, const std::array<double, 4>& codes) {
  for (unsigned c = 0; c < 4; c++) {
    EXPECT_NEAR(frame.exact(c, x, y), codes[c], 1e-9) << "component " << c;
  }
}

const CanvasSettings white = canvas_of(rgb_info(16, 16), BackgroundKind::White);
const CanvasSettings clear = canvas_of(rgb_info(16, 16), BackgroundKind::Transparent);
const std::array<unsigned, 4> red = {255, 0, 0, 255}, faint_green = {0, 255, 0, 51};

TEST(Model, BlendsOver) {
  const auto frame = composed(white, scene({4, 4, red, {.xpos = 2, .ypos = 3, .alpha = 0.4}}));
  expect_rgba(frame, 2, 3, {255, 153, 153, 255});
  expect_rgba(frame, 5, 6, {255, 153, 153, 255});
  expect_rgba(frame, 6, 6, {255, 255, 255, 255});
  expect_rgba(frame, 1, 3, {255, 255, 255, 255});
}

TEST(Model, DividesByAlphaAtTheEnd) {
  const auto frame = composed(clear, scene({4, 4, red, {.alpha = 0.5}}, {4, 4, faint_green, {}}));
  // 0.2 of green over 0.8 x 0.5 of red.
  expect_rgba(frame, 0, 0, {255 * 0.4 / 0.6, 255 * 0.2 / 0.6, 0, 255 * 0.6});
  expect_rgba(frame, 9, 9, {0, 0, 0, 0});
}

TEST(Model, ReplacesWithSource) {
  const LayerSettings source = {.op = BlendOperator::Source};
  const auto on_clear = composed(clear, scene({4, 4, red, {}}, {4, 4, faint_green, source}));
  expect_rgba(on_clear, 0, 0, {0, 255, 0, 51});
  // Without alpha its colour is as if it were opaque.
  const CanvasSettings y444 = canvas_of(info_of(GST_VIDEO_FORMAT_Y444, 16, 16, "bt709"));
  const auto on_opaque = composed(y444, scene({4, 4, red, {}}, {4, 4, faint_green, source}));
  EXPECT_NEAR(on_opaque.exact(0, 0, 0), 16 + 219 * 0.7152, 1e-6);
}

TEST(Model, AddsLight) {
  const LayerSettings added = {.alpha = 0.5, .op = BlendOperator::Add};
  const CanvasSettings y444 = canvas_of(info_of(GST_VIDEO_FORMAT_Y444, 16, 16, "bt709"));
  const auto frame =
      composed(y444, scene({4, 4, {51, 51, 51, 255}, {}}, {4, 4, {51, 51, 51, 255}, added}));
  EXPECT_NEAR(frame.exact(0, 0, 0), 16 + 219 * 0.3, 1e-6);
  EXPECT_NEAR(frame.exact(1, 0, 0), 128, 1e-6);
  const auto on_clear = composed(clear, scene({4, 4, red, added}));
  expect_rgba(on_clear, 0, 0, {255, 0, 0, 127.5});
}

TEST(Model, CutsCornersAndDrawsBorders) {
  LayerSettings settings = {.corner_radius = 4, .border_width = 2, .border_colour = 0xff0000ff};
  const auto frame = composed(white, scene({12, 12, red, settings}));
  // (0.5, 0.5) is 3.5 right and below of the circle's centre, (4, 4): d = 4.95 - 4.
  expect_rgba(frame, 0, 0, {255, 255, 255, 255});
  // On the side: the first two pixels are border, and no more.
  expect_rgba(frame, 0, 6, {0, 0, 255, 255});
  expect_rgba(frame, 1, 6, {0, 0, 255, 255});
  expect_rgba(frame, 2, 6, {255, 0, 0, 255});
  expect_rgba(frame, 11, 6, {0, 0, 255, 255});
  expect_rgba(frame, 12, 6, {255, 255, 255, 255});
}

TEST(Model, SoftensTurnedEdges) {
  // A square of 8 on its corner about (8, 8): its diagonal side passes 4 from the centre.
  const auto frame = composed(clear, scene({8, 8, red, {.xpos = 4, .ypos = 4, .rotation = 45}}));
  expect_rgba(frame, 8, 8, {255, 0, 0, 255});
  // (10.5, 10.5) is 5 / sqrt(2) from the centre, within by 4 - 3.536.
  expect_rgba(frame, 10, 10, {255, 0, 0, 255 * (0.5 + 4 - 2.5 * std::sqrt(2.0))});
  expect_rgba(frame, 11, 11, {0, 0, 0, 0});
}

TEST(Model, CoversOddCanvasesToTheirEdges) {
  const GstVideoInfo odd =
      info_of(GST_VIDEO_FORMAT_I420, 5, 3, "bt709", GST_VIDEO_CHROMA_SITE_JPEG);
  Picture picture(odd);
  picture.paint_noise(3);
  const GstVideoFrame* frame = &picture.frame();
  const LayerInput layer = {.info = &picture.info()};
  const auto copied = model_frame(canvas_of(odd, BackgroundKind::White), {&layer, 1}, {&frame, 1});
  EXPECT_LT(difference(copied, picture.frame()).most, 1e-9);
}

TEST(Model, BlendsLight) {
  CanvasSettings linear = canvas_of(rgb_info(16, 16), BackgroundKind::Black);
  linear.blend_gamma = BlendGamma::Linear;
  const auto frame = composed(linear, scene({4, 4, {255, 255, 255, 255}, {.alpha = 0.5}}));
  // Half the light of white, by BT.709's function.
  EXPECT_NEAR(frame.exact(0, 0, 0), 255 * (1.099 * std::pow(0.5, 0.45) - 0.099), 1e-9);
}

TEST(Model, InterpolatesBetweenSamples) {
  Picture picture(rgb_info(2, 1));
  picture.paint([](unsigned c, int x, int) { return c == 3 ? 255u : x == 0 ? 0u : 200u; });
  const GstVideoFrame* frame = &picture.frame();
  LayerInput layer = {.info = &picture.info(), .settings = {.width = 4}};
  auto row = [&](ScaleFilter filter) {
    layer.settings.filter = filter;
    const auto scaled = model_frame(clear, {&layer, 1}, {&frame, 1});
    return std::array{scaled.exact(0, 0, 0), scaled.exact(0, 1, 0), scaled.exact(0, 2, 0),
                      scaled.exact(0, 3, 0)};
  };
  EXPECT_EQ(row(ScaleFilter::Nearest), (std::array{0.0, 0.0, 200.0, 200.0}));
  EXPECT_EQ(row(ScaleFilter::Bilinear), (std::array{0.0, 50.0, 150.0, 200.0}));
  layer.settings.width = 1;
  EXPECT_EQ(row(ScaleFilter::Bilinear)[0], 100);
}

// What is transparent lends no colour.
TEST(Model, FiltersPremultiplied) {
  Picture picture(rgb_info(2, 1));
  picture.paint([](unsigned c, int x, int) {
    return x == 0 ? (c == 0 || c == 3 ? 255u : 0u) : c == 1 ? 255u : 0u;
  });
  const GstVideoFrame* frame = &picture.frame();
  const LayerInput layer = {.info = &picture.info(), .settings = {.width = 4}};
  const auto scaled = model_frame(clear, {&layer, 1}, {&frame, 1});
  expect_rgba(scaled, 1, 0, {255, 0, 0, 255 * 0.75});
}

double mapped(ToneMap kind, double peak, double light) {
  return model_tone_map(kind, peak, {light, light / 2, 0})[0];
}

TEST(ModelToneMap, MakesThePeakWhite) {
  for (const double nits : {400.0, 1000.0, 4000.0, 10000.0}) {
    const double peak = nits / 203;
    EXPECT_NEAR(mapped(ToneMap::Bt2390, peak, peak), 1, 1e-9);
    EXPECT_NEAR(mapped(ToneMap::Bt2390, peak, 2 * peak), 1, 1e-9);
    EXPECT_NEAR(mapped(ToneMap::Reinhard, peak, peak), 1, 1e-9);
    double before = 0;
    for (double light = 0.01; light < peak; light += peak / 200) {
      const double now = mapped(ToneMap::Bt2390, peak, light);
      EXPECT_GT(now, before);
      EXPECT_LE(now, light * (1 + 1e-9));
      before = now;
    }
  }
}

// BT.2390's knee for a peak of 1000 cd/m2: PQ of 203 is 0.5807, of 1000 is 0.7518, which makes
// 0.7724; the knee is at 0.6586 of the peak's signal, 0.4951, or 88 cd/m2.
TEST(ModelToneMap, LeavesWhatIsBelowTheKnee) {
  const double peak = 1000 / 203.0;
  EXPECT_EQ(mapped(ToneMap::Bt2390, peak, 87 / 203.0), 87 / 203.0);
  EXPECT_LT(mapped(ToneMap::Bt2390, peak, 91 / 203.0), 91 / 203.0 - 1e-6);
  EXPECT_EQ(mapped(ToneMap::Bt2390, 0.9, 2), 2);
  EXPECT_EQ(mapped(ToneMap::Clip, peak, 2), 1);
}

TEST(ModelToneMap, KeepsTheRatioOfComponents) {
  for (const ToneMap kind : {ToneMap::Bt2390, ToneMap::Reinhard}) {
    const Vec3 light = model_tone_map(kind, 5, {1, 3, 0.5});
    EXPECT_NEAR(light[0] / light[1], 1 / 3.0, 1e-12);
    EXPECT_NEAR(light[2] / light[1], 1 / 6.0, 1e-12);
  }
}

}  // namespace
}  // namespace av1hw::test
