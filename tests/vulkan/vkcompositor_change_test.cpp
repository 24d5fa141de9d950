// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor over a long time: caps that change again and again, pads that come and go, hours of
// timestamps; nothing grows.
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <array>
#include <format>
#include <memory>
#include <string>

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

// How much more is in use after all of `rounds` than after half of them.
template <typename Round>
long growth(int rounds, Round round) {
  size_t before = 0;
  for (int i = 0; i < rounds; i++) {
    if (i == rounds / 2) before = bytes_in_use();
    round(i);
  }
  return static_cast<long>(bytes_in_use()) - static_cast<long>(before);
}

constexpr long tolerated = 300 * 1000;  // pools and queues that are fuller at one time than another

TEST(VkCompositorChange, AThousandCaps) {
  constexpr std::array formats = {"NV12", "I420", "RGBA", "P010_10LE"};
  constexpr GstClockTime duration = 40 * GST_MSECOND;
  const Harness harness = make_harness();
  unsigned out = 0;
  int width = 0, last = 0;
  const long grown = growth(1000, [&](int i) {
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
  EXPECT_LT(grown, tolerated);
}

TEST(VkCompositorChange, AThousandPads) {
  constexpr GstClockTime duration = 40 * GST_MSECOND;
  const Harness harness = make_harness();
  set_caps(harness, "NV12", 64, 64, 25);
  int width = 0;
  const long grown = growth(1000, [&](int i) {
    GstPad* pad = gst_element_request_pad_simple(harness->element, "sink_%u");
    ASSERT_NE(pad, nullptr);
    g_object_set(pad, "xpos", i % 64, nullptr);
    // A pad that said nothing yet is waited for.
    gst_pad_send_event(pad, gst_event_new_stream_start("empty"));
    gst_pad_send_event(pad, gst_event_new_eos());
    gst_harness_push(harness.get(),
                     frame("NV12", 64, 64, duration * static_cast<GstClockTime>(i), duration));
    gst_element_release_request_pad(harness->element, pad);
    gst_object_unref(pad);
    drain(harness, &width);
  });
  EXPECT_LT(grown, tolerated);
}

// A frame a second, as fast as it goes.
TEST(VkCompositorChange, EightHoursOfTimestamps) {
  constexpr int hours = 8;
  const Harness harness = make_harness();
  set_caps(harness, "NV12", 32, 32, 1);
  int width = 0;
  unsigned out = 0;
  const long grown = growth(hours * 3600, [&](int i) {
    ASSERT_EQ(gst_harness_push(
                  harness.get(),
                  frame("NV12", 32, 32, GST_SECOND * static_cast<GstClockTime>(i), GST_SECOND)),
              GST_FLOW_OK);
    out += drain(harness, &width);
  });
  EXPECT_GT(out, hours * 3600u - 10);
  EXPECT_LT(grown, tolerated);
}

}  // namespace
}  // namespace av1hw::test
