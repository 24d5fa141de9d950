// SPDX-License-Identifier: LGPL-2.1-or-later
// av1compositebin with vkcompositor inside: frames in Vulkan images from end to end, memory of
// several kinds at once, and what goes between where two elements agree on none.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <format>
#include <string>
#include <vector>

#include "bins/composite_fixture.h"
#include "bins/composite_links.h"
#include "bins/pipeline.h"
#include "hardware/frames.h"

namespace av1hw::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
constexpr const char* too_slow =
    "live sources are faster than what sanitizers leave of the blender";
constexpr int frames = 6;
constexpr const char* nv12 = "video/x-raw,format=NV12,width=160,height=120,framerate=30/1";
constexpr const char* images = "video/x-raw(memory:VulkanImage)";
constexpr const char* download =
    "vulkandownload ! video/x-raw ! fakesink name=sink enable-last-sample=true";

// In Vulkan images. They come from vkcompositor: vulkanupload (1.26) writes the next frame into
// what the device may still be copying the last one from.
std::string image_source(const char* pattern, int buffers = frames, const char* extra = "") {
  return std::format("{} ! vkcompositor background=black ! {},format=NV12",
                     source(pattern, buffers, extra), images);
}

std::string nv12_source(const char* pattern) {
  return std::format("videotestsrc pattern={} num-buffers={} ! {}", pattern, frames, nv12);
}

std::string bin_of(const std::string& properties) {
  return "av1compositebin name=c compositor=vk width=320 height=240 " + properties;
}

guint64 stat(const Pipeline& pipeline, const char* field) {
  const Ref<GstStructure> stats = get_structure(pipeline.get("c").get(), "stats");
  guint64 value = G_MAXUINT64;
  EXPECT_TRUE(gst_structure_get_uint64(stats.get(), field, &value)) << field;
  return value;
}

void expect_nothing_through_the_host(const Pipeline& pipeline) {
  for (const char* move : {"upload-bytes", "download-bytes", "system-copy-bytes"})
    EXPECT_EQ(stat(pipeline, move), 0u) << move;
}

void expect_colours(const Pipeline& pipeline, Colour left, Colour right) {
  const Picture picture(pipeline.get("sink").get());
  EXPECT_EQ(picture.width(), 320);
  EXPECT_TRUE(picture.is(80, 120, left));
  EXPECT_TRUE(picture.is(240, 120, right));
}

TEST(CompositeMemory, VulkanImagesStayOnTheDevice) {
  Pipeline pipeline(std::format("{} ! {} ! {} {} ! c.sink_0 {} ! c.sink_1", bin_of(""), images,
                                download, image_source("red"), image_source("green")));
  ASSERT_TRUE(pipeline.run());
  expect_colours(pipeline, red, green);
  expect_nothing_through_the_host(pipeline);
  EXPECT_EQ(stat(pipeline, "gpu-copy-bytes"), 0u);
  EXPECT_EQ(stat(pipeline, "same-object-frames"), 3u * frames);
  const std::vector<Link> all = links(pipeline);
  ASSERT_EQ(all.size(), 3u);
  for (const Link& link : all) {
    EXPECT_EQ(link.memory, "memory:VulkanImage") << link.from;
    EXPECT_EQ(link.adapter, "") << link.from;
  }
  EXPECT_EQ(all[0].from, "sink_0");
  EXPECT_EQ(all[2].to, "src");
  EXPECT_TRUE(pipeline.warnings.empty()) << pipeline.warnings[0];
}

// Where downstream takes anything, the canvas is in the memory of the inputs.
TEST(CompositeMemory, TheCanvasFollowsTheInputs) {
  for (const auto& [input, memory] : {std::pair(image_source("red"), "memory:VulkanImage"),
                                      {source("red", frames), "memory:SystemMemory"}}) {
    Pipeline pipeline(std::format("{} output=raw ! fakesink {} ! c.sink_0", bin_of(""), input));
    ASSERT_TRUE(pipeline.run());
    EXPECT_EQ(links(pipeline)[1].memory, memory);
  }
}

