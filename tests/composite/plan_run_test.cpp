// SPDX-License-Identifier: LGPL-2.1-or-later
// The plan, done as it says, gives what the model gives: for settings of all kinds, by chance.
#include "plan_run.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <sstream>
#include <vector>

#include "model.h"
#include "pictures.h"
#include "support.h"

namespace av1hw::test {
namespace {

class Chance {
 public:
  explicit Chance(unsigned seed) : state_(seed) {}
  uint32_t bits() { return static_cast<uint32_t>(state_()); }
  int between(int low, int high) {
    return low + static_cast<int>(state_() % static_cast<unsigned>(high - low + 1));
  }
  double real(double low, double high) { return low + (high - low) * (state_() / 4294967296.0); }
  bool one_in(int n) { return between(1, n) == 1; }
  template <typename T, size_t N>
  T of(const std::array<T, N>& values) {
    return values[static_cast<size_t>(between(0, N - 1))];
  }

 private:
  std::mt19937 state_;
};

// range:matrix:transfer:primaries
const char* colorimetry(Chance& chance, bool rgb, bool hdr) {
  static constexpr std::array yuv = {"bt601",   "bt709",     "1:4:16:4", "2:3:7:1",
                                     "2:5:6:5", "bt2020-10", "2:3:4:8"};
  static constexpr std::array rgbs = {"sRGB", "1:1:5:1", "2:1:7:7", "1:1:12:11", "1:1:1:10"};
  static constexpr std::array hdrs = {"bt2100-pq", "bt2100-hlg", "1:6:14:12"};
  static constexpr std::array hdr_rgbs = {"1:1:14:7", "2:1:15:7"};
  if (hdr) return rgb ? chance.of(hdr_rgbs) : chance.of(hdrs);
  return rgb ? chance.of(rgbs) : chance.of(yuv);
}

GstVideoInfo any_info(Chance& chance, GstVideoFormat format, int width, int height, bool hdr) {
  static constexpr std::array sites = {GST_VIDEO_CHROMA_SITE_UNKNOWN, GST_VIDEO_CHROMA_SITE_MPEG2,
                                       GST_VIDEO_CHROMA_SITE_JPEG, GST_VIDEO_CHROMA_SITE_COSITED};
  const bool rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(gst_video_format_get_info(format));
  GstVideoInfo info = info_of(format, width, height, colorimetry(chance, rgb, hdr),
                              rgb ? GST_VIDEO_CHROMA_SITE_UNKNOWN : chance.of(sites));
  if (chance.one_in(4)) info.colorimetry = {};
  if (chance.one_in(4)) info.par_n = 4, info.par_d = 3;
  return info;
}

LayerSettings any_settings(Chance& chance, int width, int height) {
  LayerSettings s = {.xpos = chance.between(-30, 60), .ypos = chance.between(-20, 40)};
  if (chance.one_in(2)) s.width = chance.between(1, 70), s.height = chance.between(1, 50);
  if (chance.one_in(4)) s.xpos &= ~1, s.ypos &= ~1, s.width = s.height = -1;
  if (chance.one_in(3)) s.sizing_policy = SizingPolicy::KeepAspectRatio;
  if (chance.one_in(3)) {
    s.crop_left = static_cast<unsigned>(chance.between(0, width / 2));
    s.crop_right = static_cast<unsigned>(chance.between(0, width / 2));
    s.crop_top = static_cast<unsigned>(chance.between(0, height / 2));
    s.crop_bottom = static_cast<unsigned>(chance.between(0, height));
  }
  if (chance.one_in(2))
    s.orientation = static_cast<GstVideoOrientationMethod>(chance.between(0, 7));
  if (chance.one_in(3))
    s.rotation = chance.one_in(2) ? 90 * chance.between(-4, 4) : chance.real(-400, 400);
  if (chance.one_in(2)) s.alpha = chance.real(-0.1, 1.2);
  s.op = static_cast<BlendOperator>(chance.one_in(2) ? 0 : chance.between(0, 2));
  s.filter = static_cast<ScaleFilter>(chance.between(0, 2));
  if (chance.one_in(4)) s.corner_radius = chance.real(0, 30);
  if (chance.one_in(4)) s.border_width = chance.real(0, 6);
  s.border_colour = chance.bits();
  s.tone_map = static_cast<ToneMap>(chance.between(0, 2));
  return s;
}

std::string described(const LayerInput& input) {
  const LayerSettings& s = input.settings;
  std::ostringstream text;
  text << input.input << ": " << input.info->finfo->name << " " << input.info->width << "x"
       << input.info->height << " at " << s.xpos << "," << s.ypos << " " << s.width << "x"
       << s.height << " fit " << int(s.sizing_policy) << " crop " << s.crop_left << " "
       << s.crop_top << " " << s.crop_right << " " << s.crop_bottom << " orientation "
       << s.orientation << " rotation " << s.rotation << " alpha " << s.alpha << " operator "
       << int(s.op) << " filter " << int(s.filter) << " radius " << s.corner_radius << " border "
       << s.border_width << "\n";
  return text.str();
}

struct Scene {
  CanvasSettings canvas;
  std::vector<std::unique_ptr<Picture>> pictures;
  std::vector<const GstVideoFrame*> frames;
  std::vector<LayerInput> layers;
};

Scene any_scene(unsigned seed) {
  Chance chance(seed);
  Scene scene;
  const bool hdr = chance.one_in(3);
  scene.canvas.info = any_info(chance, chance.of(composite_output_formats), chance.between(40, 65),
                               chance.between(30, 49), hdr && chance.one_in(2));
  scene.canvas.background = static_cast<BackgroundKind>(chance.between(0, 4));
  scene.canvas.background_colour = chance.bits();
  if (chance.one_in(3)) scene.canvas.blend_gamma = BlendGamma::Linear;
  const int count = chance.between(1, 4);
  for (int i = 0; i < count; i++) {
    const int width = chance.between(2, 60), height = chance.between(2, 40);
    // Often as the canvas is, so that what is copied is met too.
    GstVideoInfo info = chance.one_in(3)
                            ? info_of(GST_VIDEO_INFO_FORMAT(&scene.canvas.info), width, height)
                            : any_info(chance, chance.of(composite_input_formats), width, height,
                                       hdr && chance.one_in(2));
    if (info.finfo == scene.canvas.info.finfo) {
      info.colorimetry = scene.canvas.info.colorimetry;
      info.chroma_site = scene.canvas.info.chroma_site;
    }
    scene.pictures.push_back(std::make_unique<Picture>(info));
    scene.pictures.back()->paint_noise(seed * 8 + static_cast<unsigned>(i), 0, 255);
    if (chance.one_in(3)) scene.pictures.back()->paint_ramp();
    scene.frames.push_back(&scene.pictures.back()->frame());
    scene.layers.push_back({.input = static_cast<size_t>(i),
                            .info = &scene.pictures.back()->info(),
                            .luminance = {.max_content_light_level = chance.one_in(2) ? 0u : 2000u},
                            .settings = any_settings(chance, width, height)});
  }
  return scene;
}

// The plan comes by other formulas to the same numbers: they may differ by rounding, which steep
// transfer functions make larger.
constexpr double tolerance = 2e-3;

// What is all but transparent has any colour: it is divided by next to nothing.
bool is_unseen(const ModelFrame& model, int x, int y) {
  return model.layout().alpha_depth > 0 && model.exact(3, x, y) < 1e-6;
}

void expect_same(const Scene& scene, const ModelFrame& planned, const ModelFrame& model) {
  std::string layers;
  for (const LayerInput& layer : scene.layers) {
    layers += described(layer);
  }
  for (unsigned c = 0; c < model.components(); c++) {
    for (int y = 0; y < plane_height(model.layout(), c); y++) {
      for (int x = 0; x < plane_width(model.layout(), c); x++) {
        if (is_unseen(model, x, y) && c < 3) continue;
        ASSERT_NEAR(planned.exact(c, x, y), model.exact(c, x, y), tolerance)
            << "component " << c << " at " << x << ", " << y << " of "
            << scene.canvas.info.finfo->name << "\n"
            << layers;
      }
    }
  }
}

TEST(PlanRun, GivesWhatTheModelGives) {
  size_t copied = 0, hidden = 0, converted = 0;
  for (unsigned seed = 1; seed <= 200; seed++) {
    SCOPED_TRACE(seed);
    const Scene scene = any_scene(seed);
    const auto plan = plan_frame(scene.canvas, scene.layers);
    ASSERT_TRUE(plan) << plan.error().message;
    hidden += scene.layers.size() - plan->layers.size();
    for (const LayerPlan& layer : plan->layers) {
      copied += layer.one_to_one;
      converted += layer.colour.kind == ColourTransform::Kind::Light;
    }
    expect_same(scene, run_plan(*plan, scene.frames),
                model_frame(scene.canvas, scene.layers, scene.frames));
    if (testing::Test::HasFatalFailure()) return;
  }
  // Chance met all of it.
  EXPECT_GT(copied, 10u);
  EXPECT_GT(hidden, 10u);
  EXPECT_GT(converted, 100u);
}

}  // namespace
}  // namespace av1hw::test
