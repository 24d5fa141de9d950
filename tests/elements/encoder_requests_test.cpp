// SPDX-License-Identifier: LGPL-2.1-or-later
// What asynchronous encoders are asked for while they run, and what they say of their latency.
#include "elements/encoder_latency.h"
#include "elements/fake_encoder_fixture.h"

namespace av1hw::test {
namespace {

using std::chrono::milliseconds;

class EncoderRequests : public FakeEncoderTest {
 protected:
  static GstEvent* long_term(GstEventType type, const char* field, guint number) {
    return gst_event_new_custom(
        type, gst_structure_new("av1hw-long-term-reference", field, G_TYPE_UINT, number, nullptr));
  }
  static GstClockTime latency_of(EncoderHarness& h) {
    return gst_harness_query_latency(h.harness());
  }
  // Encodes what a source makes at 100 frames a second, or as fast as it can. Gives the latency
  // that was measured, in frames.
  static unsigned run_source(bool live, unsigned frames) {
    const std::string line =
        std::string("videotestsrc is-live=") + (live ? "true" : "false") +
        " num-buffers=" + std::to_string(frames) +
        " ! video/x-raw,format=NV12,width=64,height=64,framerate=100/1 ! fakehwenc name=enc "
        "! fakesink";
    const ElementHandle pipeline(gst_parse_launch(line.c_str(), nullptr));
    EXPECT_NE(pipeline, nullptr);
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const GstHandle<GstBus> bus(gst_element_get_bus(pipeline.get()));
    const GstHandle<GstMessage> message(gst_bus_timed_pop_filtered(
        bus.get(), 10 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    EXPECT_TRUE(message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS);
    const ElementHandle encoder(gst_bin_get_by_name(GST_BIN(pipeline.get()), "enc"));
    GstStructure* stats = nullptr;
    g_object_get(encoder.get(), "stats", &stats, nullptr);
    const StructureHandle owned(stats);
    guint measured = 0;
    EXPECT_TRUE(gst_structure_get_uint(stats, "latency-frames-measured", &measured));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return measured;
  }
};

// One is asked for when the one before is out: for GStreamer's base class it stands for both else.
TEST_F(EncoderRequests, KeyFramesComeAtTheNextFrame) {
  FakeEncoderHarness h;
  h.push(3);
  gst_harness_push_upstream_event(
      h.harness(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 1));
  h.push(3);
  ASSERT_TRUE(eventually([&] { return h.stat("frames-out") == 6; }));
  gst_harness_push_event(
      h.harness(), gst_video_event_new_downstream_force_key_unit(
                       GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE, 2));
  h.push(3);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 9U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i % 3 == 0) << i;
  EXPECT_EQ(h.stat("key-frames"), 3U);
  unsigned announced = 0;
  while (GstEvent* event = gst_harness_try_pull_event(h.harness())) {
    if (gst_video_event_is_force_key_unit(event)) announced++;
    gst_event_unref(event);
  }
  EXPECT_EQ(announced, 2U);
}

TEST_F(EncoderRequests, ABitrateIsPassedOnWithoutAKeyFrame) {
  FakeEncoderHarness h("bitrate=2000 rate-control=cbr");
  h.push(5);
  EXPECT_EQ(fake_encoder().settings.bitrate, 2000U);
  const unsigned opened = fake_encoder().opened;
  g_object_set(h.element(), "bitrate", 700, nullptr);
  h.push(5);
  h.end();
  EXPECT_EQ(fake_encoder().bitrate, 700U);
  EXPECT_EQ(fake_encoder().opened, opened);
  EXPECT_EQ(h.take().size(), 10U);
  EXPECT_EQ(h.stat("key-frames"), 1U);
}

TEST_F(EncoderRequests, ABitrateThatNeedsANewStreamLosesNoFrame) {
  fake_encoder().held_back = 2;
  fake_encoder().bitrate_error = Error{ErrorCode::NotSupported, "fixed"};
  FakeEncoderHarness h("bitrate=2000 rate-control=cbr");
  h.push(5);
  g_object_set(h.element(), "bitrate", 700, nullptr);
  h.push(5);
  h.end();
  EXPECT_EQ(fake_encoder().settings.bitrate, 700U);
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 10U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i == 0 || i == 5) << i;
}

TEST_F(EncoderRequests, ABitrateThatCantBeIsAWarningAndTheOldOneHolds) {
  fake_encoder().bitrate_error = Error{ErrorCode::NotSupported, "fixed"};
  fake_encoder().most_bitrate = 5000;
  FakeEncoderHarness h("bitrate=2000 rate-control=cbr");
  h.push(5);
  g_object_set(h.element(), "bitrate", 7000, nullptr);
  EXPECT_EQ(h.push(5), GST_FLOW_OK);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("too many"), std::string::npos);
  EXPECT_EQ(fake_encoder().settings.bitrate, 2000U);
  guint bitrate = 0;
  g_object_get(h.element(), "bitrate", &bitrate, nullptr);
  EXPECT_EQ(bitrate, 2000U);
  g_object_set(h.element(), "bitrate", 3000, nullptr);
  EXPECT_EQ(h.push(1), GST_FLOW_OK);
  h.end();
  EXPECT_EQ(fake_encoder().settings.bitrate, 3000U);
  EXPECT_EQ(h.take().size(), 11U);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

TEST_F(EncoderRequests, ABitrateThatTheEncoderRefusesIsAWarning) {
  fake_encoder().bitrate_error = Error{ErrorCode::InvalidSettings, "not this one"};
  FakeEncoderHarness h("bitrate=2000 rate-control=cbr");
  h.push(5);
  const unsigned opened = fake_encoder().opened;
  g_object_set(h.element(), "bitrate", 3000, nullptr);
  EXPECT_EQ(h.push(5), GST_FLOW_OK);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("not this one"), std::string::npos);
  EXPECT_EQ(fake_encoder().opened, opened);
  h.end();
  EXPECT_EQ(h.take().size(), 10U);
}

TEST_F(EncoderRequests, ABitrateWithoutEffectIsAWarning) {
  fake_encoder().bitrate_error = Error{ErrorCode::NotSupported, "fixed"};
  FakeEncoderHarness h("rate-control=cq");
  h.push(1);
  const unsigned opened = fake_encoder().opened;
  EXPECT_EQ(h.message(GST_MESSAGE_WARNING), "");
  g_object_set(h.element(), "bitrate", 3000, nullptr);
  h.push(1);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("bitrate has no effect"), std::string::npos);
  EXPECT_EQ(fake_encoder().opened, opened);
}

