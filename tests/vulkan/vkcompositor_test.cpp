// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor in pipelines, beside GStreamer's compositor: pictures, pads that come and go, caps
// that change, what it says of itself.
#include <gst/controller/controller.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <climits>
#include <cstdlib>
#include <format>
#include <mutex>
#include <string>
#include <vector>

#include "bins/pipeline.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw::test {
namespace {

struct Frame {
  std::vector<uint8_t> bytes;
  GstVideoInfo info;
};

// All frames that reach the element "sink", their rows without padding.
class Frames {
 public:
  explicit Frames(const Pipeline& pipeline) {
    const Ref<GstElement> sink = pipeline.get("sink");
    const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer, this, nullptr);
  }
  std::vector<Frame> frames;

 private:
  static GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* probe, gpointer self) {
    const Ref<GstCaps> caps(gst_pad_get_current_caps(pad));
    Frame frame;
    GstVideoFrame mapped;
    if (!gst_video_info_from_caps(&frame.info, caps.get()) ||
        !gst_video_frame_map(&mapped, &frame.info, GST_PAD_PROBE_INFO_BUFFER(probe), GST_MAP_READ))
      return GST_PAD_PROBE_OK;
    append(mapped, frame.bytes);
    gst_video_frame_unmap(&mapped);
    static_cast<Frames*>(self)->frames.push_back(std::move(frame));
    return GST_PAD_PROBE_OK;
  }

  static void append(const GstVideoFrame& frame, std::vector<uint8_t>& bytes) {
    for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES(&frame); p++) {
      gint components[GST_VIDEO_MAX_COMPONENTS];
      gst_video_format_info_component(frame.info.finfo, p, components);
      const int rows = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, components[0]);
      const int width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, components[0]) *
                        GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, components[0]);
      const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, p));
      for (int y = 0; y < rows; y++, data += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, p))
        bytes.insert(bytes.end(), data, data + width);
    }
  }
};

// The largest difference of two frames' samples, in code values.
int difference(const Frame& a, const Frame& b) {
  if (a.bytes.size() != b.bytes.size()) return INT_MAX;
  const bool words = GST_VIDEO_INFO_COMP_DEPTH(&a.info, 0) > 8;
  const int shift = GST_VIDEO_FORMAT_INFO_SHIFT(a.info.finfo, 0);
  int largest = 0;
  for (size_t i = 0; i < a.bytes.size(); i += words ? 2 : 1) {
    const auto sample = [&](const std::vector<uint8_t>& v) {
      return words ? (v[i] | v[i + 1] << 8) >> shift : int{v[i]};
    };
    largest = std::max(largest, std::abs(sample(a.bytes) - sample(b.bytes)));
  }
  return largest;
}

// Two moving pictures, the second partly over the first and out of the canvas.
std::string scene(const std::string& compositor, const std::string& format, const std::string& pads,
                  int frames = 3) {
  return std::format(
      "{0} name=c background=black {3} ! video/x-raw,format={1},width=160,height=120 ! "
      "fakesink name=sink "
      "videotestsrc num-buffers={2} pattern=ball ! video/x-raw,format={1},width=128,height=96,"
      "framerate=25/1 ! c.sink_0 "
      "videotestsrc num-buffers={2} ! video/x-raw,format={1},width=96,height=64,framerate=25/1 ! "
      "c.sink_1",
      compositor, format, frames, pads);
}

std::vector<Frame> play(const std::string& line) {
  Pipeline pipeline(line);
  Frames frames(pipeline);
  EXPECT_TRUE(pipeline.run()) << line;
  pipeline.set_state(GST_STATE_NULL);
  return std::move(frames.frames);
}

class BesideCompositor : public testing::TestWithParam<const char*> {};

// Where something shines through, GStreamer's compositor is off by two: docs/compositor.md.
TEST_P(BesideCompositor, TheSamePicture) {
  struct Case {
    const char* pads;
    int tolerance;
  };
  for (const Case& c :
       {Case{"sink_1::xpos=40 sink_1::ypos=30", 0},
        Case{"sink_1::xpos=100 sink_1::ypos=90 sink_1::alpha=0.4", 1},
        Case{"sink_1::xpos=-20 sink_1::ypos=-10 sink_1::operator=source sink_0::alpha=0.7", 2}}) {
    SCOPED_TRACE(c.pads);
    const std::vector<Frame> ours = play(scene("vkcompositor", GetParam(), c.pads));
    const std::vector<Frame> theirs = play(scene("compositor", GetParam(), c.pads));
    ASSERT_EQ(ours.size(), 3u);
    ASSERT_EQ(theirs.size(), 3u);
    for (size_t i = 0; i < ours.size(); i++)
      EXPECT_LE(difference(ours[i], theirs[i]), c.tolerance) << i;
  }
}

