// SPDX-License-Identifier: LGPL-2.1-or-later
// What is copied is copied exactly: every output format, from every place of a canvas, through
// every memory.
#include <gtest/gtest.h>

#include <format>

#include "compose_fixture.h"

namespace av1hw::test {
namespace {

constexpr std::array memories = {Memory::System,      Memory::Linear,     Memory::Images,
                                 Memory::PlanarImage, Memory::VideoImage, Memory::Host};

constexpr const char* no_such = "the device has no such images";

void paint(Picture& picture, uint32_t seed) {
  picture.paint_noise(seed, 0, 255);
  const SampleLayout layout = *sample_layout(picture.info());
  if (layout.alpha_depth == 0) return;
  // With alpha it would be blended, not copied.
  picture.paint([&](unsigned c, int x, int y) {
    return c == 3 ? 255u : code_at(picture.frame(), layout, c, x, y);
  });
}

class EveryOutput : public ComposeTest,
                    public testing::WithParamInterface<std::tuple<GstVideoFormat, Memory, Memory>> {
 protected:
  GstVideoInfo info(int width, int height) {
    return info_of(std::get<0>(GetParam()), width, height);
  }
  // An exact copy is within nothing of the model.
  bool expect_copy(const Scene& scene, const std::string& what) {
    const auto& [format, from, to] = GetParam();
    return expect_model(scene,
                        std::format("copy-{}-{}-{}-{}", gst_video_format_to_string(format),
                                    memory_name(from), memory_name(to), what),
                        1e-6, from, to);
  }
};

TEST_P(EveryOutput, IsAnExactCopyOfAnySize) {
  for (const auto& [width, height] :
       {std::pair{64, 32}, {1, 1}, {3, 5}, {129, 9}, {131, 33}, {2, 1}}) {
    Picture picture(info(width, height));
    paint(picture, 2);
    Scene scene(info(width, height));
    scene.add(picture);
    if (!expect_copy(scene, std::format("{}x{}", width, height))) GTEST_SKIP() << no_such;
  }
}

TEST_P(EveryOutput, IsAnExactCopyAtEvenPlaces) {
  Picture picture(info(34, 18));
  paint(picture, 3);
  for (const auto& [x, y] : {std::pair{2, 4}, {-6, -2}, {150, 30}, {30, -8}, {126, 6}}) {
    Scene scene(info(160, 40));
    scene.add(picture, x, y);
    if (!expect_copy(scene, std::format("at{},{}", x, y))) GTEST_SKIP() << no_such;
  }
}

// Whole tiles of the kernel, from sources that are aligned and from others.
TEST_P(EveryOutput, IsAnExactCopyOfLargePictures) {
  Picture picture(info(300, 28));
  paint(picture, 8);
  for (const auto& [left, top] : {std::pair{0, 0}, {16, 2}, {32, 4}, {2, 2}}) {
    Scene scene(info(264, 24));
    LayerSettings& layer = scene.add(picture);
    layer.crop_left = static_cast<unsigned>(left);
    layer.crop_top = static_cast<unsigned>(top);
    if (!expect_copy(scene, std::format("cropped{},{}", left, top))) GTEST_SKIP() << no_such;
  }
}

TEST_P(EveryOutput, HasTheUpperLayerOnTop) {
  Picture lower(info(64, 32)), upper(info(64, 32));
  paint(lower, 4);
  paint(upper, 5);
  Scene scene(info(64, 32));
  scene.add(lower);
  scene.add(upper);
  if (!expect_copy(scene, "two")) GTEST_SKIP() << no_such;
}

std::string memories_name(const testing::TestParamInfo<EveryOutput::ParamType>& info) {
  const auto& [format, from, to] = info.param;
  return std::format("{}_{}_{}", gst_video_format_to_string(format), memory_name(from),
                     memory_name(to));
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryOutput,
                         testing::Combine(testing::ValuesIn(composite_output_formats),
                                          testing::ValuesIn(memories), testing::ValuesIn(memories)),
                         memories_name);

using Copies = ComposeTest;

TEST_F(Copies, GoFromOneLayoutToAnother) {
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12}) {
    Picture picture(info_of(format, 30, 14));
    picture.paint_noise(6);
    Scene scene(info_of(GST_VIDEO_FORMAT_NV12, 30, 14));
    scene.add(picture);
    expect_model(scene, "copy-layouts", 1e-6);
  }
}

TEST_F(Copies, OfLumaAreExactAtOddPlaces) {
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 20, 10));
  picture.paint_noise(7);
  Scene scene(info_of(GST_VIDEO_FORMAT_NV12, 32, 16));
  scene.add(picture, 3, 5);
  Picture result(scene.canvas.info);
  ASSERT_TRUE(compose(scene, result));
  const SampleLayout from = *sample_layout(picture.info()), to = *sample_layout(result.info());
  for (int y = 0; y < 16; y++) {
    for (int x = 0; x < 32; x++) {
      const bool inside = x >= 3 && x < 23 && y >= 5 && y < 15;
      EXPECT_EQ(code_at(result.frame(), to, 0, x, y),
                inside ? code_at(picture.frame(), from, 0, x - 3, y - 5) : 16u)
          << x << ", " << y;
    }
  }
}

}  // namespace
}  // namespace av1hw::test
