// SPDX-License-Identifier: LGPL-2.1-or-later
// av1compositebin: the picture, inputs that come, go and fail, live input, what it says of itself.
#include <gst/controller/controller.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "composite_fixture.h"
#include "fake_codecs.h"
#include "pipeline.h"

namespace av1hw::test {
namespace {

TEST(CompositeBin, GridOfRawAndAv1) {
  Pipeline pipeline(std::format(
      "av1compositebin name=c width=320 height=240 ! {} "
      "{} ! c.sink_0 {} ! av1encbin preset=10 ! c.sink_1 "
      "{} ! av1encbin preset=10 ! c.sink_2 {} ! c.sink_3",
      raw_sink, source("red", 12), source("green", 12), source("blue", 12), source("white", 12)));
  ASSERT_TRUE(pipeline.run());
  const Picture picture(pipeline.get("sink").get());
  EXPECT_EQ(picture.width(), 320);
  EXPECT_EQ(picture.height(), 240);
  EXPECT_TRUE(picture.is(80, 60, red));
  EXPECT_TRUE(picture.is(240, 60, green));
  EXPECT_TRUE(picture.is(80, 180, blue));
  EXPECT_TRUE(picture.is(240, 180, white));
}

TEST(CompositeBin, ManualLayoutFollowsThePads) {
  Pipeline pipeline(
      std::format("av1compositebin name=c layout=manual width=320 height=240 background=black "
                  "sink_1::xpos=200 sink_1::ypos=100 sink_1::width=40 sink_1::height=40 "
                  "sink_0::width=100 sink_0::height=100 ! {} {} ! c.sink_0 {} ! c.sink_1",
                  raw_sink, source("red", 5), source("green", 5)));
  ASSERT_TRUE(pipeline.run());
  const Picture picture(pipeline.get("sink").get());
  EXPECT_TRUE(picture.is(50, 50, red));
  EXPECT_TRUE(picture.is(220, 120, green));
  EXPECT_TRUE(picture.is(190, 120, black));
  EXPECT_TRUE(picture.is(150, 50, black));
}

TEST(CompositeBin, OneInputKeepsItsSizeAndRate) {
  Pipeline pipeline(
      std::format("av1compositebin name=c ! fakesink name=sink "
                  "filesrc location={} ! ivfparse ! c.",
                  data_file("grain.ivf")));
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  const BufferCount count(pad.get());
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(count.value(), 10u);
  const Ref<GstElement> bin = pipeline.get("c");
  const Ref<GstPad> in(gst_element_get_static_pad(bin.get(), "sink_0"));
  const Ref<GstCaps> in_caps(gst_pad_get_current_caps(in.get()));
  const Ref<GstCaps> out_caps(gst_pad_get_current_caps(pad.get()));
  ASSERT_TRUE(in_caps && out_caps);
  const GstStructure* a = gst_caps_get_structure(in_caps.get(), 0);
  const GstStructure* b = gst_caps_get_structure(out_caps.get(), 0);
  EXPECT_STREQ(gst_structure_get_name(b), "video/x-av1");
  for (const char* field : {"width", "height", "framerate"})
    EXPECT_EQ(
        gst_value_compare(gst_structure_get_value(a, field), gst_structure_get_value(b, field)),
        GST_VALUE_EQUAL)
        << field;
}

TEST(CompositeBin, HdrMetadataReachesTheOutput) {
  for (const char* output : {"raw", "av1"}) {
    SCOPED_TRACE(output);
    Pipeline pipeline(
        std::format("av1compositebin name=c output={} encoder::preset=10 ! fakesink name=sink "
                    "filesrc location={} ! ivfparse ! c.sink_0",
                    output, data_file("hdr10.ivf")));
    ASSERT_TRUE(pipeline.run());
    const Ref<GstPad> pad(gst_element_get_static_pad(pipeline.get("sink").get(), "sink"));
    const Ref<GstCaps> caps(gst_pad_get_current_caps(pad.get()));
    const GstStructure* s = gst_caps_get_structure(caps.get(), 0);
    EXPECT_TRUE(gst_structure_has_field(s, "mastering-display-info"));
    EXPECT_TRUE(gst_structure_has_field(s, "content-light-level"));
  }
}

TEST(CompositeBin, ReportsEveryStageAndCountsFrames) {
  Pipeline pipeline(
      std::format("av1compositebin name=c encoder::bitrate=500 ! fakesink "
                  "filesrc location={} ! ivfparse ! c.sink_0 {} ! c.sink_1",
                  data_file("grain.ivf"), source("red", 10)));
  ASSERT_TRUE(pipeline.run());
  std::string stages;
  for (const Chosen& chosen : pipeline.chosen) stages += chosen.stage + " ";
  EXPECT_EQ(stages, "blend decode encode ");
  const Ref<GstElement> bin = pipeline.get("c");
  const Ref<GstStructure> stats = get_structure(bin.get(), "stats");
  guint64 in = 0, out = 0;
  ASSERT_TRUE(gst_structure_get_uint64(stats.get(), "frames-in", &in));
  ASSERT_TRUE(gst_structure_get_uint64(stats.get(), "frames-out", &out));
  EXPECT_EQ(in, 20u);
  EXPECT_GE(out, 10u);
  const Ref<GstStructure> report = get_structure(bin.get(), "report");
  EXPECT_EQ(gst_value_array_get_size(gst_structure_get_value(report.get(), "stages")), 3u);
  EXPECT_NE(get_string(bin.get(), "chosen").find("compositor"), std::string::npos);
  guint bitrate = 0;
  gst_child_proxy_get(GST_CHILD_PROXY(bin.get()), "encoder::bitrate", &bitrate, nullptr);
  EXPECT_EQ(bitrate, 500u);
}

TEST(CompositeBin, InputsComeAndGoWhilePlaying) {
  Pipeline pipeline(
      std::format("av1compositebin name=c width=320 height=240 "
                  "ignore-inactive-pads=true latency={} ! {} {} ! c.sink_0",
                  live_latency, raw_sink, source("red", -1, "is-live=true")));
  pipeline.set_state(GST_STATE_PLAYING);
  const Ref<GstElement> sink = pipeline.get("sink");
  const auto shows = [&](Colour left, Colour right) {
    pipeline.poll();
    const Picture picture(sink.get());
    return picture.width() == 320 && picture.is(80, 120, left) && picture.is(240, 120, right);
  };
  EXPECT_TRUE(eventually([&] { return shows(red, red); }));
  Branch added(pipeline, source("green", -1, "is-live=true"));
  EXPECT_TRUE(eventually([&] { return shows(red, green); }));
  added.remove();
  EXPECT_TRUE(eventually([&] { return shows(red, red); }));
  for (int i = 0; i < 5; i++) {
    Branch again(pipeline, source("blue", -1, "is-live=true"));
    EXPECT_TRUE(eventually([&] { return shows(red, blue); })) << i;
    again.remove();
  }
  EXPECT_TRUE(eventually([&] { return shows(red, red); }));
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
}

// Without the offset, all of the second that it lasts would be late.
TEST(CompositeBin, AFileAddedWhilePlayingBeginsWhereItsPadsOffsetSays) {
  Pipeline pipeline(
      std::format("av1compositebin name=c width=320 height=240 "
                  "ignore-inactive-pads=true latency={} ! {} {} ! c.sink_0",
                  live_latency, raw_sink, source("red", -1, "is-live=true")));
  pipeline.set_state(GST_STATE_PLAYING);
  const Ref<GstElement> sink = pipeline.get("sink");
  const auto running_time = [&] {
    pipeline.poll();
    return gst_element_get_current_running_time(pipeline.element());
  };
  EXPECT_TRUE(eventually([&] {
    const GstClockTime now = running_time();
    return GST_CLOCK_TIME_IS_VALID(now) && now > 1200 * GST_MSECOND;
  }));
  Branch added(pipeline, source("green", 75), running_time());
  EXPECT_TRUE(eventually([&] { return Picture(sink.get()).is(240, 120, green); },
                         std::chrono::seconds(20)));
  EXPECT_TRUE(eventually([&] { return Picture(sink.get()).is(240, 120, black); },
                         std::chrono::seconds(20)));
  EXPECT_TRUE(pipeline.errors.empty());
}

TEST(CompositeBin, AnInputThatEndsLeavesTheOthersRunning) {
  Pipeline pipeline(std::format(
      "av1compositebin name=c width=320 height=240 ! {} {} ! c.sink_0 "
      "{} ! c.sink_1 {} ! c.sink_2 {} ! c.sink_3",
      raw_sink, source("red", 5), source("green", 40), source("blue", 5), source("white", 40)));
  const Ref<GstElement> bin = pipeline.get("c");
  const Ref<GstPad> blue_pad(gst_element_get_static_pad(bin.get(), "sink_2"));
  g_object_set(blue_pad.get(), "repeat-after-eos", TRUE, nullptr);
  ASSERT_TRUE(pipeline.run());
  const Picture picture(pipeline.get("sink").get());
  EXPECT_TRUE(picture.is(80, 60, black)) << "an input that ended is gone";
  EXPECT_TRUE(picture.is(240, 60, green));
  EXPECT_TRUE(picture.is(80, 180, blue)) << "its last picture was to stay";
  EXPECT_TRUE(picture.is(240, 180, white));
}

// Each of these decoders fails at another moment of the stream.
TEST(CompositeBin, AnInputThatFailsLeavesTheOthersRunning) {
  for (const char* decoder : {"fakedec-ready", "fakedec-caps", "fakedec-first", "fakedec-late"}) {
    SCOPED_TRACE(decoder);
    Pipeline pipeline(
        std::format("av1compositebin name=c width=320 height=120 allow={} ! {} {} ! c.sink_0 "
                    "filesrc location={} ! ivfparse ! c.sink_1",
                    decoder, raw_sink, source("red", 90), data_file("hdr10.ivf")));
    const Ref<GstElement> sink = pipeline.get("sink");
    const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
    const BufferCount count(pad.get());
    ASSERT_TRUE(pipeline.run());
    EXPECT_EQ(count.value(), 90u);
    const auto names_the_input = [](const std::string& warning) {
      return warning.find("Input sink_1 failed, the others go on") != std::string::npos;
    };
    EXPECT_EQ(std::ranges::count_if(pipeline.warnings, names_the_input), 1);
    EXPECT_TRUE(Picture(sink.get()).is(80, 60, red));
  }
}

// Depayloaders push several buffers at once.
TEST(CompositeBin, AnInputThatFailsInABufferListLeavesTheOthersRunning) {
  Pipeline pipeline(
      std::format("av1compositebin name=c width=320 height=120 allow=fakedec-first ! {} {} ! "
                  "c.sink_0 appsrc name=a format=time caps=video/x-av1,stream-format=obu-stream,"
                  "alignment=tu,width=160,height=120,framerate=30/1 ! c.sink_1",
                  raw_sink, source("red", 90)));
  const Ref<GstElement> appsrc = pipeline.get("a");
  GstBufferList* list = gst_buffer_list_new();
  for (unsigned i = 0; i < 6; i++) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 16, nullptr);
    GST_BUFFER_PTS(buffer) = i * GST_SECOND / 30;
    gst_buffer_list_add(list, buffer);
  }
  GstFlowReturn flow = GST_FLOW_OK;
  g_signal_emit_by_name(appsrc.get(), "push-buffer-list", list, &flow);
  gst_buffer_list_unref(list);
  EXPECT_EQ(flow, GST_FLOW_OK);
  g_signal_emit_by_name(appsrc.get(), "end-of-stream", &flow);
  EXPECT_TRUE(pipeline.run());
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  EXPECT_EQ(pipeline.warnings.size(), 1u);
}

