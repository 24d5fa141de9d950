// SPDX-License-Identifier: LGPL-2.1-or-later
// Which caps vkcompositor's canvas gets.
#include "vulkan/element/canvas_caps.h"

#include <gtest/gtest.h>

#include <string>

namespace av1hw::test {
namespace {

constexpr const char* anything =
    "video/x-raw(memory:VulkanImage), format=(string){ NV12, P010_10LE, I420, I420_10LE, RGBA, "
    "BGRA }; video/x-raw, format=(string){ NV12, P010_10LE, I420, I420_10LE, RGBA, BGRA }";

CanvasInput input(const std::string& caps, int right = 320, int bottom = 240,
                  const char* memory = "memory:SystemMemory") {
  CanvasInput made = {{}, memory, right, bottom};
  const CapsHandle parsed(gst_caps_from_string(caps.c_str()));
  EXPECT_TRUE(gst_video_info_from_caps(&made.info, parsed.get())) << caps;
  return made;
}

CanvasInput raw(const char* format, const char* more = "",
                const char* memory = "memory:SystemMemory") {
  return input(
      std::string("video/x-raw, width=320, height=240, framerate=25/1, format=") + format + more,
      320, 240, memory);
}

CapsHandle canvas(const std::vector<CanvasInput>& inputs, const char* allowed = anything,
                  BackgroundKind background = BackgroundKind::Black) {
  const CapsHandle caps(gst_caps_from_string(allowed));
  CapsHandle ranked = rank_canvas_caps(caps.get(), inputs, background);
  EXPECT_FALSE(gst_caps_is_empty(ranked.get()));
  return fixate_canvas_caps(std::move(ranked), inputs);
}

std::string text(const CapsHandle& caps, const char* field) {
  const char* found = gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), field);
  return found ? found : "(none)";
}

std::string memory(const CapsHandle& caps) {
  const GstCapsFeatures* features = gst_caps_get_features(caps.get(), 0);
  return gst_caps_features_get_size(features) ? gst_caps_features_get_nth(features, 0)
                                              : "memory:SystemMemory";
}

TEST(CanvasCaps, KeepsTheFormatOfTheInputs) {
  EXPECT_EQ(text(canvas({raw("NV12")}), "format"), "NV12");
  EXPECT_EQ(text(canvas({raw("I420")}), "format"), "I420");
  EXPECT_EQ(text(canvas({raw("BGRA")}), "format"), "BGRA");
  EXPECT_EQ(text(canvas({raw("I420_10LE")}), "format"), "I420_10LE");
}

TEST(CanvasCaps, TenBitsStayTenBits) {
  EXPECT_EQ(text(canvas({raw("NV12"), raw("P010_10LE")}), "format"), "P010_10LE");
  EXPECT_EQ(
      text(canvas({raw("NV12"), raw("P010_10LE")}, "video/x-raw, format=(string)NV12"), "format"),
      "NV12");
}

TEST(CanvasCaps, TransparentBackgroundNeedsAlpha) {
  EXPECT_EQ(text(canvas({raw("NV12")}, anything, BackgroundKind::Transparent), "format"), "RGBA");
}

TEST(CanvasCaps, MemoryOfTheInputs) {
  EXPECT_EQ(memory(canvas({raw("NV12")})), "memory:SystemMemory");
  EXPECT_EQ(memory(canvas({raw("NV12", "", "memory:VulkanImage")})), "memory:VulkanImage");
  EXPECT_EQ(memory(canvas({raw("NV12")}, "video/x-raw(memory:VulkanImage), format=(string)NV12")),
            "memory:VulkanImage");
}

TEST(CanvasCaps, ColoursOfTheLargestInputUnlessDownstreamHasItsOwn) {
  const std::vector<CanvasInput> inputs = {raw("P010_10LE", ", colorimetry=bt2100-pq")};
  EXPECT_EQ(text(canvas(inputs), "colorimetry"), "bt2100-pq");
  EXPECT_EQ(text(canvas(inputs, "video/x-raw, format=(string)NV12, colorimetry=(string)bt709"),
                 "colorimetry"),
            "bt709");
  // A Y'CbCr matrix means nothing to RGB.
  EXPECT_NE(text(canvas(inputs, "video/x-raw, format=(string)RGBA"), "colorimetry"), "bt2100-pq");
}

TEST(CanvasCaps, AsLargeAndAsFastAsTheInputsNeed) {
  const CapsHandle caps =
      canvas({input("video/x-raw, format=NV12, width=64, height=48, framerate=30000/1001", 100, 48),
              input("video/x-raw, format=NV12, width=64, height=48, framerate=25/1", 64, 300)});
  const GstStructure* s = gst_caps_get_structure(caps.get(), 0);
  int width = 0, height = 0, n = 0, d = 0;
  gst_structure_get_int(s, "width", &width);
  gst_structure_get_int(s, "height", &height);
  gst_structure_get_fraction(s, "framerate", &n, &d);
  EXPECT_EQ(width, 100);
  EXPECT_EQ(height, 300);
  EXPECT_EQ(n, 30000);
  EXPECT_EQ(d, 1001);
}

TEST(CanvasCaps, NothingInCommonIsEmpty) {
  const CapsHandle allowed(gst_caps_from_string("video/x-raw, format=(string)GRAY8"));
  const std::vector<CanvasInput> inputs = {raw("NV12")};
  const CapsHandle ranked = rank_canvas_caps(allowed.get(), inputs, BackgroundKind::Black);
  EXPECT_TRUE(gst_caps_is_empty(ranked.get()));
}

}  // namespace
}  // namespace av1hw::test
