// SPDX-License-Identifier: LGPL-2.1-or-later
// What is copied is copied exactly: every output format, from every place of a canvas.
#include <gtest/gtest.h>

#include "compose_fixture.h"

namespace av1hw {
namespace {

CanvasSettings black_canvas(GstVideoFormat format, int width, int height) {
  return {.info = video_info(format, width, height), .background = BackgroundKind::Black};
}

LayerInput layer_at(size_t input, const Picture& picture, int x, int y) {
  LayerInput layer = {.input = input, .info = &picture.info};
  layer.settings.xpos = x;
  layer.settings.ypos = y;
  return layer;
}

std::string format_name(const testing::TestParamInfo<GstVideoFormat>& info) {
  return gst_video_format_to_string(info.param);
}

class EveryOutput : public ComposeTest, public testing::WithParamInterface<GstVideoFormat> {
 protected:
  // RGBA with alpha is blended, not copied.
  Picture opaque_noise(int width, int height, uint32_t seed) {
    Picture picture = noise(video_info(GetParam(), width, height), seed);
    if (GST_VIDEO_INFO_HAS_ALPHA(&picture.info)) {
      for (size_t i = 3; i < picture.data.size(); i += 4) picture.data[i] = 255;
    }
    return picture;
  }

  // Counts samples of the canvas that differ from the picture, moved by (x, y), or from black
  // outside of it.
  int differing(const Picture& canvas, const Picture& picture, int x, int y) {
    const SampleLayout layout = *sample_layout(canvas.info);
    const SampleLayout source = *sample_layout(picture.info);
    const std::array<unsigned, 4> black = black_codes(layout);
    int count = 0;
    for (unsigned c = 0; c < (layout.alpha_depth ? 4u : 3u); c++) {
      const int sub_x = c == 1 || c == 2 ? layout.sub_x : 0;
      const int sub_y = c == 1 || c == 2 ? layout.sub_y : 0;
      const int width = (layout.width + (1 << sub_x) - 1) >> sub_x;
      const int height = (layout.height + (1 << sub_y) - 1) >> sub_y;
      const int own_width = (source.width + (1 << sub_x) - 1) >> sub_x;
      const int own_height = (source.height + (1 << sub_y) - 1) >> sub_y;
      for (int j = 0; j < height; j++) {
        for (int i = 0; i < width; i++) {
          const int from_x = i - (x >> sub_x), from_y = j - (y >> sub_y);
          const bool inside =
              from_x >= 0 && from_y >= 0 && from_x < own_width && from_y < own_height;
          const unsigned expected = inside ? picture.code(source, c, from_x, from_y) : black[c];
          count += canvas.code(layout, c, i, j) != expected;
        }
      }
    }
    return count;
  }

 private:
  static std::array<unsigned, 4> black_codes(const SampleLayout& layout) {
    if (layout.rgb) return {0, 0, 0, 255};
    const unsigned more = layout.depth - 8;
    return {16u << more, 128u << more, 128u << more, 0};
  }
};

TEST_P(EveryOutput, IsAnExactCopy) {
  const Picture picture = opaque_noise(64, 32, 1);
  const Picture canvas =
      compose(black_canvas(GetParam(), 64, 32), {layer_at(0, picture, 0, 0)}, {&picture});
  EXPECT_EQ(differing(canvas, picture, 0, 0), 0);
}

TEST_P(EveryOutput, IsAnExactCopyOfOddSizes) {
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 5}, {129, 9}, {131, 33}, {2, 1}}) {
    const Picture picture = opaque_noise(width, height, 2);
    const Picture canvas =
        compose(black_canvas(GetParam(), width, height), {layer_at(0, picture, 0, 0)}, {&picture});
    EXPECT_EQ(differing(canvas, picture, 0, 0), 0) << width << " x " << height;
  }
}

TEST_P(EveryOutput, IsAnExactCopyAtEvenPlaces) {
  const Picture picture = opaque_noise(34, 18, 3);
  for (const auto& [x, y] : {std::pair{2, 4}, {-6, -2}, {150, 30}, {30, -8}, {126, 6}}) {
    const Picture canvas =
        compose(black_canvas(GetParam(), 160, 40), {layer_at(0, picture, x, y)}, {&picture});
    EXPECT_EQ(differing(canvas, picture, x, y), 0) << "at " << x << ", " << y;
  }
}

TEST_P(EveryOutput, HasTheUpperLayerOnTop) {
  const Picture lower = opaque_noise(64, 32, 4), upper = opaque_noise(64, 32, 5);
  const Picture canvas =
      compose(black_canvas(GetParam(), 64, 32),
              {layer_at(0, lower, 0, 0), layer_at(1, upper, 0, 0)}, {&lower, &upper});
  EXPECT_EQ(differing(canvas, upper, 0, 0), 0);
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryOutput, testing::ValuesIn(composite_output_formats),
                         format_name);

using Copies = ComposeTest;

// The same samples in another layout.
TEST_F(Copies, GoFromOneLayoutToAnother) {
  const Picture picture = noise(video_info(GST_VIDEO_FORMAT_I420, 30, 14), 6);
  const Picture canvas = compose(black_canvas(GST_VIDEO_FORMAT_NV12, 30, 14),
                                 {layer_at(0, picture, 0, 0)}, {&picture});
  const SampleLayout from = *sample_layout(picture.info), to = *sample_layout(canvas.info);
  for (int y = 0; y < 14; y++) {
    for (int x = 0; x < 30; x++) {
      EXPECT_EQ(canvas.code(to, 0, x, y), picture.code(from, 0, x, y));
      EXPECT_EQ(canvas.code(to, 1, x / 2, y / 2), picture.code(from, 1, x / 2, y / 2));
      EXPECT_EQ(canvas.code(to, 2, x / 2, y / 2), picture.code(from, 2, x / 2, y / 2));
    }
  }
}

TEST_F(Copies, OfLumaAreExactAtOddPlaces) {
  const Picture picture = noise(video_info(GST_VIDEO_FORMAT_NV12, 20, 10), 7);
  const Picture canvas = compose(black_canvas(GST_VIDEO_FORMAT_NV12, 32, 16),
                                 {layer_at(0, picture, 3, 5)}, {&picture});
  const SampleLayout from = *sample_layout(picture.info), to = *sample_layout(canvas.info);
  for (int y = 0; y < 16; y++) {
    for (int x = 0; x < 32; x++) {
      const bool inside = x >= 3 && x < 23 && y >= 5 && y < 15;
      EXPECT_EQ(canvas.code(to, 0, x, y), inside ? picture.code(from, 0, x - 3, y - 5) : 16u)
          << x << ", " << y;
    }
  }
}

}  // namespace
}  // namespace av1hw
