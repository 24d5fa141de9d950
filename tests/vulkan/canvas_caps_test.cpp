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
  CanvasInput made = {{}, memory, right, bottom, {}};
  const CapsHandle parsed(gst_caps_from_string(caps.c_str()));
  EXPECT_TRUE(gst_video_info_from_caps(&made.info, parsed.get())) << caps;
  made.light = light_of(parsed.get());
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

// An encoder that reads CUDA memory where it is, and copies images.
TEST(CanvasCaps, SharedMemoryThatDownstreamNamesFirst) {
  const CapsHandle caps(gst_caps_from_string(
      "video/x-raw(memory:CUDAMemory), format=(string)NV12; video/x-raw(memory:VulkanImage), "
      "format=(string)NV12; video/x-raw, format=(string)NV12"));
  for (const char* from : {"memory:VulkanImage", "memory:SystemMemory", "memory:CUDAMemory"}) {
    const std::vector<CanvasInput> inputs = {raw("NV12", "", from)};
    const auto fixed = [&](const char* welcome) {
      return memory(fixate_canvas_caps(
          rank_canvas_caps(caps.get(), inputs, BackgroundKind::Black, welcome), inputs));
    };
    EXPECT_EQ(fixed("memory:CUDAMemory"), "memory:CUDAMemory") << from;
    EXPECT_EQ(fixed("memory:VulkanImage"), "memory:VulkanImage") << from;
    EXPECT_EQ(fixed("memory:SystemMemory"), from);
    EXPECT_EQ(fixed("memory:DMABuf"), from) << "which may have to be allocated by downstream";
    EXPECT_EQ(fixed(""), from);
  }
}

TEST(CanvasCaps, ColoursOfTheLargestInputUnlessDownstreamHasItsOwn) {
  const std::vector<CanvasInput> inputs = {raw("P010_10LE", ", colorimetry=bt2100-pq")};
  EXPECT_EQ(text(canvas(inputs), "colorimetry"), "bt2100-pq");
  EXPECT_EQ(text(canvas(inputs, "video/x-raw, format=(string)NV12, colorimetry=(string)bt709"),
                 "colorimetry"),
            "bt709");
}

constexpr const char* pq = ", colorimetry=(string)bt2100-pq";
constexpr const char* hlg = ", colorimetry=(string)bt2100-hlg";

CanvasInput wide(const char* format, const char* more) {
  return input(std::string("video/x-raw, width=1920, height=1080, framerate=25/1, format=") +
               format + more);
}

TEST(CanvasCaps, HdrIsKeptWhateverElseThereIs) {
  const CanvasInput sdr = wide("NV12", ", colorimetry=(string)bt709");
  EXPECT_EQ(text(canvas({sdr, raw("P010_10LE", pq)}), "colorimetry"), "bt2100-pq");
  EXPECT_EQ(text(canvas({sdr, raw("P010_10LE", pq)}), "format"), "P010_10LE");
  EXPECT_EQ(text(canvas({raw("P010_10LE", pq), wide("P010_10LE", hlg)}), "colorimetry"),
            "bt2100-hlg");
  EXPECT_EQ(text(canvas({sdr, raw("NV12", ", colorimetry=(string)bt601")}), "colorimetry"),
            "bt709");
  EXPECT_EQ(text(canvas({sdr, raw("P010_10LE", pq)},
                        "video/x-raw, format=(string)P010_10LE, colorimetry=(string)bt709"),
                 "colorimetry"),
            "bt709");
}

// Its light stays as it is; a Y'CbCr matrix means nothing to RGB.
TEST(CanvasCaps, HdrIsKeptInRgb) {
  const CapsHandle caps = canvas({raw("P010_10LE", pq)}, "video/x-raw, format=(string)RGBA");
  GstVideoInfo info;
  ASSERT_TRUE(gst_video_info_from_caps(&info, caps.get()));
  EXPECT_EQ(info.colorimetry.transfer, GST_VIDEO_TRANSFER_SMPTE2084);
  EXPECT_EQ(info.colorimetry.primaries, GST_VIDEO_COLOR_PRIMARIES_BT2020);
  EXPECT_EQ(info.colorimetry.matrix, GST_VIDEO_COLOR_MATRIX_RGB);
}

constexpr const char* display_1000 =
    ", mastering-display-info=(string)"
    "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50";
constexpr const char* display_4000 =
    ", mastering-display-info=(string)"
    "34000:16000:13250:34500:7500:3000:15635:16450:40000000:10";
constexpr const char* levels_800 = ", content-light-level=(string)800:300";
constexpr const char* levels_1200 = ", content-light-level=(string)1200:150";

std::string with(const char* colours, const char* display, const char* levels) {
  return std::string(colours) + display + levels;
}

std::string light(const std::vector<CanvasInput>& inputs, const char* allowed = anything) {
  const CapsHandle caps = canvas(inputs, allowed);
  return text(caps, "mastering-display-info") + " " + text(caps, "content-light-level");
}

TEST(CanvasCaps, TheLightOfOneHdrInputIsTheCanvass) {
  const CanvasInput film = raw("P010_10LE", with(pq, display_1000, levels_800).c_str());
  EXPECT_EQ(light({film}), "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50 800:300");
  EXPECT_EQ(light({film, film, raw("NV12")}),
            "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50 800:300");
}

TEST(CanvasCaps, SeveralHdrInputsAreHeldByTheCanvas) {
  const CanvasInput dark = raw("P010_10LE", with(pq, display_1000, levels_800).c_str());
  const CanvasInput bright = raw("P010_10LE", with(pq, display_4000, levels_1200).c_str());
  EXPECT_EQ(light({dark, bright}),
            "35400:14600:8500:39850:6550:2300:15635:16450:40000000:10 1200:300");
  // White of SDR is 203 cd/m2.
  const CanvasInput dim =
      raw("P010_10LE", with(pq, display_1000, ", content-light-level=(string)150:50").c_str());
  EXPECT_EQ(light({dim, raw("NV12")}),
            "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50 203:203");
}

TEST(CanvasCaps, WhatOneHdrInputDoesNotSayIsNotKnown) {
  const CanvasInput told = raw("P010_10LE", with(pq, display_1000, levels_800).c_str());
  EXPECT_EQ(light({told, raw("P010_10LE", pq)}), "(none) (none)");
  EXPECT_EQ(light({told, raw("P010_10LE", with(pq, display_1000, "").c_str())}),
            "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50 (none)");
  EXPECT_EQ(light({raw("P010_10LE", pq)}), "(none) (none)");
}

TEST(CanvasCaps, LightIsOfHdrCanvasesAlone) {
  const CanvasInput film = raw("P010_10LE", with(pq, display_4000, levels_1200).c_str());
  EXPECT_EQ(light({film}, "video/x-raw, format=(string)NV12, colorimetry=(string)bt709"),
            "(none) (none)");
  // HLG's display ends at 1000 cd/m2.
  EXPECT_EQ(light({film}, "video/x-raw, format=(string)P010_10LE, colorimetry=(string)bt2100-hlg"),
            "34000:16000:13250:34500:7500:3000:15635:16450:10000000:10 1000:150");
  EXPECT_EQ(light({film},
                  "video/x-raw, format=(string)P010_10LE, "
                  "content-light-level=(string)500:100"),
            "34000:16000:13250:34500:7500:3000:15635:16450:40000000:10 500:100");
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