// A user of images gets them whatever the inputs are in.
TEST(CompositeMemory, DownstreamsFirstMemoryIsTaken) {
  Pipeline pipeline(std::format("{} ! {} {} ! c.sink_0 {} ! c.sink_1", bin_of(""), download,
                                nv12_source("red"), nv12_source("green")));
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(links(pipeline)[2].memory, "memory:VulkanImage");
  expect_colours(pipeline, red, green);
  EXPECT_TRUE(pipeline.warnings.empty()) << pipeline.warnings[0];
}

// Not a stall. The second: nothing uploads to images.
TEST(CompositeMemory, WhatDownstreamCannotTakeIsAnError) {
  for (const auto& [compositor, memory] :
       {std::pair("vk", "memory:NobodysMemory"), {"cpu", "memory:VulkanImage"}}) {
    Pipeline pipeline(
        std::format("av1compositebin name=c compositor={} output=raw ! video/x-raw({}) ! "
                    "fakesink {} ! c.sink_0",
                    compositor, memory, source("red", frames)));
    EXPECT_FALSE(pipeline.run(std::chrono::seconds(30)));
    ASSERT_FALSE(pipeline.errors.empty());
    EXPECT_NE(pipeline.errors[0].find(memory), std::string::npos) << pipeline.errors[0];
  }
}

TEST(CompositeMemory, InputsOfSeveralKindsAtOnce) {
  Pipeline pipeline(
      std::format("{} ! {} {} ! c.sink_0 {} ! c.sink_1 {} ! av1encbin preset=10 ! c.sink_2 "
                  "videotestsrc pattern=white num-buffers={} ! "
                  "video/x-raw,format=UYVY,width=160,height=120,framerate=30/1 ! c.sink_3",
                  bin_of(""), raw_sink, image_source("red"), source("green", frames),
                  source("blue", frames), frames));
  ASSERT_TRUE(pipeline.run());
  const Picture picture(pipeline.get("sink").get());
  EXPECT_TRUE(picture.is(80, 60, red));
  EXPECT_TRUE(picture.is(240, 60, green));
  EXPECT_TRUE(picture.is(80, 180, blue));
  EXPECT_TRUE(picture.is(240, 180, white));
  const std::vector<Link> all = links(pipeline);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].memory, "memory:VulkanImage");
  EXPECT_EQ(all[1].memory, "memory:SystemMemory");
  EXPECT_EQ(all[3].adapter, "videoconvert");
  EXPECT_EQ(all[3].copied, guint64{frames} * 160 * 120 * 2);
  for (const size_t i : {0, 1, 2}) EXPECT_EQ(all[i].adapter, "") << i;
  EXPECT_EQ(all[4].memory, "memory:SystemMemory");
}

TEST(CompositeMemory, ImagesToAv1) {
  Pipeline pipeline(
      std::format("{} encoder::preset=10 ! av1decbin ! fakesink name=sink enable-last-sample=true "
                  "{} ! c.sink_0 {} ! c.sink_1",
                  bin_of(""), image_source("red"), image_source("green")));
  ASSERT_TRUE(pipeline.run());
  expect_colours(pipeline, red, green);
  EXPECT_EQ(stat(pipeline, "upload-bytes"), 0u);
}

// What passes a pad as caps: its memory, in order.
std::vector<std::string> memory_log;

