// SPDX-License-Identifier: LGPL-2.1-or-later
// av1compositebin between states, and its output while inputs of other kinds come and go.
#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <mutex>
#include <set>

#include "composite_fixture.h"
#include "pipeline.h"
#include "support/process_state.h"

namespace av1hw::test {
namespace {

// Caps that pass `pad`, each of them once.
class CapsSeen {
 public:
  explicit CapsSeen(GstPad* pad) {
    gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        [](GstPad*, GstPadProbeInfo* info, gpointer self) {
          static_cast<CapsSeen*>(self)->note(GST_PAD_PROBE_INFO_EVENT(info));
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
  }
  std::set<std::string> all() {
    const std::lock_guard guard(lock_);
    return caps_;
  }

 private:
  void note(GstEvent* event) {
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return;
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    gchar* text = gst_caps_to_string(caps);
    const std::lock_guard guard(lock_);
    caps_.insert(text);
    g_free(text);
  }
  std::mutex lock_;
  std::set<std::string> caps_;
};

std::vector<std::string> children(GstElement* bin) {
  std::vector<std::string> names;
  GST_OBJECT_LOCK(bin);
  for (GList* l = GST_BIN(bin)->children; l; l = l->next)
    names.push_back(GST_OBJECT_NAME(GST_ELEMENT(l->data)));
  GST_OBJECT_UNLOCK(bin);
  std::ranges::sort(names);
  return names;
}

TEST(CompositeChange, AStartThatFailedCanBeTriedAgain) {
  Pipeline pipeline(
      std::format("av1compositebin name=c encoder::deny=cpu ! fakesink "
                  "{} ! c.sink_0",
                  source("red", 5)));
  const Ref<GstElement> bin = pipeline.get("c");
  for (int i = 0; i < 2; i++) {
    EXPECT_FALSE(pipeline.run());
    pipeline.set_state(GST_STATE_NULL);
    ASSERT_FALSE(pipeline.errors.empty());
    EXPECT_NE(pipeline.errors[0].find("No element is left that can encode"), std::string::npos)
        << pipeline.errors[0];
    pipeline.errors.clear();
  }
  gst_child_proxy_set(GST_CHILD_PROXY(bin.get()), "encoder::deny", nullptr, nullptr);
  EXPECT_TRUE(pipeline.run());
}

TEST(CompositeChange, WhatNoEncoderTakesIsSaid) {
  Pipeline pipeline(std::format(
      "av1compositebin name=c width=20000 height=64 allow=cpusvtav1enc,cpuav1dec ! fakesink "
      "{} ! c.sink_0",
      source("red", 5)));
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("No encoder takes the size"), std::string::npos)
      << pipeline.errors[0];
}

// The compositor ends the process where there is not enough memory for what it was asked for.
TEST(CompositeChange, SizesAreBounded) {
  Pipeline pipeline("av1compositebin name=c ! fakesink videotestsrc ! c.sink_0");
  const Ref<GstElement> bin = pipeline.get("c");
  const Ref<GstPad> pad(gst_element_get_static_pad(bin.get(), "sink_0"));
  for (GObject* object : {G_OBJECT(bin.get()), G_OBJECT(pad.get())}) {
    for (const char* name : {"width", "height"}) {
      GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(object), name);
      EXPECT_EQ(G_PARAM_SPEC_INT(spec)->maximum, 65536) << name;
    }
  }
}

// Muxers don't take other caps in the middle of a file, and an encoder would have to start anew.
TEST(CompositeChange, TheOutputStaysWhatItWasWhenOtherInputsCome) {
  Pipeline pipeline(
      std::format("av1compositebin name=c ignore-inactive-pads=true output=raw latency={} ! "
                  "fakesink name=sink videotestsrc is-live=true pattern=red ! "
                  "video/x-raw,format=I420,width=320,height=240,framerate=10/1 ! c.sink_0",
                  live_latency));
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  CapsSeen seen(pad.get());
  pipeline.set_state(GST_STATE_PLAYING);
  const auto shows = [&](Colour left, Colour right) {
    pipeline.poll();
    const Picture picture(sink.get());
    return picture.width() == 320 && picture.is(80, 120, left) && picture.is(240, 120, right);
  };
  EXPECT_TRUE(eventually([&] { return shows(red, red); }));
  Branch added(pipeline,
               "videotestsrc is-live=true pattern=green ! video/x-raw,format=Y444_10LE,width=640,"
               "height=480,framerate=30/1,colorimetry=bt2020-10,pixel-aspect-ratio=4/3");
  EXPECT_TRUE(eventually([&] { return shows(red, green); }));
  added.remove();
  EXPECT_TRUE(eventually([&] { return shows(red, red); }));
  const std::set<std::string> caps = seen.all();
  EXPECT_EQ(caps.size(), 1u) << *caps.begin() << "\nand\n" << *caps.rbegin();
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
}

TEST(CompositeChange, AnotherStartHasAnotherSize) {
  Pipeline pipeline(
      "videotestsrc name=v num-buffers=3 ! capsfilter name=f caps=video/x-raw,width=320,height=240 "
      "! av1compositebin output=raw ! fakesink name=sink");
  EXPECT_TRUE(pipeline.run());
  pipeline.set_state(GST_STATE_READY);
  pipeline.poll();
  gst_util_set_object_arg(G_OBJECT(pipeline.get("f").get()), "caps",
                          "video/x-raw,width=160,height=120");
  EXPECT_TRUE(pipeline.run());
  const Picture picture(pipeline.get("sink").get());
  EXPECT_EQ(picture.width(), 160);
  EXPECT_EQ(picture.height(), 120);
}

TEST(CompositeChange, PadPropertiesReachTheBlender) {
  Pipeline pipeline(std::format(
      "av1compositebin name=c layout=manual width=320 height=240 background=white "
      "sink_0::zorder=2 sink_0::width=100 sink_0::height=100 "
      "sink_1::zorder=1 sink_1::width=200 sink_1::height=100 "
      "sink_2::ypos=120 sink_2::width=100 sink_2::height=100 sink_2::alpha=0 "
      "sink_3::xpos=120 sink_3::ypos=120 sink_3::width=200 sink_3::height=75 "
      "sink_3::sizing-policy=keep-aspect-ratio ! {} "
      "{} ! c.sink_0 {} ! c.sink_1 {} ! c.sink_2 {} ! c.sink_3",
      raw_sink, source("red", 3), source("green", 3), source("blue", 3), source("blue", 3)));
  ASSERT_TRUE(pipeline.run());
  const Picture picture(pipeline.get("sink").get());
  EXPECT_TRUE(picture.is(50, 50, red)) << "the higher zorder is on top";
  EXPECT_TRUE(picture.is(150, 50, green));
  EXPECT_TRUE(picture.is(50, 170, white)) << "alpha=0 is not seen";
  // 4:3 within 200x75 is 100 wide, in the middle.
  EXPECT_TRUE(picture.is(220, 157, blue));
  EXPECT_TRUE(picture.is(140, 157, white)) << "the aspect ratio was to be kept";
  EXPECT_TRUE(picture.is(300, 157, white));
}

TEST(CompositeChange, AnInputMayTurnFromAv1ToRawAndBack) {
  const std::string av1 =
      std::format("filesrc location={} ! ivfparse ! k. ", data_file("grain.ivf"));
  Pipeline pipeline(std::format(
      "concat name=k ! av1compositebin name=c output=raw ! fakesink name=sink {} {} ! k. {}", av1,
      "videotestsrc num-buffers=20 ! video/x-raw,width=160,height=120,framerate=25/1", av1));
  ASSERT_TRUE(pipeline.run());
  EXPECT_EQ(pipeline.chosen.size(), 3u) << "the blender and two decoders";
  const Ref<GstStructure> stats = get_structure(pipeline.get("c").get(), "stats");
  guint64 in = 0, same = 0, copied = 0;
  gst_structure_get_uint64(stats.get(), "frames-in", &in);
  gst_structure_get_uint64(stats.get(), "same-object-frames", &same);
  gst_structure_get_uint64(stats.get(), "system-copy-frames", &copied);
  EXPECT_EQ(in, 40u);
  EXPECT_EQ(same + copied, 20u) << "frames of the first decoder count, too";
}

// A pad may go at any time, also while its first caps put a decoder in place. What is upstream may
// complain that it is not linked any more, but nothing in the bin.
TEST(CompositeChange, APadReleasedAtAnyTimeLeavesNothingBehind) {
  Pipeline pipeline(
      std::format("av1compositebin name=c output=raw ignore-inactive-pads=true latency={} ! "
                  "fakesink {} ! c.sink_0",
                  live_latency, source("red", -1, "is-live=true")));
  const Ref<GstElement> bin = pipeline.get("c");
  pipeline.set_state(GST_STATE_PLAYING);
  ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE);
  const std::vector<std::string> before = children(bin.get());
  for (unsigned i = 0; i < 60; i++) {
    Branch added(pipeline, std::format("filesrc location={} ! ivfparse", data_file("grain.ivf")));
    g_usleep(i * 300);
    added.release();
    added.remove();
    pipeline.poll();
  }
  EXPECT_EQ(children(bin.get()), before);
  for (const std::string& error : pipeline.errors)
    EXPECT_EQ(error.find("Av1HwCompositeBin"), std::string::npos) << error;
}

TEST(CompositeChange, StartsManyTimesWithoutGrowth) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  Pipeline pipeline(
      std::format("av1compositebin encoder::preset=10 name=c ! fakesink "
                  "filesrc location={} ! ivfparse ! c.sink_0",
                  data_file("grain.ivf")));
  long threads = 0;
  size_t bytes = 0;
  for (int i = 0; i < 240; i++) {
    pipeline.set_state(GST_STATE_PAUSED);
    ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE) << i;
    pipeline.set_state(i % 2 ? GST_STATE_NULL : GST_STATE_READY);
    pipeline.poll();
    pipeline.chosen.clear();
    if (i != 39) continue;
    threads = threads_of_process();
    bytes = bytes_in_use();
  }
  EXPECT_LE(threads_of_process(), threads + 2);
  EXPECT_LT(bytes_in_use(), bytes + 1024 * 1024) << bytes << " bytes before";
}

}  // namespace
}  // namespace av1hw::test