// P010 is none of compositor's own formats: it resamples the chroma of every picture.
INSTANTIATE_TEST_SUITE_P(VkCompositor, BesideCompositor,
                         testing::Values("NV12", "I420", "I420_10LE", "RGBA", "BGRA"));

guint64 stat(const Pipeline& pipeline, const char* field) {
  const Ref<GstStructure> stats = get_structure(pipeline.get("c").get(), "stats");
  guint64 value = G_MAXUINT64;
  EXPECT_TRUE(gst_structure_get_uint64(stats.get(), field, &value)) << field;
  return value;
}

// meson.build names the driver, tools/bundle's `run` a GPU's.
bool is_lavapipe() {
  const char* driver = std::getenv("VK_DRIVER_FILES");
  return driver && std::string(driver).find("lvp") != std::string::npos;
}

// The sources write where the device reads, and the device where the sink looks.
TEST(VkCompositor, NothingIsCopiedOnADeviceWithoutMemoryOfItsOwn) {
  if (!is_lavapipe()) GTEST_SKIP() << "the device may have memory of its own";
  Pipeline pipeline(scene("vkcompositor", "NV12", "", 5));
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "frames"), 5u);
  EXPECT_EQ(stat(pipeline, "import-frames"), 10u);
  EXPECT_EQ(stat(pipeline, "same-object-frames"), 5u);
  for (const char* move : {"upload-bytes", "download-bytes", "system-copy-bytes", "gpu-copy-bytes"})
    EXPECT_EQ(stat(pipeline, move), 0u) << move;
}

// `identity drop-allocation` keeps its neighbours from using the compositor's memory.
TEST(VkCompositor, CopiesAreCounted) {
  Pipeline pipeline(
      "vkcompositor name=c ! identity drop-allocation=true ! fakesink "
      "videotestsrc num-buffers=5 ! video/x-raw,format=NV12,width=64,height=48 ! "
      "identity drop-allocation=true ! c.sink_0");
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "upload-frames"), 5u);
  EXPECT_EQ(stat(pipeline, "upload-bytes"), 5u * 64 * 48 * 3 / 2);
  EXPECT_EQ(stat(pipeline, "import-frames"), 0u);
}

// From image to image nothing passes the CPU, and the picture is the same. The images come from
// vkcompositor as well: vulkanupload (1.26) writes the next frame into what the device may still be
// copying the last one from.
TEST(VkCompositor, VulkanImagesStayWhereTheyAre) {
  constexpr const char* line =
      "vkcompositor name=c background=black sink_1::xpos=30 sink_1::ypos=20 sink_1::alpha=0.5 ! "
      "{1} fakesink name=sink "
      "videotestsrc num-buffers=4 pattern=ball ! video/x-raw,format={0},width=128,height=96 ! {2} "
      "c.sink_0 videotestsrc num-buffers=4 ! video/x-raw,format={0},width=64,height=48 ! {2} "
      "c.sink_1";
  for (const char* format : {"NV12", "RGBA"}) {
    SCOPED_TRACE(format);
    Pipeline pipeline(std::format(
        line, format, "video/x-raw(memory:VulkanImage) ! vulkandownload !",
        std::format("vkcompositor ! video/x-raw(memory:VulkanImage),format={} !", format)));
    Frames frames(pipeline);
    ASSERT_TRUE(pipeline.run());
    EXPECT_EQ(stat(pipeline, "same-object-frames"), 3u * 4);
    for (const char* move : {"upload-bytes", "download-bytes", "gpu-copy-bytes"})
      EXPECT_EQ(stat(pipeline, move), 0u) << move;
    pipeline.set_state(GST_STATE_NULL);
    const std::vector<Frame> expected = play(std::format(line, format, "", ""));
    ASSERT_EQ(frames.frames.size(), expected.size());
    for (size_t i = 0; i < expected.size(); i++)
      EXPECT_EQ(difference(frames.frames[i], expected[i]), 0) << i;
  }
}

// Says of each image that a decoder may refer to it.
GstPadProbeReturn as_from_a_decoder(GstPad*, GstPadProbeInfo* probe, gpointer) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(probe);
  for (guint i = 0; i < gst_buffer_n_memory(buffer); i++) {
    auto* image = reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(buffer, i));
    image->create_info.usage |= VK_IMAGE_USAGE_VIDEO_DECODE_DPB_BIT_KHR;
  }
  return GST_PAD_PROBE_OK;
}