TEST(CompositeBin, LiveInputsToAv1) {
  Pipeline pipeline(
      std::format("av1compositebin name=c encoder::low-latency=true "
                  "encoder::preset=10 ! fakesink name=sink {} ! c. {} ! c.",
                  source("red", 20, "is-live=true"), source("ball", 20, "is-live=true")));
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  const BufferCount count(pad.get());
  ASSERT_TRUE(pipeline.run());
  EXPECT_GE(count.value(), 19u);
}

TEST(CompositeBin, SeeksWithSeveralInputs) {
  const std::string input =
      std::format("filesrc location={} ! qtdemux ! av1parse ! c. ", data_file("chart.mp4"));
  Pipeline pipeline("av1compositebin name=c layout=grid output=raw ! fakesink name=sink " + input +
                    input + input);
  pipeline.set_state(GST_STATE_PAUSED);
  ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE);
  constexpr auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT);
  for (const gint64 to : {2 * GST_SECOND, GST_SECOND, gint64{0}}) {
    ASSERT_TRUE(gst_element_seek_simple(pipeline.element(), GST_FORMAT_TIME, flags, to));
    ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE) << to;
  }
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  const BufferCount count(pad.get());
  EXPECT_TRUE(pipeline.run());
  // The whole file once more, but for what was put out before counting began.
  EXPECT_GE(count.value(), 70u);
}