TEST(CompositeMemory, AnInputChangesItsMemory) {
  Pipeline pipeline(
      std::format("{} ! {} concat name=x ! c.sink_0 {} ! x. {} ! x. {} ! x. {} ! c.sink_1",
                  bin_of(""), raw_sink, image_source("red"), nv12_source("red"),
                  image_source("red"), source("green", 3 * frames)));
  memory_log.clear();
  const Ref<GstPad> pad(gst_element_get_static_pad(pipeline.get("c").get(), "sink_0"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
        if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        const GstCapsFeatures* features = gst_caps_get_features(caps, 0);
        memory_log.emplace_back(gst_caps_features_get_nth(features, 0));
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  const Ref<GstPad> sink(
      gst_element_get_static_pad(Ref<GstElement>(pipeline.get("sink")).get(), "sink"));
  const BufferCount count(sink.get());
  ASSERT_TRUE(pipeline.run());
  const std::vector<std::string> expected = {"memory:VulkanImage", "memory:SystemMemory",
                                             "memory:VulkanImage"};
  EXPECT_EQ(memory_log, expected);
  EXPECT_EQ(count.value(), 3u * frames);
  expect_colours(pipeline, red, green);
  EXPECT_EQ(links(pipeline)[0].adapter, "");
  EXPECT_TRUE(pipeline.warnings.empty()) << pipeline.warnings[0];
}

TEST(CompositeMemory, InputsInImagesComeAndGo) {
  if (sanitized) GTEST_SKIP() << too_slow;
  Pipeline pipeline(std::format("{} ignore-inactive-pads=true latency={} ! {} ! {} {} ! c.sink_0",
                                bin_of(""), live_latency, images, download,
                                image_source("red", -1, "is-live=true")));
  pipeline.set_state(GST_STATE_PLAYING);
  const Ref<GstElement> sink = pipeline.get("sink");
  const auto shows = [&](Colour left, Colour right) {
    pipeline.poll();
    const Picture picture(sink.get());
    return picture.is(80, 120, left) && picture.is(240, 120, right);
  };
  EXPECT_TRUE(eventually([&] { return shows(red, red); }));
  for (int i = 0; i < 4; i++) {
    Branch added(pipeline, i % 2 ? source("green", -1, "is-live=true")
                                 : image_source("green", -1, "is-live=true"));
    EXPECT_TRUE(eventually([&] { return shows(red, green); })) << i;
    added.remove();
    EXPECT_TRUE(eventually([&] { return shows(red, red); })) << i;
  }
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  EXPECT_TRUE(pipeline.warnings.empty()) << pipeline.warnings[0];
}

// GStreamer's compositor knows system memory alone.
TEST(CompositeMemory, ADownloadGoesBetweenWhereTheBlenderTakesNoImages) {
  Pipeline pipeline(
      std::format("av1compositebin name=c compositor=cpu width=320 height=240 ! {} "
                  "{} ! c.sink_0 {} ! c.sink_1",
                  raw_sink, image_source("red"), source("green", frames)));
  ASSERT_TRUE(pipeline.run());
  expect_colours(pipeline, red, green);
  const std::vector<Link> all = links(pipeline);
  EXPECT_EQ(all[0].adapter, "vulkandownload");
  EXPECT_EQ(all[0].downloaded, guint64{frames} * 160 * 120 * 3 / 2);
  EXPECT_EQ(all[1].adapter, "");
  EXPECT_EQ(stat(pipeline, "download-bytes"), all[0].downloaded);
}

// Timestamps of what comes out.
class Times {
 public:
  explicit Times(GstPad* pad) {
    gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo* info, gpointer self) {
          auto* times = static_cast<Times*>(self);
          const GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
          if (times->count++ > 0 && pts <= times->last) times->backwards++;
          times->last = pts;
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
  }
  std::atomic<int> count = 0, backwards = 0;
  std::atomic<GstClockTime> last = 0;
};

// After an error with frames in images they go through system memory, and the rest of the pipeline
// does not notice.
TEST(CompositeMemory, FallsBackToSystemMemory) {
  if (sanitized) GTEST_SKIP() << too_slow;
  Pipeline pipeline(
      std::format("{} ignore-inactive-pads=true latency={} ! {} {} ! c.sink_0 {} ! c.sink_1",
                  bin_of(""), live_latency, raw_sink, image_source("red", -1, "is-live=true"),
                  image_source("green", -1, "is-live=true")));
  const Ref<GstElement> sink = pipeline.get("sink");
  Times times(Ref<GstPad>(gst_element_get_static_pad(sink.get(), "sink")).get());
  pipeline.set_state(GST_STATE_PLAYING);
  const auto shows = [&] {
    pipeline.poll();
    const Picture picture(sink.get());
    return picture.is(80, 120, red) && picture.is(240, 120, green);
  };
  ASSERT_TRUE(eventually(shows));
  EXPECT_EQ(links(pipeline)[0].adapter, "");
  // At its start a live aggregator (1.26) may give a timestamp twice.
  times.backwards = 0;
  fail_blender(pipeline);
  EXPECT_TRUE(eventually([&] { return shows() && links(pipeline)[1].downloaded > 0; }));
  const int before = times.count;
  EXPECT_TRUE(eventually([&] { return shows() && times.count > before + 5; }));
  for (const size_t i : {0, 1}) EXPECT_EQ(links(pipeline)[i].adapter, "vulkandownload") << i;
  EXPECT_EQ(times.backwards, 0);
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  ASSERT_EQ(pipeline.warnings.size(), 1u);
  EXPECT_NE(pipeline.warnings[0].find("system memory"), std::string::npos);
  EXPECT_NE(pipeline.warnings[0].find("the device is on fire"), std::string::npos);
  EXPECT_NE(blender_note(pipeline).find("the device is on fire"), std::string::npos);
}

// One input has ended by then: the new blender does not wait for it.
TEST(CompositeMemory, FallsBackWithAnInputThatEnded) {
  Pipeline pipeline(std::format("{} latency={} ! {} {} ! c.sink_0 {} ! c.sink_1", bin_of(""),
                                live_latency, raw_sink, image_source("red", -1, "is-live=true"),
                                image_source("green", 3)));
  const Ref<GstElement> sink = pipeline.get("sink");
  const Times times(Ref<GstPad>(gst_element_get_static_pad(sink.get(), "sink")).get());
  pipeline.set_state(GST_STATE_PLAYING);
  const auto plays_on = [&] {
    const int before = times.count;
    return eventually([&] { return times.count > before + 5; }, std::chrono::seconds(20));
  };
  ASSERT_TRUE(eventually([&] { return times.count > 20; }));
  fail_blender(pipeline);
  EXPECT_TRUE(eventually([&] { return links(pipeline)[0].downloaded > 0; }));
  EXPECT_TRUE(plays_on());
  EXPECT_TRUE(eventually([&] { return Picture(sink.get()).is(80, 120, red); }));
  pipeline.poll();
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
}

// Memory is not to blame for that.
TEST(CompositeMemory, AnErrorWithSystemMemoryAloneIsAnError) {
  Pipeline pipeline(std::format("{} ! {} {} ! c.sink_0", bin_of(""), raw_sink,
                                source("red", -1, "is-live=true")));
  pipeline.set_state(GST_STATE_PLAYING);
  const Ref<GstElement> sink = pipeline.get("sink");
  ASSERT_TRUE(eventually([&] { return Picture(sink.get()).is(80, 120, red); }));
  fail_blender(pipeline);
  EXPECT_EQ(pipeline.wait(GST_MESSAGE_ERROR, std::chrono::seconds(10)), GST_MESSAGE_ERROR);
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("the device is on fire"), std::string::npos);
}

// A download could not read them either.
TEST(CompositeMemory, ImagesOfAnotherDeviceAreAnError) {
  Pipeline other(
      std::format("{} ! vkcompositor ! {} ! appsink name=s", nv12_source("red"), images));
  Pipeline pipeline(
      std::format("{} ! {} appsrc name=a format=time ! c.sink_0", bin_of(""), raw_sink));
  other.set_state(GST_STATE_PLAYING);
  GstSample* sample = nullptr;
  g_signal_emit_by_name(other.get("s").get(), "pull-sample", &sample);
  ASSERT_TRUE(sample);
  GstFlowReturn flow = GST_FLOW_OK;
  const Ref<GstElement> appsrc = pipeline.get("a");
  g_signal_emit_by_name(appsrc.get(), "push-sample", sample, &flow);
  g_signal_emit_by_name(appsrc.get(), "end-of-stream", &flow);
  gst_sample_unref(sample);
  EXPECT_FALSE(pipeline.run(std::chrono::seconds(30)));
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("another device's"), std::string::npos) << pipeline.errors[0];
}

