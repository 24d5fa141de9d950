// SPDX-License-Identifier: LGPL-2.1-or-later
// DMA-BUFs that one vkcompositor makes and another reads, in every format and modifier that the GPU
// has for canvases: the picture is that of the way through system memory, and nothing takes that
// way.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <chrono>
#include <format>
#include <string>
#include <vector>

#include "frames.h"

namespace av1hw::test {
namespace {

constexpr int frames = 12;

std::vector<std::string> strings_of(const GValue* value) {
  std::vector<std::string> found;
  if (value && G_VALUE_HOLDS_STRING(value)) found.emplace_back(g_value_get_string(value));
  for (guint i = 0; value && GST_VALUE_HOLDS_LIST(value) && i < gst_value_list_get_size(value); i++)
    found.emplace_back(g_value_get_string(gst_value_list_get_value(value, i)));
  return found;
}

// The drm-formats that a sink pad takes; `missing`: why there are none.
std::vector<std::string> drm_formats(std::string& missing) {
  std::vector<std::string> found;
  Pipeline pipeline("vkcompositor name=c");
  if (gst_element_set_state(pipeline.element(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE) {
    missing = "vkcompositor finds no Vulkan device";
    return found;
  }
  const Ref<GstPad> pad(
      gst_element_request_pad_simple(Ref<GstElement>(pipeline.get("c")).get(), "sink_%u"));
  const Ref<GstCaps> caps(gst_pad_query_caps(pad.get(), nullptr));
  missing = "vkcompositor's device takes no DMA-BUFs";
  for (guint i = 0; i < gst_caps_get_size(caps.get()); i++) {
    if (gst_caps_features_contains(gst_caps_get_features(caps.get(), i), "memory:DMABuf"))
      found =
          strings_of(gst_structure_get_value(gst_caps_get_structure(caps.get(), i), "drm-format"));
  }
  return found;
}

GstVideoFormat format_of(const std::string& drm_format) {
  guint64 modifier = 0;
  return gst_video_dma_drm_fourcc_to_format(
      gst_video_dma_drm_fourcc_from_string(drm_format.c_str(), &modifier));
}

// `between`: the caps from one compositor to the other.
std::string line(const std::string& between, const char* format, int width, int height) {
  return std::format(
      "videotestsrc num-buffers={0} pattern=ball ! video/x-raw,format={2},width=190,height=130,"
      "framerate=25/1 ! vkcompositor name=a background=checker sink_0::xpos=20 sink_0::ypos=11 ! "
      "{1},width={3},height={4} ! vkcompositor name=c background=black sink_0::xpos=2 "
      "sink_0::ypos=4 sink_0::alpha=0.9 ! video/x-raw,format={2},width=320,height=240 ! "
      "fakesink name=sink",
      frames, between, format, width, height);
}

// Not every format that is read is one of canvases.
bool is_canvas(GstVideoFormat format) {
  switch (format) {
  case GST_VIDEO_FORMAT_NV12:
  case GST_VIDEO_FORMAT_P010_10LE:
  case GST_VIDEO_FORMAT_I420:
  case GST_VIDEO_FORMAT_RGBA:
  case GST_VIDEO_FORMAT_BGRA: return true;
  default: return false;
  }
}

// False: the GPU reads this, and makes none.
bool makes(const std::string& drm_format) {
  Pipeline trial(std::format(
      "videotestsrc num-buffers=1 ! vkcompositor ! "
      "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=(string){},width=64,height=64 ! "
      "fakesink",
      drm_format));
  return trial.run();
}

TEST(DmaBuf, WhatOneMakesAnotherReads) {
  std::string missing;
  const std::vector<std::string> formats = drm_formats(missing);
  if (formats.empty()) GTEST_SKIP() << missing;
  int made = 0;
  for (const std::string& drm_format : formats) {
    const GstVideoFormat format = format_of(drm_format);
    if (!is_canvas(format)) continue;
    SCOPED_TRACE(drm_format);
    if (!makes(drm_format)) {
      std::printf("  %s: read, not made\n", drm_format.c_str());
      continue;
    }
    made++;
    const char* name = gst_video_format_to_string(format);
    for (const auto& [width, height] : {std::pair{256, 192}, {323, 241}}) {
      const auto start = std::chrono::steady_clock::now();
      const Played ours =
          play(line("video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=(string)" + drm_format,
                    name, width, height));
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - start;
      std::printf("  %s, %dx%d: %.1f ms\n", drm_format.c_str(), width, height, took.count());
      const Played expected =
          play(line(std::format("video/x-raw,format={}", name), name, width, height));
      EXPECT_EQ(compare(ours.frames, expected.frames), "");
      EXPECT_EQ(ours.moves.frames, uint64_t{frames});
      EXPECT_EQ(ours.moves.imports, uint64_t{frames});
      EXPECT_EQ(ours.moves.copies, 0u);
      EXPECT_EQ(ours.moves.uploaded, 0u);
      EXPECT_TRUE(ours.warnings.empty()) << ours.warnings[0];
    }
  }
  if (made == 0) GTEST_SKIP() << "the GPU makes no DMA-BUFs";
}

}  // namespace
}  // namespace av1hw::test