TEST(VkCompositor, PicturesThatADecoderMayReferToAreCopied) {
  constexpr const char* line =
      "videotestsrc num-buffers=6 pattern=ball ! video/x-raw,format=NV12,width=128,height=96 ! {} "
      "vkcompositor name=c ! video/x-raw,format=NV12 ! fakesink name=sink";
  Pipeline pipeline(std::format(
      line, "vkcompositor ! video/x-raw(memory:VulkanImage) ! identity name=decoder !"));
  const Ref<GstElement> decoder = pipeline.get("decoder");
  const Ref<GstPad> pad(gst_element_get_static_pad(decoder.get(), "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, as_from_a_decoder, nullptr, nullptr);
  Frames frames(pipeline);
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "gpu-copy-frames"), 6u);
  EXPECT_EQ(stat(pipeline, "gpu-copy-bytes"), 6u * 128 * 96 * 3 / 2);
  EXPECT_EQ(stat(pipeline, "upload-bytes"), 0u);
  pipeline.set_state(GST_STATE_NULL);
  const std::vector<Frame> expected = play(std::format(line, ""));
  ASSERT_EQ(frames.frames.size(), expected.size());
  for (size_t i = 0; i < expected.size(); i++)
    EXPECT_EQ(difference(frames.frames[i], expected[i]), 0) << i;
}

// From the inputs' caps to those behind it, and of them no more than the canvas can mean.
TEST(VkCompositor, AnHdrCanvasSaysWhatItsInputsSayOfTheirLight) {
  constexpr const char* line =
      "vkcompositor name=c ! {} fakesink name=sink "
      "videotestsrc num-buffers=2 ! video/x-raw,format=P010_10LE,width=64,height=48,"
      "colorimetry=bt2100-pq,content-light-level=(string)800:300,mastering-display-info=(string)"
      "35400:14600:8500:39850:6550:2300:15635:16450:10000000:50 ! c.sink_0 "
      "videotestsrc num-buffers=2 ! video/x-raw,format=NV12,width=96,height=64 ! c.sink_1";
  const auto canvas = [](const std::string& text) {
    Pipeline pipeline(text);
    EXPECT_TRUE(pipeline.run());
    const Ref<GstElement> sink = pipeline.get("sink");
    const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
    return Ref<GstCaps>(gst_pad_get_current_caps(pad.get()));
  };
  const auto field = [](const Ref<GstCaps>& caps, const char* name) {
    const char* text = gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), name);
    return std::string(text ? text : "(none)");
  };
  const Ref<GstCaps> hdr = canvas(std::format(line, ""));
  EXPECT_EQ(field(hdr, "colorimetry"), "bt2100-pq");
  EXPECT_EQ(field(hdr, "content-light-level"), "800:300");
  EXPECT_EQ(field(hdr, "mastering-display-info"),
            "35400:14600:8500:39850:6550:2300:15635:16450:10000000:50");
  const Ref<GstCaps> sdr = canvas(std::format(line, "video/x-raw,colorimetry=bt709 !"));
  EXPECT_EQ(field(sdr, "content-light-level"), "(none)");
  EXPECT_EQ(field(sdr, "mastering-display-info"), "(none)");
}

// As a film ends and another begins.
TEST(VkCompositor, TheLightOfAnHdrCanvasFollowsItsInputs) {
  Pipeline pipeline(
      "videotestsrc ! capsfilter name=in caps-change-mode=delayed "
      "caps=video/x-raw,format=P010_10LE,width=64,height=48,colorimetry=bt2100-pq,"
      "content-light-level=(string)800:300 ! vkcompositor ! fakesink name=sink");
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  const auto says = [&](const char* expected) {
    return eventually([&] {
      const Ref<GstCaps> caps(gst_pad_get_current_caps(pad.get()));
      const char* text = caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0),
                                                         "content-light-level")
                              : "no caps";
      return std::string(text ? text : "(none)") == expected;
    });
  };
  const auto set = [&](const char* text) {
    const Ref<GstCaps> caps(gst_caps_from_string(text));
    g_object_set(pipeline.get("in").get(), "caps", caps.get(), nullptr);
  };
  pipeline.set_state(GST_STATE_PLAYING);
  EXPECT_TRUE(says("800:300"));
  set("video/x-raw,format=P010_10LE,width=64,height=48,colorimetry=bt2100-pq,"
      "content-light-level=(string)1200:150");
  EXPECT_TRUE(says("1200:150"));
  set("video/x-raw,format=NV12,width=64,height=48,colorimetry=bt709");
  EXPECT_TRUE(says("(none)"));
  pipeline.poll();
  EXPECT_TRUE(pipeline.errors.empty());
}