TEST(CompositeMemory, StopsWhileItFallsBack) {
  for (int i = 0; i < 10; i++) {
    Pipeline pipeline(std::format("{} ! {} {} ! c.sink_0 {} ! c.sink_1", bin_of(""), raw_sink,
                                  image_source("red", -1), image_source("green", -1)));
    pipeline.set_state(GST_STATE_PAUSED);
    ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE) << i;
    pipeline.set_state(GST_STATE_PLAYING);
    fail_blender(pipeline);
    g_usleep(static_cast<gulong>(i) * 3000);
    pipeline.set_state(i % 2 ? GST_STATE_READY : GST_STATE_NULL);
    pipeline.set_state(GST_STATE_PAUSED);
    ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE) << i;
    EXPECT_TRUE(pipeline.errors.empty()) << i << pipeline.errors[0];
  }
}

bool on_nvidia() {
  const char* profile = std::getenv("REFDRV_PROFILE");
  return profile && std::string(profile).find("ada") != std::string::npos;
}

TEST(CompositeOnADriver, AnUploadGoesBetweenWhereDownstreamTakesCudaMemoryAlone) {
  if (!on_nvidia()) GTEST_SKIP() << "this is not the reference driver of an NVIDIA GPU";
  Pipeline pipeline(std::format(
      "av1compositebin name=c compositor=cpu width=320 height=240 ! "
      "video/x-raw(memory:CUDAMemory),format=NV12 ! cudadownload ! {} {} ! c.sink_0 {} ! c.sink_1",
      raw_sink, nv12_source("red"), nv12_source("green")));
  for (int round = 0; round < 2; round++) {
    ASSERT_TRUE(pipeline.run());
    expect_colours(pipeline, red, green);
    const Link last = links(pipeline).back();
    EXPECT_EQ(last.adapter, "cudaupload");
    EXPECT_EQ(last.uploaded, (round + 1) * uint64_t{frames} * 320 * 240 * 3 / 2);
    EXPECT_EQ(stat(pipeline, "upload-bytes"), last.uploaded);
    pipeline.set_state(GST_STATE_NULL);
  }
}

