// SPDX-License-Identifier: LGPL-2.1-or-later
// What is not copied is within a code value of the model: placement, filters, operators, shapes and
// colour.
#include <gtest/gtest.h>

#include <format>

#include "compose_fixture.h"

namespace av1hw::test {
namespace {

// Off-screen, overlapping, of odd sizes, of fractional scale, see-through, and one of a single
// sample.
class EveryInput : public ComposeTest,
                   public testing::WithParamInterface<std::tuple<GstVideoFormat, GstVideoFormat>> {
};

TEST_P(EveryInput, IsPlacedAnywhere) {
  const auto& [from, to] = GetParam();
  Picture large(info_of(from, 40, 24)), odd(info_of(from, 13, 9)), dot(info_of(from, 1, 1));
  large.paint_noise(1, 30, 220);
  odd.paint_noise(2, 30, 220);
  dot.paint_noise(3, 30, 220);
  Scene scene(info_of(to, 67, 45), BackgroundKind::Checker);
  scene.add(large, -7, -5, 61, 37);
  scene.add(odd, 11, 7).alpha = 0.6;
  scene.add(dot, 33, 20);
  scene.add(dot, 36, 22, 5, 3);
  LayerSettings& small = scene.add(large, 40, 30, 17, 11);
  small.filter = ScaleFilter::Lanczos;
  small.alpha = 0.8;
  scene.add(odd, 60, -4, 20, 20).filter = ScaleFilter::Nearest;
  const std::string name =
      std::format("{}_{}", gst_video_format_to_string(from), gst_video_format_to_string(to));
  expect_model(scene, "placed-" + name);
  expect_model(scene, "placed-images-" + name, 0.75, Memory::Images, Memory::Images);
}

std::string formats_name(const testing::TestParamInfo<EveryInput::ParamType>& formats) {
  return std::format("{}_{}", gst_video_format_to_string(std::get<0>(formats.param)),
                     gst_video_format_to_string(std::get<1>(formats.param)));
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryInput,
                         testing::Combine(testing::ValuesIn(composite_input_formats),
                                          testing::ValuesIn(composite_output_formats)),
                         formats_name);

using Composed = ComposeTest;

// What the other tests rely on.
TEST_F(Composed, IsNotTakenForAnotherFrame) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 32, 24)),
      result(info_of(GST_VIDEO_FORMAT_NV12, 32, 24));
  picture.paint_noise(14);
  Scene scene(result.info());
  scene.add(picture, 0, 0, 31, 24);
  ASSERT_TRUE(compose(scene, result));
  scene.layers[0].settings.alpha = 0.98;
  const std::array frames = {&picture.frame()};
  EXPECT_GT(difference(model_frame(scene.canvas, scene.layers, frames), result.frame()).most, 2);
}

TEST_F(Composed, FiltersAtAnyScale) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 90, 70));
  picture.paint_noise(4);
  for (const ScaleFilter filter :
       {ScaleFilter::Nearest, ScaleFilter::Bilinear, ScaleFilter::Lanczos}) {
    for (const auto& [width, height] :
         {std::pair{90, 70}, {91, 71}, {180, 140}, {45, 35}, {30, 70}, {7, 5}, {1, 1}, {97, 13}}) {
      Scene scene(info_of(GST_VIDEO_FORMAT_NV12, 100, 80));
      LayerSettings& layer = scene.add(picture, 2, 3, width, height);
      layer.filter = filter;
      layer.crop_left = 3;
      layer.crop_bottom = 1;
      expect_model(scene, std::format("filter{}-{}x{}", static_cast<int>(filter), width, height));
    }
  }
}

// More than a tile, at edges that are none of its own, beside and below others.
class EveryRatio
    : public ComposeTest,
      public testing::WithParamInterface<std::tuple<GstVideoFormat, GstVideoFormat, Memory>> {};