TEST(CompositeBin, AnimatesWithControllersOnItsPads) {
  Pipeline pipeline(
      std::format("av1compositebin name=c layout=manual width=320 height=240 ! {} "
                  "{} ! c.sink_0",
                  raw_sink, source("red", 30)));
  const Ref<GstElement> bin = pipeline.get("c");
  const Ref<GstPad> pad(gst_element_get_static_pad(bin.get(), "sink_0"));
  GstControlSource* source = gst_interpolation_control_source_new();
  g_object_set(source, "mode", GST_INTERPOLATION_MODE_LINEAR, nullptr);
  auto* timed = GST_TIMED_VALUE_CONTROL_SOURCE(source);
  gst_timed_value_control_source_set(timed, 0, 0);
  gst_timed_value_control_source_set(timed, GST_SECOND, 160);
  gst_object_add_control_binding(GST_OBJECT(pad.get()), gst_direct_control_binding_new_absolute(
                                                            GST_OBJECT(pad.get()), "xpos", source));
  gst_object_unref(source);
  ASSERT_TRUE(pipeline.run());
  gint xpos = 0;
  g_object_get(pad.get(), "xpos", &xpos, nullptr);
  EXPECT_NEAR(xpos, 155, 6);
  const Picture picture(pipeline.get("sink").get());
  EXPECT_TRUE(picture.is(240, 60, red));
  EXPECT_TRUE(picture.is(80, 60, black));
}

TEST(CompositeBin, StartsAndStopsManyTimes) {
  Pipeline pipeline(
      std::format("av1compositebin name=c encoder::preset=10 ! fakesink "
                  "filesrc location={} ! ivfparse ! c.sink_0 {} ! c.sink_1",
                  data_file("grain.ivf"), source("red", 10)));
  for (int i = 0; i < 50; i++) {
    pipeline.set_state(i % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    if (i % 5 == 0) {
      ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE) << i;
    }
    pipeline.set_state(i % 3 ? GST_STATE_NULL : GST_STATE_READY);
    pipeline.poll();
  }
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  EXPECT_TRUE(pipeline.run());
}

}  // namespace
}  // namespace av1hw::test