TEST_F(EncoderRequests, LongTermReferencesAreOfTheNextFrameAlone) {
  FakeEncoderHarness h;
  h.push(1);
  gst_harness_push_event(h.harness(), long_term(GST_EVENT_CUSTOM_DOWNSTREAM, "mark", 1));
  h.push(2);
  gst_harness_push_upstream_event(h.harness(), long_term(GST_EVENT_CUSTOM_UPSTREAM, "use", 0));
  h.push(2);
  h.end();
  const std::vector<SeenFrame> frames = fake_encoder().frames();
  ASSERT_EQ(frames.size(), 5U);
  for (size_t i = 0; i < frames.size(); i++) {
    EXPECT_EQ(frames[i].mark, i == 1 ? std::optional(1U) : std::nullopt) << i;
    EXPECT_EQ(frames[i].use, i == 3 ? std::optional(0U) : std::nullopt) << i;
  }
  // They end here.
  while (GstEvent* event = gst_harness_try_pull_event(h.harness())) {
    EXPECT_NE(GST_EVENT_TYPE(event), GST_EVENT_CUSTOM_DOWNSTREAM);
    gst_event_unref(event);
  }
  while (GstEvent* event = gst_harness_try_pull_upstream_event(h.harness())) {
    EXPECT_NE(GST_EVENT_TYPE(event), GST_EVENT_CUSTOM_UPSTREAM);
    gst_event_unref(event);
  }
}

TEST_F(EncoderRequests, WhatWasAskedOfAFrameThatIsLostIsAskedOfTheNext) {
  fake_encoder().refuses_at = 2;
  FakeEncoderHarness h;
  h.push(2);
  gst_harness_push_upstream_event(
      h.harness(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 1));
  gst_harness_push_upstream_event(h.harness(), long_term(GST_EVENT_CUSTOM_UPSTREAM, "mark", 1));
  gst_harness_push_upstream_event(h.harness(), long_term(GST_EVENT_CUSTOM_UPSTREAM, "use", 0));
  h.push(1);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING), "");
  // What was asked since then counts more.
  gst_harness_push_upstream_event(h.harness(), long_term(GST_EVENT_CUSTOM_UPSTREAM, "use", 3));
  h.push(2);
  h.end();
  const std::vector<SeenFrame> frames = fake_encoder().frames();
  ASSERT_EQ(frames.size(), 4U);
  for (size_t i = 0; i < frames.size(); i++) {
    EXPECT_EQ(frames[i].forced, i == 2) << i;
    EXPECT_EQ(frames[i].mark, i == 2 ? std::optional(1U) : std::nullopt) << i;
    EXPECT_EQ(frames[i].use, i == 2 ? std::optional(3U) : std::nullopt) << i;
  }
}