TEST_P(EveryRatio, IsFiltered) {
  const auto& [from, to, memory] = GetParam();
  for (const double ratio :
       {0.3, 0.9, 1.0, 1.1, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.3, 6.0, 8.0, 10.0, 13.1, 16.0}) {
    const int width = 133, height = 13;
    Picture picture(
        info_of(from, static_cast<int>(width * ratio), static_cast<int>(height * ratio)));
    picture.paint_noise(15, 30, 220);
    for (const ScaleFilter filter : {ScaleFilter::Bilinear, ScaleFilter::Lanczos}) {
      Scene scene(info_of(to, 150, 21), BackgroundKind::Checker);
      scene.add(picture, 5, 3, width, height).filter = filter;
      LayerSettings& above = scene.add(picture, 120, 8, 25, 11);
      above.filter = filter;
      above.alpha = 0.7;
      above.orientation = GST_VIDEO_ORIENTATION_180;
      expect_model(scene,
                   std::format("ratio-{}-{}-{}-{}-{}", gst_video_format_to_string(from),
                               gst_video_format_to_string(to), memory_name(memory),
                               static_cast<int>(filter), ratio),
                   0.75, memory, memory);
    }
  }
}

std::string ratio_name(const testing::TestParamInfo<EveryRatio::ParamType>& info) {
  const auto& [from, to, memory] = info.param;
  return std::format("{}_{}_{}", gst_video_format_to_string(from), gst_video_format_to_string(to),
                     memory_name(memory));
}

INSTANTIATE_TEST_SUITE_P(
    Formats, EveryRatio,
    testing::Values(std::tuple{GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_NV12, Memory::Linear},
                    std::tuple{GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_NV12, Memory::Images},
                    std::tuple{GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420_10LE,
                               Memory::Linear},
                    std::tuple{GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_BGRA, Memory::Linear},
                    std::tuple{GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_I420, Memory::Linear},
                    std::tuple{GST_VIDEO_FORMAT_RGB10A2_LE, GST_VIDEO_FORMAT_RGBA, Memory::Images}),
    ratio_name);

TEST_F(Composed, ShrinksFarBeyondTheMostTaps) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 1000, 400));
  picture.paint_noise(5);
  for (const ScaleFilter filter : {ScaleFilter::Bilinear, ScaleFilter::Lanczos}) {
    Scene scene(info_of(GST_VIDEO_FORMAT_NV12, 16, 8));
    scene.add(picture, 1, 1, 7, 3).filter = filter;
    expect_model(scene, std::format("shrunk{}", static_cast<int>(filter)));
  }
}

TEST_F(Composed, BlendsWithEachOperator) {
  Picture lower(info_of(GST_VIDEO_FORMAT_NV12, 32, 24)),
      plain(info_of(GST_VIDEO_FORMAT_NV12, 20, 16)),
      see_through(info_of(GST_VIDEO_FORMAT_BGRA, 20, 16));
  lower.paint_noise(6, 16, 120);
  plain.paint_noise(7, 16, 120);
  see_through.paint_noise(8, 0, 255);
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_RGBA}) {
    for (const BlendOperator op :
         {BlendOperator::Over, BlendOperator::Source, BlendOperator::Add}) {
      for (const BackgroundKind background : {BackgroundKind::Transparent, BackgroundKind::White}) {
        Scene scene(info_of(format, 48, 36), background);
        scene.add(lower, 3, 2).alpha = 0.9;
        LayerSettings& over = scene.add(plain, 10, 8);
        over.op = op;
        over.alpha = 0.7;
        scene.add(see_through, 17, 13).op = op;
        expect_model(scene,
                     std::format("operator{}-{}-{}", static_cast<int>(op),
                                 gst_video_format_to_string(format), static_cast<int>(background)));
      }
    }
  }
}

TEST_F(Composed, TurnsAndFlips) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 31, 17));
  picture.paint_noise(9);
  for (int orientation = GST_VIDEO_ORIENTATION_IDENTITY; orientation <= GST_VIDEO_ORIENTATION_UR_LL;
       orientation++) {
    for (const double rotation : {0.0, 90.0, 37.5, -180.0, 270.0}) {
      Scene scene(info_of(GST_VIDEO_FORMAT_NV12, 50, 48));
      LayerSettings& layer = scene.add(picture, 8, 9);
      layer.orientation = static_cast<GstVideoOrientationMethod>(orientation);
      layer.rotation = rotation;
      expect_model(scene, std::format("turned{}-{}", orientation, rotation));
    }
  }
}

