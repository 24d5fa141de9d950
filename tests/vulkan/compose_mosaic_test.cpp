// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures side by side, exactly halved or quartered: what a kernel of its own computes, and when.
#include <format>

#include "compose_fixture.h"
#include "vulkan/compositor/layer_ways.h"
#include "vulkan/compositor/shrink_taps.h"

namespace av1hw::test {
namespace {

class Mosaic : public ComposeTest,
               public testing::WithParamInterface<std::tuple<GstVideoFormat, int>> {
 protected:
  GstVideoFormat format() const { return std::get<0>(GetParam()); }
  int times() const { return std::get<1>(GetParam()); }
  // That fills so much of the canvas.
  GstVideoInfo picture_info(int width, int height) const {
    return info_of(format(), width * times(), height * times());
  }
  // Whether a frame's kernel is the one for such pictures.
  bool is_taken(const Scene& scene) const {
    const Result<FramePlan> plan = plan_frame(scene.canvas, scene.layers);
    std::vector<FrameAccess> sources(scene.layers.size());
    for (FrameAccess& source : sources) {
      source.address = {4096, 8192, 12288};
      source.stride = {1024, 1024, 1024};
    }
    const Result<KernelKey> key = kernel_for(*plan, sources, sources[0]);
    return key && (key->features & kernel_shrink) != 0;
  }
  void expect_exact(const Scene& scene, const std::string& name) {
    EXPECT_TRUE(is_taken(scene)) << name;
    expect_model(scene,
                 std::format("{}-{}-{}", gst_video_format_to_string(format()), times(), name), 0.51,
                 Memory::Linear, Memory::Linear);
  }
};

TEST_P(Mosaic, OfFour) {
  Picture a(picture_info(80, 36));
  a.paint_noise(1, 0, 255);
  Picture b(picture_info(80, 36));
  b.paint_noise(2, 0, 255);
  Picture c(picture_info(80, 36));
  c.paint_noise(3, 0, 255);
  Scene scene(info_of(format(), 160, 72), BackgroundKind::Checker);
  scene.add(a, 0, 0, 80, 36);
  scene.add(b, 80, 0, 80, 36);
  scene.add(c, 0, 36, 80, 36);
  expect_exact(scene, "of-four");
}

TEST_P(Mosaic, OverTheCanvassEdges) {
  Picture a(picture_info(96, 40));
  a.paint_noise(4, 0, 255);
  Picture b(picture_info(96, 40));
  b.paint_noise(5, 0, 255);
  Scene scene(info_of(format(), 150, 61), BackgroundKind::Checker);
  scene.add(a, -32, -14, 96, 40);
  scene.add(b, 72, 38, 96, 40);
  expect_exact(scene, "over-edges");
}

TEST_P(Mosaic, WithPicturesAsTheyAre) {
  Picture small(picture_info(48, 24));
  small.paint_noise(6, 0, 255);
  Picture as_is(info_of(format(), 64, 32));
  as_is.paint_noise(7, 0, 255);
  Scene scene(info_of(format(), 300, 40));
  scene.add(small, 8, 4, 48, 24);
  scene.add(as_is, 40, 8);
  scene.add(small, 200, 0, 48, 24);
  expect_exact(scene, "as-they-are");
}

TEST_P(Mosaic, OfMoreThanATilesListHolds) {
  Picture picture(picture_info(16, 8));
  picture.paint_noise(8, 0, 255);
  Scene scene(info_of(format(), 160, 64));
  for (int i = 0; i < 40; i++) scene.add(picture, i % 10 * 16, i / 10 * 16, 16, 8);
  expect_exact(scene, "many");
}

// Others go another way, which is as right.
TEST_P(Mosaic, IsNotTakenForWhatItIsNot) {
  Picture picture(picture_info(64, 32));
  picture.paint_noise(10, 0, 255);
  const auto refused = [&](const char* name, auto change) {
    Scene scene(info_of(format(), 160, 64), BackgroundKind::Checker);
    LayerSettings& layer = scene.add(picture, 16, 8, 64, 32);
    change(layer);
    EXPECT_FALSE(is_taken(scene)) << name;
    expect_model(scene,
                 std::format("{}-{}-not-{}", gst_video_format_to_string(format()), times(), name),
                 0.75, Memory::Linear, Memory::Linear);
  };
  refused("alpha", [](LayerSettings& layer) { layer.alpha = 0.5; });
  refused("lanczos", [](LayerSettings& layer) { layer.filter = ScaleFilter::Lanczos; });
  refused("odd place", [](LayerSettings& layer) { layer.xpos = 18; });
  refused("odd size", [](LayerSettings& layer) { layer.width = 63; });
  refused("turned", [](LayerSettings& layer) { layer.orientation = GST_VIDEO_ORIENTATION_180; });
  refused("crop", [](LayerSettings& layer) { layer.crop_left = 2; });
  // A chroma sample lies across the crop's edge.
  refused("even crop", [&](LayerSettings& layer) {
    layer.crop_left = layer.crop_right = 16 * times();
    layer.width = 32;
  });
}

INSTANTIATE_TEST_SUITE_P(Formats, Mosaic,
                         testing::Combine(testing::Values(GST_VIDEO_FORMAT_NV12,
                                                          GST_VIDEO_FORMAT_I420),
                                          testing::Values(2, 4)),
                         [](const auto& each) {
                           return std::format("{}_{}",
                                              gst_video_format_to_string(std::get<0>(each.param)),
                                              std::get<1>(each.param));
                         });

}  // namespace
}  // namespace av1hw::test
