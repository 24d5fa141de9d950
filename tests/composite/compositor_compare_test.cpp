// SPDX-License-Identifier: LGPL-2.1-or-later
// Holds the model to GStreamer's compositor where both define the same, and prints how far apart
// they are.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "compositor_run.h"
#include "model.h"
#include "support.h"

namespace av1hw::test {
namespace {

struct Source {
  GstVideoFormat format;
  int width, height;
  LayerSettings settings;
  unsigned low = 16, high = 235;
  bool ramp = false;  // instead of noise
};

struct Case {
  const char* name;
  GstVideoFormat canvas;
  BackgroundKind background;
  std::vector<Source> bottom_up;
  double most;     // code values between theirs and the model's rounded ones
  int margin = 0;  // of layers that are not looked at, samples
  int width = 96, height = 64;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// One colorimetry for all of a kind, so that nothing but blending and scaling is done.
GstVideoInfo info_for(GstVideoFormat format, int width, int height) {
  const bool rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(gst_video_format_get_info(format));
  return info_of(format, width, height, rgb ? "1:1:5:1" : "bt709",
                 rgb ? GST_VIDEO_CHROMA_SITE_UNKNOWN : GST_VIDEO_CHROMA_SITE_JPEG);
}

// Is this place near an edge of a layer, on either side of it?
bool near_edge(const Case& c, Position at) {
  for (const Source& source : c.bottom_up) {
    const LayerSettings& s = source.settings;
    const int width = s.width > 0 ? s.width : source.width;
    const int height = s.height > 0 ? s.height : source.height;
    for (const int x : {s.xpos, s.xpos + width}) {
      if (std::abs(at.x - x) < c.margin) return true;
    }
    for (const int y : {s.ypos, s.ypos + height}) {
      if (std::abs(at.y - y) < c.margin) return true;
    }
  }
  return false;
}

// Colours that nobody sees don't count.
bool is_seen(const ModelFrame& model, const GstVideoFrame& frame, int x, int y) {
  return model.layout().alpha_depth == 0 || model.exact(3, x, y) > 0 ||
         code_at(frame, model.layout(), 3, x, y) > 0;
}

Difference rounded_difference(const Case& c, const ModelFrame& model, const GstVideoFrame& frame) {
  Difference found;
  const SampleLayout& layout = model.layout();
  for (unsigned k = 0; k < model.components(); k++) {
    for (int y = 0; y < plane_height(layout, k); y++) {
      for (int x = 0; x < plane_width(layout, k); x++) {
        if (near_edge(c, sample_position(layout, k, x, y)) || !is_seen(model, frame, x, y))
          continue;
        const double off =
            std::abs(std::round(model.exact(k, x, y)) - code_at(frame, layout, k, x, y));
        if (off > found.most) found = {off, k, x, y};
      }
    }
  }
  return found;
}

class AgainstCompositor : public testing::TestWithParam<Case> {};

TEST_P(AgainstCompositor, IsTheSame) {
  if (!has_compositor()) GTEST_SKIP() << "compositor is not installed";
  const Case& c = GetParam();
  const CanvasSettings canvas = canvas_of(info_for(c.canvas, c.width, c.height), c.background);
  std::vector<std::unique_ptr<Picture>> owned;
  std::vector<const Picture*> pictures;
  std::vector<const GstVideoFrame*> frames;
  std::vector<LayerInput> layers;
  for (const Source& source : c.bottom_up) {
    owned.push_back(
        std::make_unique<Picture>(info_for(source.format, source.width, source.height)));
    if (source.ramp)
      owned.back()->paint_ramp(source.low, source.high);
    else
      owned.back()->paint_noise(static_cast<uint32_t>(owned.size()), source.low, source.high);
    pictures.push_back(owned.back().get());
    frames.push_back(&owned.back()->frame());
    layers.push_back(
        {.input = layers.size(), .info = &owned.back()->info(), .settings = source.settings});
  }
  const auto theirs = run_compositor(canvas, layers, pictures);
  ASSERT_TRUE(theirs);
  const ModelFrame model = model_frame(canvas, layers, frames);
  const Difference found = rounded_difference(c, model, theirs->frame());
  std::printf("%s: %.0f (component %u at %d, %d)\n", c.name, found.most, found.component, found.x,
              found.y);
  EXPECT_LE(found.most, c.most);
}

LayerSettings at(int x, int y, double alpha = 1, BlendOperator op = BlendOperator::Over) {
  return {.xpos = x, .ypos = y, .alpha = alpha, .op = op};
}

LayerSettings sized(int width, int height, ScaleFilter filter = ScaleFilter::Bilinear) {
  return {.xpos = 4, .ypos = 2, .width = width, .height = height, .filter = filter};
}

constexpr auto nv12 = GST_VIDEO_FORMAT_NV12, i420 = GST_VIDEO_FORMAT_I420,
               y444 = GST_VIDEO_FORMAT_Y444, ayuv = GST_VIDEO_FORMAT_AYUV,
               rgba = GST_VIDEO_FORMAT_RGBA, bgra = GST_VIDEO_FORMAT_BGRA,
               rgbx = GST_VIDEO_FORMAT_RGBx, ten = GST_VIDEO_FORMAT_I420_10LE;
constexpr auto source = BlendOperator::Source, added = BlendOperator::Add;
constexpr auto lanczos = ScaleFilter::Lanczos, nearest = ScaleFilter::Nearest;
using enum BackgroundKind;

// Nothing is scaled or converted. Alphas are of 255ths, as GStreamer rounds others down to those;
// what it blends it rounds down too, once a layer.
const Case blends[] = {
    {"NV12", nv12, Black, {{nv12, 40, 30, at(10, 12)}}, 0},
    {"NV12 off the canvas",
     nv12,
     White,
     {{nv12, 40, 30, at(-10, -12)}, {nv12, 40, 30, at(80, 50)}},
     0},
    {"NV12 to I420", i420, Black, {{nv12, 40, 30, at(10, 12)}}, 0},
    {"NV12 over white", nv12, White, {{nv12, 40, 30, at(10, 12, 0.4)}}, 1},
    {"NV12 over NV12", nv12, Black, {{nv12, 60, 40, at(0, 0)}, {nv12, 60, 40, at(20, 10, 0.2)}}, 1},
    {"I420 over I420", i420, White, {{i420, 60, 40, at(4, 8)}, {i420, 60, 40, at(20, 10, 0.6)}}, 1},
    {"I420 over two",
     i420,
     White,
     {{i420, 60, 40, at(4, 8, 0.8)}, {i420, 60, 40, at(20, 10, 0.6)}},
     2},
    {"I420 as source",
     i420,
     White,
     {{i420, 60, 40, at(4, 8)}, {i420, 60, 40, at(20, 10, 0.4, source)}},
     0},
    {"10 bits over 10 bits",
     ten,
     Black,
     {{ten, 60, 40, at(4, 8)}, {ten, 60, 40, at(20, 10, 0.2)}},
     2},
    {"Y444 over Y444", y444, Black, {{y444, 60, 40, at(5, 7)}, {y444, 60, 40, at(21, 11, 0.6)}}, 1},
    {"AYUV over black", ayuv, Black, {{ayuv, 60, 40, at(5, 7)}}, 1},
    {"AYUV over transparent", ayuv, Transparent, {{ayuv, 60, 40, at(5, 7)}}, 0},
    {"AYUV over two", ayuv, Black, {{ayuv, 60, 40, at(5, 7)}, {ayuv, 60, 40, at(21, 11, 0.6)}}, 2},
    {"AYUV as source",
     ayuv,
     Black,
     {{ayuv, 60, 40, at(5, 7)}, {ayuv, 60, 40, at(21, 11, 1, source)}},
     1},
    {"RGBA over white", rgba, White, {{rgba, 60, 40, at(5, 7)}}, 1},
    {"RGBA over checker", rgba, Checker, {{rgba, 60, 40, at(5, 7)}}, 1},
    {"RGBA over transparent", rgba, Transparent, {{rgba, 60, 40, at(5, 7)}}, 0},
    {"RGBA over two", rgba, White, {{rgba, 60, 40, at(5, 7)}, {rgba, 60, 40, at(21, 11, 0.6)}}, 2},
    {"RGBA over RGBA",
     rgba,
     Transparent,
     {{rgba, 60, 40, at(5, 7)}, {rgba, 60, 40, at(21, 11, 0.6)}},
     2},
    {"BGRA as source",
     bgra,
     White,
     {{bgra, 60, 40, at(5, 7)}, {bgra, 60, 40, at(21, 11, 0.4, source)}},
     1},
    {"RGBA added to transparent", rgba, Transparent, {{rgba, 60, 40, at(5, 7, 0.4, added)}}, 1},
    {"RGBx on RGBA", rgba, Black, {{rgbx, 40, 30, at(5, 7)}}, 0},
};

// Ratios at which GStreamer's kernels are as wide as ours. What was scaled along one axis is
// rounded.
const Case scales[] = {
    {"NV12 to a third", nv12, Black, {{nv12, 72, 60, sized(24, 20)}}, 2},
    {"I420 to a quarter", i420, White, {{i420, 96, 80, sized(24, 20)}}, 1},
    {"RGBx to a third", rgba, Black, {{rgbx, 72, 60, sized(24, 20)}}, 2},
    {"Y444 narrowed to a third", y444, Black, {{y444, 72, 60, sized(24, 60)}}, 2},
    {"Y444 higher by 1.5", y444, Black, {{y444, 48, 36, sized(48, 54)}}, 1},
    {"NV12 higher by 4 thirds", nv12, Black, {{nv12, 48, 36, sized(48, 48)}}, 1},
    {"Y444 twice by Lanczos", y444, Black, {{y444, 40, 30, sized(80, 60, lanczos), 96, 160}}, 2, 2},
    {"NV12 4 thirds by Lanczos",
     nv12,
     Black,
     {{nv12, 48, 36, sized(64, 48, lanczos), 96, 160}},
     2,
     2},
    {"NV12 half by Lanczos", nv12, Black, {{nv12, 80, 60, sized(40, 30, lanczos), 96, 160}}, 2, 2},
    {"Y444 nearest by 3", y444, Black, {{y444, 24, 18, sized(72, 54, nearest)}}, 0},
    {"NV12 nearest by a third", nv12, Black, {{nv12, 72, 60, sized(24, 20, nearest)}}, 0},
};

const Case conversions[] = {
    {"NV12 to Y444", y444, Black, {{nv12, 40, 30, at(10, 12)}}, 1},
    {"RGBx to Y444", y444, Black, {{rgbx, 40, 30, at(10, 12)}}, 2},
    {"Y444 ramp to NV12", nv12, Black, {{y444, 40, 30, at(10, 12), 16, 235, true}}, 1, 3},
    {"RGBx ramp to NV12", nv12, Black, {{rgbx, 40, 30, at(10, 12), 16, 235, true}}, 2, 3},
    {"NV12 ramp to RGBA", rgba, Black, {{nv12, 40, 30, at(10, 12), 100, 150, true}}, 6},
    {"AYUV opaque to NV12", nv12, Black, {{ayuv, 40, 30, at(10, 12), 16, 235, true}}, 1, 3},
};

// What they define differently, with how far apart that is: docs/compositor.md, "Against
// GStreamer's compositor".
const Case others[] = {
    {"NV12 checker", nv12, Checker, {{nv12, 8, 8, at(0, 0)}}, 7},
    {"NV12 to 10 bits", ten, Black, {{nv12, 40, 30, at(10, 12)}}, 4},
    {"Y444 to RGBA", rgba, Black, {{y444, 40, 30, at(10, 12), 96, 160}}, 7},
    {"Y444 ramp twice", y444, Black, {{y444, 40, 30, sized(80, 60), 16, 235, true}}, 4},
    {"NV12 ramp half", nv12, Black, {{nv12, 80, 60, sized(40, 30), 16, 235, true}}, 2},
    {"NV12 ramp by 0.6", nv12, Black, {{nv12, 80, 60, sized(48, 36), 16, 235, true}}, 2},
};

std::string case_name(const testing::TestParamInfo<Case>& tested) {
  std::string name = tested.param.name;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Blends, AgainstCompositor, testing::ValuesIn(blends), case_name);
INSTANTIATE_TEST_SUITE_P(Scales, AgainstCompositor, testing::ValuesIn(scales), case_name);
INSTANTIATE_TEST_SUITE_P(Conversions, AgainstCompositor, testing::ValuesIn(conversions), case_name);
INSTANTIATE_TEST_SUITE_P(Others, AgainstCompositor, testing::ValuesIn(others), case_name);

}  // namespace
}  // namespace av1hw::test
