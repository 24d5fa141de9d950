// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor over a long time: caps that change again and again, pads that come and go, hours of
// timestamps; nothing grows. AV1HW_SOAK_FRAMES says how long the longest takes.
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bins/pipeline.h"
#include "support/others_leak.h"
#include "support/process_state.h"

namespace av1hw::test {
namespace {

struct Teardown {
  void operator()(GstHarness* harness) const { gst_harness_teardown(harness); }
};
using Harness = std::unique_ptr<GstHarness, Teardown>;

Harness make_harness() {
  Harness harness(gst_harness_new_with_padnames("vkcompositor", "sink_0", "src"));
  gst_harness_play(harness.get());
  return harness;
}

void set_caps(const Harness& harness, const std::string& format, int width, int height, int rate) {
  gst_harness_set_src_caps_str(
      harness.get(), std::format("video/x-raw,format={},width={},height={},framerate={}/1", format,
                                 width, height, rate)
                         .c_str());
}

GstBuffer* frame(const std::string& format, int width, int height, GstClockTime pts,
                 GstClockTime duration) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, gst_video_format_from_string(format.c_str()),
                            static_cast<guint>(width), static_cast<guint>(height));
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, info.size, nullptr);
  gst_buffer_memset(buffer, 0, 0x40, info.size);
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DURATION(buffer) = duration;
  return buffer;
}

// The width of what came out last, of all that is there by now.
unsigned drain(const Harness& harness, int* width) {
  unsigned count = 0;
  while (GstBuffer* buffer = gst_harness_try_pull(harness.get())) {
    gst_buffer_unref(buffer);
    count++;
  }
  // The harness keeps them as well.
  while (GstEvent* event = gst_harness_try_pull_event(harness.get())) gst_event_unref(event);
  if (GstCaps* caps = gst_pad_get_current_caps(harness->sinkpad)) {
    gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", width);
    gst_caps_unref(caps);
  }
  return count;
}

// Vulkan's memory and objects, where the layer of fault_layer/ is loaded and counts them.
std::optional<int64_t> vulkan_objects() {
  const char* folder = std::getenv("VK_LAYER_PATH");
  if (!folder) return std::nullopt;
  const std::string path = std::string(folder) + "/libav1hw_fault_layer.so";
  void* layer = dlopen(path.c_str(), RTLD_NOLOAD | RTLD_NOW);
  if (!layer) return std::nullopt;
  const auto count = reinterpret_cast<int64_t (*)()>(dlsym(layer, "av1hw_live_vulkan_objects"));
  const int64_t found = count();
  dlclose(layer);
  return found;
}

struct Held {
  long bytes = 0;     // allocated and not freed
  long resident = 0;  // of the process
  std::optional<int64_t> objects;

  static Held now() {
    return {static_cast<long>(bytes_in_use()), resident_bytes(), vulkan_objects()};
  }
};

// What is held after a third of `rounds`, after two thirds, and after all of them.
template <typename Round>
std::array<Held, 3> thirds(int rounds, Round round) {
  std::array<Held, 3> held;
  for (int i = 0; i < rounds; i++) {
    if (i == rounds / 3) held[0] = Held::now();
    if (i == rounds / 3 * 2) held[1] = Held::now();
    round(i);
    if (testing::Test::HasFatalFailure()) break;
  }
  held[2] = Held::now();
  return held;
}

// Pools and queues are fuller at one time than another, and now and then the driver's compiler is
// at work: what is lost a round grows in both thirds.
constexpr long tolerated_bytes = 300 * 1000;
constexpr int64_t tolerated_objects = 16;

void expect_no_growth(const std::array<Held, 3>& held) {
  const auto& [first, second, last] = held;
  EXPECT_LT(std::min(second.bytes - first.bytes, last.bytes - second.bytes), tolerated_bytes);
  if (first.objects && second.objects && last.objects) {
    EXPECT_LE(std::min(*second.objects - *first.objects, *last.objects - *second.objects),
              tolerated_objects);
  }
  for (const Held& each : held)
    std::printf("  bytes %ld, resident %ld, Vulkan objects %ld\n", each.bytes, each.resident,
                static_cast<long>(each.objects.value_or(-1)));
}

TEST(VkCompositorChange, AThousandCaps) {
  constexpr std::array formats = {"NV12", "I420", "RGBA", "P010_10LE"};
  constexpr GstClockTime duration = 40 * GST_MSECOND;
  const Harness harness = make_harness();
  unsigned out = 0;
  int width = 0, last = 0;
  const auto held = thirds(1000, [&](int i) {
    last = 32 + 16 * (i % 7);
    set_caps(harness, formats[i % formats.size()], last, 32, 25);
    ASSERT_EQ(
        gst_harness_push(harness.get(), frame(formats[i % formats.size()], last, 32,
                                              duration * static_cast<GstClockTime>(i), duration)),
        GST_FLOW_OK);
    out += drain(harness, &width);
  });
  gst_harness_push_event(harness.get(), gst_event_new_eos());
  while (GstBuffer* buffer = gst_harness_pull(harness.get())) {
    gst_buffer_unref(buffer);
    if (++out == 1000) break;
  }
  drain(harness, &width);
  EXPECT_EQ(out, 1000u);
  EXPECT_EQ(width, last);
  expect_no_growth(held);
}