TEST(VkCompositor, WhatIsHiddenIsNotRead) {
  Pipeline pipeline(
      scene("vkcompositor", "NV12", "sink_1::width=160 sink_1::height=120 sink_1::zorder=5", 5));
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(stat(pipeline, "layers"), 5u);
  EXPECT_EQ(stat(pipeline, "hidden-layers"), 5u);
  EXPECT_EQ(stat(pipeline, "import-frames") + stat(pipeline, "upload-frames"), 5u);
}

TEST(VkCompositor, PropertiesFollowAController) {
  Pipeline pipeline(scene("vkcompositor", "NV12", "", 10));
  const Ref<GstElement> compositor = pipeline.get("c");
  const Ref<GstPad> pad(gst_element_get_static_pad(compositor.get(), "sink_1"));
  GstControlSource* source = gst_interpolation_control_source_new();
  g_object_set(source, "mode", GST_INTERPOLATION_MODE_LINEAR, nullptr);
  gst_object_add_control_binding(GST_OBJECT(pad.get()), gst_direct_control_binding_new_absolute(
                                                            GST_OBJECT(pad.get()), "xpos", source));
  gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(source), 0, 0);
  gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(source), GST_SECOND / 5, 100);
  gst_object_unref(source);
  Frames frames(pipeline);
  ASSERT_TRUE(pipeline.run());
  ASSERT_EQ(frames.frames.size(), 10u);
  // Its upper left bar is white; frame 2 is 80 ms, so at x = 40.
  const std::vector<uint8_t>& third = frames.frames[2].bytes;
  EXPECT_LT(third[36], 60);
  EXPECT_GT(third[44], 150);
}

TEST(VkCompositor, PadsComeAndGoWhilePlaying) {
  Pipeline pipeline(
      "vkcompositor name=c ! video/x-raw,format=NV12,width=64,height=64 ! fakesink name=sink "
      "videotestsrc is-live=true ! video/x-raw,format=NV12,width=64,height=64,framerate=100/1 ! "
      "c.sink_0");
  const Ref<GstElement> compositor = pipeline.get("c");
  const Ref<GstPad> sink(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("sink")).get(), "sink"));
  const BufferCount count(sink.get());
  pipeline.set_state(GST_STATE_PLAYING);
  ASSERT_TRUE(count.reaches(2));
  for (unsigned round = 0; round < 20; round++) {
    const Ref<GstPad> pad(gst_element_request_pad_simple(compositor.get(), "sink_%u"));
    ASSERT_TRUE(pad);
    g_object_set(pad.get(), "xpos", 8, "rotation", 10.0, nullptr);
    const unsigned before = count.value();
    ASSERT_TRUE(count.reaches(before + 2));
    gst_element_release_request_pad(compositor.get(), pad.get());
  }
  pipeline.poll();
  EXPECT_TRUE(pipeline.errors.empty());
}

TEST(VkCompositor, TwoInOnePipelineShareADevice) {
  Pipeline pipeline(
      "videotestsrc num-buffers=3 ! vkcompositor name=a ! vkcompositor name=b ! fakesink");
  ASSERT_TRUE(pipeline.run());
  const auto device_of = [&](const char* name) {
    GstQuery* query = gst_query_new_context("gst.vulkan.device");
    gpointer device = nullptr;
    GstContext* context = nullptr;
    if (gst_element_query(pipeline.get(name).get(), query))
      gst_query_parse_context(query, &context);
    if (context) {
      const GstStructure* s = gst_context_get_structure(context);
      device = g_value_get_object(gst_structure_get_value(s, "gst.vulkan.device"));
    }
    gst_query_unref(query);
    return device;
  };
  EXPECT_TRUE(device_of("a"));
  EXPECT_EQ(device_of("a"), device_of("b"));
}

TEST(VkCompositor, ADeviceThatIsNotThereIsAnErrorThatNamesThoseThatAre) {
  Pipeline pipeline("videotestsrc num-buffers=3 ! vkcompositor device=vk99 ! fakesink");
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("vk99"), std::string::npos) << pipeline.errors[0];
  EXPECT_NE(pipeline.errors[0].find("vk0"), std::string::npos) << pipeline.errors[0];
}

}  // namespace
}  // namespace av1hw::test