// On the reference drivers (meson.build): what a hardware decoder gives goes into the blender in
// whatever memory the two agree on, and shows what dav1d's pictures show.
TEST(CompositeOnADriver, Av1InputsShowTheSame) {
  if (!std::getenv("REFDRV_PROFILE"))
    GTEST_SKIP() << "there is no reference driver: REFDRV_PROFILE is not set";
  const auto line = [](const char* backend) {
    return std::format(
        "av1compositebin name=c compositor=vk backend={} output=raw width=640 height=240 ! "
        "video/x-raw,format=I420 ! fakesink name=sink "
        "filesrc location={} ! qtdemux ! av1parse ! c.sink_0 "
        "filesrc location={} ! matroskademux ! av1parse ! c.sink_1",
        backend, data_file("chart.mp4"), data_file("fractal.webm"));
  };
  const bool nvidia = on_nvidia();
  Pipeline pipeline(line(nvidia ? "nv" : "va"));
  ASSERT_TRUE(pipeline.run());
  EXPECT_NE(
      get_string(pipeline.get("c").get(), "chosen").find(nvidia ? "2 x nvav1dec" : "2 x vaav1dec"),
      std::string::npos);
  for (const Link& link : links(pipeline)) {
    EXPECT_NE(link.memory, "") << link.from;
    EXPECT_EQ(link.adapter, "") << link.from;
  }
  pipeline.set_state(GST_STATE_NULL);
  const Played ours = play(line(nvidia ? "nv" : "va"));
  const Played cpu = play(line("cpu"));
  EXPECT_GT(cpu.frames.size(), 20u);
  EXPECT_EQ(compare(ours.frames, cpu.frames), "");
  EXPECT_TRUE(ours.warnings.empty()) << ours.warnings[0];
}

}  // namespace
}  // namespace av1hw::test
