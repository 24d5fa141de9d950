// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1dec's DMA-BUFs in vkcompositor: decoded on the reference driver, composed on Mesa's driver
// that runs on the CPU, with the pixels of the way through system memory.
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>
#include <string>

#include "hardware/frames.h"

namespace av1hw::test {
namespace {

constexpr const char* dma_bufs = "video/x-raw(memory:DMABuf),format=DMA_DRM !";

// `memory`: caps between the decoder and the compositor, if any.
std::string line(const std::string& clip, const std::string& memory, const std::string& format) {
  return std::format(
      "filesrc location={} ! ivfparse ! av1parse ! av1hwvaav1dec film-grain=apply ! {} c.sink_0 "
      "vkcompositor name=c background=black sink_0::xpos=10 sink_0::ypos=6 ! "
      "video/x-raw,format={},width=360,height=240 ! fakesink name=sink",
      data_file(clip), memory, format);
}

// As many frames as were composed came as DMA-BUFs, and none was copied.
void expect_imported(const Played& played) {
  EXPECT_GT(played.moves.frames, 0u);
  EXPECT_EQ(played.moves.imports, played.moves.frames);
  EXPECT_EQ(played.moves.copies, 0u);
  EXPECT_EQ(played.moves.uploaded, 0u);
  EXPECT_EQ(played.moves.downloaded, 0u);
  EXPECT_TRUE(played.warnings.empty()) << played.warnings[0];
}

// A device whose surfaces are tiled, and stay so whatever is asked of it.
bool is_tiled() {
  const char* profile = std::getenv("REFDRV_PROFILE");
  return profile && std::string(profile).ends_with("arc.conf");
}

struct Clip {
  const char* name;
  const char* format;
};

class VaFrames : public testing::TestWithParam<Clip> {};

TEST_P(VaFrames, AreReadWhereTheyAre) {
  if (is_tiled()) GTEST_SKIP() << "the device makes no linear surfaces";
  const auto [clip, format] = GetParam();
  const Played ours = play(line(clip, dma_bufs, format));
  expect_imported(ours);
  const Played expected = play(line(clip, "video/x-raw !", format));
  EXPECT_EQ(compare(ours.frames, expected.frames), "");
}

GstPadProbeReturn keep_feature(GstPad*, GstPadProbeInfo* probe, gpointer feature) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(probe);
  GstCaps* caps = nullptr;
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  gst_event_parse_caps(event, &caps);
  gchar* text = gst_caps_features_to_string(gst_caps_get_features(caps, 0));
  *static_cast<std::string*>(feature) = text;
  g_free(text);
  return GST_PAD_PROBE_OK;
}

// What is negotiated where nobody says anything.
TEST_P(VaFrames, AreWhatBothEndsAgreeOn) {
  const auto [clip, format] = GetParam();
  Pipeline pipeline(line(clip, "", format));
  std::string feature;
  const Ref<GstPad> pad(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("c")).get(), "sink_0"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, keep_feature, &feature,
                    nullptr);
  const Played ours = play(pipeline);
  EXPECT_TRUE(pipeline.ended) << (pipeline.errors.empty() ? "" : pipeline.errors[0]);
  EXPECT_EQ(feature, is_tiled() ? "memory:SystemMemory" : "memory:DMABuf");
  EXPECT_EQ(ours.moves.downloaded, 0u);
  const Played expected = play(line(clip, "video/x-raw !", format));
  EXPECT_EQ(compare(ours.frames, expected.frames), "");
}

// 8 bits with grain, 10 bits, two sizes in one stream.
INSTANTIATE_TEST_SUITE_P(Clips, VaFrames,
                         testing::Values(Clip{"grain.ivf", "NV12"}, Clip{"hdr10.ivf", "P010_10LE"},
                                         Clip{"sizes.ivf", "P010_10LE"}),
                         [](const testing::TestParamInfo<Clip>& clip) {
                           const std::string name = clip.param.name;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace av1hw::test