TEST_F(EncoderRequests, TheEncoderLearnsWhetherItsSourceIsLive) {
  for (const bool live : {false, true}) {
    reset_fake_encoder();
    run_source(live, 3);
    EXPECT_EQ(fake_encoder().input.live, live);
  }
}

TEST_F(EncoderRequests, TheLatencyIsThatOfFramesHeldBack) {
  fake_encoder().held_back = 3;
  FakeEncoderHarness h;
  EXPECT_EQ(latency_of(h), 3 * GST_SECOND / 30);
  EXPECT_EQ(h.stat("latency-frames-declared"), 3U);
}

// As fast as they are taken, four of them at a time.
TEST_F(EncoderRequests, FramesInFlightAreNoLatency) {
  fake_encoder().frame_time = milliseconds(2);
  FakeEncoderHarness h;
  h.set_caps("video/x-raw,format=NV12,width=320,height=180,framerate=1/1");
  h.push(60);
  h.end();
  EXPECT_EQ(h.take().size(), 60U);
  EXPECT_EQ(latency_of(h), 0U);
  EXPECT_EQ(h.stat("latency-frames-measured"), 0U);
}

// Nor that a source which has all its frames at once keeps the encoder full: each then waits for
// the three before it.
TEST_F(EncoderRequests, AFullEncoderIsNoLatency) {
  fake_encoder().frame_time = milliseconds(5);
  EXPECT_EQ(run_source(false, 4 * EncoderLatency::period), 0U);
}

// Nor is what downstream takes its time with.
TEST_F(EncoderRequests, ASlowSinkIsNoLatencyOfTheEncoder) {
  FakeEncoderHarness h;
  h.set_caps("video/x-raw,format=NV12,width=320,height=180,framerate=20/1");
  gst_pad_set_chain_function(h.harness()->sinkpad, [](GstPad*, GstObject*, GstBuffer* buffer) {
    std::this_thread::sleep_for(milliseconds(60));
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
  });
  constexpr unsigned frames = 3 * EncoderLatency::period;
  h.push(frames);
  h.end();
  EXPECT_EQ(h.stat("frames-out"), frames);
  EXPECT_EQ(h.stat("latency-frames-measured"), 0U);
}

// An encoder that is said to hold nothing back, and takes three frames' time for each.
TEST_F(EncoderRequests, WhatTakesLongerThanAFrameIsLatencyAfterAll) {
  class Meter {
   public:
    explicit Meter(bool asynchronous, bool live = true) {
      latency_.start(asynchronous, live, milliseconds(10));
    }
    // Frame `n` comes in at 10 n ms, its unit `delay` later.
    unsigned run(unsigned frames, milliseconds delay, milliseconds downstream = {}) {
      unsigned out = 0;
      for (unsigned in = 0; in < frames; in++) {
        for (; milliseconds(10 * out) + delay <= milliseconds(10 * in); out++) {
          latency_.left(out, at(milliseconds(10 * out) + delay));
          latency_.pushed(downstream);
        }
        latency_.entered(in, at(milliseconds(10 * in)));
      }
      return latency_.frames();
    }

   private:
    static EncoderLatency::Clock::time_point at(milliseconds time) {
      return EncoderLatency::Clock::time_point(time);
    }
    EncoderLatency latency_;
  };
  EXPECT_EQ(Meter(true).run(100, milliseconds(9)), 0U);
  EXPECT_EQ(Meter(true).run(100, milliseconds(35)), 3U);
  // Two periods at least.
  EXPECT_EQ(Meter(true).run(30, milliseconds(35)), 0U);
  // Downstream had the thread meanwhile.
  EXPECT_EQ(Meter(true).run(100, milliseconds(35), milliseconds(10)), 0U);
  EXPECT_EQ(Meter(true, false).run(100, milliseconds(35)), 0U);
  EXPECT_EQ(Meter(false).run(5, milliseconds(35)), 3U);
  EXPECT_EQ(Meter(false, false).run(5, milliseconds(35)), 3U);
}

}  // namespace
}  // namespace av1hw::test