TEST_F(Composed, HasRoundedCornersAndBorders) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 40, 30)),
      glass(info_of(GST_VIDEO_FORMAT_RGBA, 20, 20));
  picture.paint_noise(10);
  glass.paint_noise(11, 0, 255);
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_RGBA}) {
    for (const BlendGamma gamma : {BlendGamma::AsCoded, BlendGamma::Linear}) {
      Scene scene(info_of(format, 61, 47), BackgroundKind::Checker);
      scene.canvas.blend_gamma = gamma;
      LayerSettings& round = scene.add(picture, 3, 4);
      round.corner_radius = 9.5;
      LayerSettings& framed = scene.add(glass, 30, 20);
      framed.corner_radius = 6;
      framed.border_width = 2.5;
      framed.border_colour = 0xc0ff8020;
      framed.rotation = 20;
      framed.alpha = 0.9;
      expect_model(scene, std::format("shapes-{}-{}", gst_video_format_to_string(format),
                                      static_cast<int>(gamma)));
    }
  }
}

struct ColourCase {
  GstVideoFormat from;
  const char* from_colorimetry;
  GstVideoFormat to;
  const char* to_colorimetry;
};

// Its tolerance: of 10 bits a code is a quarter of one of 8, and powers of PQ are steep.
TEST_F(Composed, ConvertsColour) {
  constexpr ColourCase cases[] = {
      {GST_VIDEO_FORMAT_NV12, "bt601", GST_VIDEO_FORMAT_NV12, "bt709"},
      {GST_VIDEO_FORMAT_NV12, "bt709", GST_VIDEO_FORMAT_RGBA, "sRGB"},
      {GST_VIDEO_FORMAT_RGBA, "sRGB", GST_VIDEO_FORMAT_NV12, "bt709"},
      {GST_VIDEO_FORMAT_NV12, "1:3:5:1", GST_VIDEO_FORMAT_P010_10LE, "bt709"},
      {GST_VIDEO_FORMAT_NV12, "bt709", GST_VIDEO_FORMAT_P010_10LE, "bt2020-10"},
      {GST_VIDEO_FORMAT_P010_10LE, "bt2100-pq", GST_VIDEO_FORMAT_NV12, "bt709"},
      {GST_VIDEO_FORMAT_P010_10LE, "bt2100-hlg", GST_VIDEO_FORMAT_NV12, "bt709"},
      {GST_VIDEO_FORMAT_NV12, "bt709", GST_VIDEO_FORMAT_P010_10LE, "bt2100-pq"},
      {GST_VIDEO_FORMAT_NV12, "bt709", GST_VIDEO_FORMAT_P010_10LE, "bt2100-hlg"},
      {GST_VIDEO_FORMAT_P010_10LE, "bt2100-pq", GST_VIDEO_FORMAT_P010_10LE, "bt2100-hlg"},
      {GST_VIDEO_FORMAT_RGB10A2_LE, "sRGB", GST_VIDEO_FORMAT_I420_10LE, "bt2020-10"},
      {GST_VIDEO_FORMAT_NV12, "smpte240m", GST_VIDEO_FORMAT_BGRA, "sRGB"},
  };
  for (const ColourCase& each : cases) {
    Picture picture(info_of(each.from, 32, 16, each.from_colorimetry));
    picture.paint_noise(12);
    for (const BlendGamma gamma : {BlendGamma::AsCoded, BlendGamma::Linear}) {
      for (const ToneMap tone_map : {ToneMap::Bt2390, ToneMap::Reinhard, ToneMap::Clip}) {
        Scene scene(info_of(each.to, 40, 20, each.to_colorimetry), BackgroundKind::Colour);
        scene.canvas.background_colour = 0xff4080c0;
        scene.canvas.blend_gamma = gamma;
        LayerSettings& layer = scene.add(picture, 3, 2);
        layer.tone_map = tone_map;
        layer.alpha = 0.75;
        expect_model(scene,
                     std::format("colour-{}-{}-{}-{}", each.from_colorimetry, each.to_colorimetry,
                                 static_cast<int>(gamma), static_cast<int>(tone_map)),
                     1.0);
      }
    }
  }
}

TEST_F(Composed, HasNoMoreLayersThanItCan) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 2, 2));
  picture.paint_noise(13);
  Scene scene(info_of(GST_VIDEO_FORMAT_NV12, 64, 64));
  for (int i = 0; i < 1000; i++) scene.add(picture, i % 31 * 2, i / 31 * 2 % 62).alpha = 0.5;
  expect_model(scene, "thousand");
}

}  // namespace
}  // namespace av1hw::test
