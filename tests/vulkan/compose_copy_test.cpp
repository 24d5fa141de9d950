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

// Edges within words and tiles, several of them in one word, and odd edges of layers whose samples
// meet all the same.
TEST_P(EveryOutput, IsAnExactCopyWhereverEdgesLie) {
  Picture large(info(300, 40)), small(info(38, 12)), narrow(info(2, 30)), tall(info(21, 40));
  paint(large, 9);
  paint(small, 10);
  paint(narrow, 11);
  paint(tall, 12);
  Scene scene(info(290, 52));
  scene.add(large, 6, 10);
  for (const int x : {2, 14, 38, 54, 126, 202}) scene.add(narrow, x, x % 20 + 2);
  scene.add(small, 118, 2);
  scene.add(small, 250, 30);
  LayerSettings& odd = scene.add(tall, 81, 7);
  odd.crop_left = 3;
  odd.crop_top = 5;
  odd.crop_right = 1;
  if (!expect_copy(scene, "edges")) GTEST_SKIP() << no_such;
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
  constexpr int width = 200, height = 20, left = 3, top = 5;
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_P010_10LE,
                                      GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_I420_10LE}) {
    Picture picture(info_of(format, width, height));
    picture.paint_noise(7);
    Scene scene(info_of(format, 232, 30));
    scene.add(picture, left, top);
    expect_model(scene, std::format("odd-{}", gst_video_format_to_string(format)));
    Picture result(scene.canvas.info);
    ASSERT_TRUE(compose(scene, result));
    const SampleLayout from = *sample_layout(picture.info()), to = *sample_layout(result.info());
    const unsigned black = 16u << (from.depth - 8);
    int wrong = 0;
    for (int y = 0; y < 30; y++) {
      for (int x = 0; x < 232; x++) {
        const bool inside = x >= left && x < left + width && y >= top && y < top + height;
        wrong += code_at(result.frame(), to, 0, x, y) !=
                 (inside ? code_at(picture.frame(), from, 0, x - left, y - top) : black);
      }
    }
    EXPECT_EQ(wrong, 0) << gst_video_format_to_string(format);
  }
}

// Planes one after the other, with nothing between rows: no address and no stride is that of a
// word.
GstVideoInfo without_padding(const GstVideoInfo& padded) {
  GstVideoInfo info = padded;
  info.size = 1;
  for (unsigned plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); plane++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(info.finfo, plane, components);
    info.offset[plane] = info.size;
    info.stride[plane] = GST_VIDEO_INFO_COMP_WIDTH(&info, components[0]) *
                         GST_VIDEO_INFO_COMP_PSTRIDE(&info, components[0]);
    info.size += static_cast<gsize>(info.stride[plane]) *
                 static_cast<gsize>(GST_VIDEO_INFO_COMP_HEIGHT(&info, components[0]));
  }
  return info;
}

TEST_F(Copies, AndFiltersTakeAnyAddressAndStride) {
  for (const GstVideoFormat format : {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_I420}) {
    Picture picture(without_padding(info_of(format, 151, 33)));
    picture.paint_noise(13);
    for (const int width : {151, 152, 70, 300}) {
      Scene scene(without_padding(info_of(format, 157, 37)));
      scene.add(picture, 2, 4, width, 33);
      expect_model(scene, std::format("unaligned-{}-{}", gst_video_format_to_string(format), width),
                   width == 151 ? 1e-6 : 0.75, Memory::Linear, Memory::Linear);
    }
  }
}

}  // namespace
}  // namespace av1hw::test