// A pad that shows one frame, and ends.
void show_one(GstPad* pad, GstClockTime pts, GstClockTime duration) {
  // GstVideoAggregatorPad (1.26) has no finalizer: caps that it has not come to use stay for ever.
  const OthersLeak caps_of_a_released_pad;
  const auto send = [pad](GstEvent* event) { EXPECT_TRUE(gst_pad_send_event(pad, event)); };
  GstCaps* caps = gst_caps_from_string("video/x-raw,format=I420,width=32,height=32,framerate=25/1");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  send(gst_event_new_stream_start("one"));
  send(gst_event_new_caps(caps));
  send(gst_event_new_segment(&segment));
  EXPECT_EQ(gst_pad_chain(pad, frame("I420", 32, 32, pts, duration)), GST_FLOW_OK);
  send(gst_event_new_eos());
  gst_caps_unref(caps);
}

TEST(VkCompositorChange, AThousandPads) {
  constexpr GstClockTime duration = 40 * GST_MSECOND;
  const Harness harness = make_harness();
  set_caps(harness, "NV12", 64, 64, 25);
  int width = 0;
  unsigned out = 0;
  const auto held = thirds(1000, [&](int i) {
    const GstClockTime pts = duration * static_cast<GstClockTime>(i);
    GstPad* pad = gst_element_request_pad_simple(harness->element, "sink_%u");
    ASSERT_NE(pad, nullptr);
    g_object_set(pad, "xpos", i % 64, nullptr);
    show_one(pad, pts, duration);
    gst_harness_push(harness.get(), frame("NV12", 64, 64, pts, duration));
    gst_element_release_request_pad(harness->element, pad);
    gst_object_unref(pad);
    out += drain(harness, &width);
  });
  EXPECT_GT(out, 900u);
  expect_no_growth(held);
}

// From upstream and from downstream, while frames flow on threads of their own. Without `delayed` a
// capsfilter refuses what was on its way to it, now and then.
TEST(VkCompositorChange, AThousandCapsWhilePlaying) {
  Pipeline pipeline(
      "videotestsrc ! capsfilter name=in caps-change-mode=delayed "
      "caps=video/x-raw,format=NV12,width=32,height=32 ! "
      "vkcompositor ! capsfilter name=out caps-change-mode=delayed "
      "caps=video/x-raw,width=48,height=32 ! "
      "fakesink name=sink");
  const auto set = [&](const char* name, const std::string& text) {
    const Ref<GstCaps> caps(gst_caps_from_string(text.c_str()));
    g_object_set(pipeline.get(name).get(), "caps", caps.get(), nullptr);
  };
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  const auto width = [&] {
    const Ref<GstCaps> caps(gst_pad_get_current_caps(pad.get()));
    int found = 0;
    if (caps) gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "width", &found);
    return found;
  };
  pipeline.set_state(GST_STATE_PLAYING);
  const auto held = thirds(1000, [&](int i) {
    const char* format = i % 3 ? "NV12" : "RGBA";
    const int wanted = 32 + 16 * (i % 5);
    set("in", std::format("video/x-raw,format={},width={},height=32", format, 32 + i % 64));
    set("out",
        std::format("video/x-raw,format={},width={},height=32", i % 2 ? "I420" : "NV12", wanted));
    ASSERT_TRUE(eventually([&] { return width() == wanted; })) << i;
  });
  pipeline.poll();
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  expect_no_growth(held);
}

// A frame a second, as fast as it goes.
TEST(VkCompositorChange, EightHoursOfTimestamps) {
  constexpr int hours = 8;
  const Harness harness = make_harness();
  set_caps(harness, "NV12", 32, 32, 1);
  int width = 0;
  unsigned out = 0;
  const auto held = thirds(hours * 3600, [&](int i) {
    ASSERT_EQ(gst_harness_push(
                  harness.get(),
                  frame("NV12", 32, 32, GST_SECOND * static_cast<GstClockTime>(i), GST_SECOND)),
              GST_FLOW_OK);
    out += drain(harness, &width);
  });
  EXPECT_GT(out, hours * 3600u - 10);
  expect_no_growth(held);
}

// 864,000 frames are eight hours at this rate.
TEST(VkCompositorChange, FramesWithoutEnd) {
  constexpr int rate = 30;
  const char* wanted = std::getenv("AV1HW_SOAK_FRAMES");
  const int frames = wanted ? std::atoi(wanted) : 20000;
  const Harness harness = make_harness();
  set_caps(harness, "NV12", 16, 16, rate);
  int width = 0, out = 0;
  const auto held = thirds(frames, [&](int i) {
    const auto time = [](int n) {
      return gst_util_uint64_scale(static_cast<guint64>(n), GST_SECOND, rate);
    };
    ASSERT_EQ(
        gst_harness_push(harness.get(), frame("NV12", 16, 16, time(i), time(i + 1) - time(i))),
        GST_FLOW_OK);
    out += static_cast<int>(drain(harness, &width));
  });
  EXPECT_GT(out, frames - 10);
  expect_no_growth(held);
  // Memory of threads' own arenas comes and goes; what grows with each frame is more than that.
  EXPECT_LT(held[2].resident - held[0].resident, 16 << 20);
}

}  // namespace
}  // namespace av1hw::test
