// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoder elements whose units come on a thread of the encoder's: order, back-pressure, ends.
#include <atomic>

#include "elements/fake_encoder_fixture.h"

namespace av1hw::test {
namespace {

class AsyncEncoder : public FakeEncoderTest {};

// Pushes on a thread of its own, until something else than OK comes back.
class Pusher {
 public:
  Pusher(EncoderHarness& harness, unsigned frames)
      : thread_([this, &harness, frames] {
          for (unsigned i = 0; i < frames && flow_ == GST_FLOW_OK; i++) flow_ = harness.push(1);
        }) {}
  GstFlowReturn join() {
    thread_.join();
    return flow_;
  }

 private:
  std::atomic<GstFlowReturn> flow_ = GST_FLOW_OK;
  std::thread thread_;
};

TEST_F(AsyncEncoder, UnitsComeInOrderWithTheTimesOfTheirFrames) {
  for (const bool asynchronous : {true, false}) {
    for (const unsigned held_back : {0U, 3U}) {
      reset_fake_encoder();
      fake_encoder().asynchronous = asynchronous;
      fake_encoder().held_back = held_back;
      FakeEncoderHarness h;
      const std::vector<Unit> units = h.encode(40);
      ASSERT_EQ(units.size(), 40U);
      for (size_t i = 0; i < units.size(); i++) {
        EXPECT_EQ(units[i].pts, gst_util_uint64_scale(i, GST_SECOND, 30)) << i;
        EXPECT_EQ(units[i].dts, units[i].pts) << i;
        EXPECT_EQ(units[i].key, i == 0) << i;
        EXPECT_EQ(units[i].header, i == 0) << i;
      }
      EXPECT_EQ(h.stat("frames-in"), 40U);
      EXPECT_EQ(h.stat("frames-out"), 40U);
      EXPECT_EQ(h.stat("same-object-frames"), 40U);
      EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
    }
  }
}

TEST_F(AsyncEncoder, AUnitWaitsForNoFurtherFrame) {
  FakeEncoderHarness h;
  for (unsigned i = 0; i < 3; i++) {
    h.push(1);
    GstBuffer* unit = gst_harness_pull(h.harness());
    ASSERT_NE(unit, nullptr);
    gst_buffer_unref(unit);
  }
}

TEST_F(AsyncEncoder, AFullEncoderHoldsUpstreamUp) {
  fake_encoder().close_gate();
  FakeEncoderHarness h;
  Pusher pusher(h, 20);
  EXPECT_TRUE(eventually([&] { return h.stat("frames-in") > fake_encoder().room; }));
  EXPECT_TRUE(stays([&] { return h.stat("frames-in") <= fake_encoder().room + 1; }));
  EXPECT_EQ(h.stat("frames-out"), 0U);
  fake_encoder().open_gate();
  EXPECT_EQ(pusher.join(), GST_FLOW_OK);
  h.end();
  EXPECT_EQ(h.take().size(), 20U);
}

TEST_F(AsyncEncoder, FlushingFreesAnElementThatDownstreamBlocks) {
  FakeEncoderHarness h;
  h.block_downstream();
  Pusher pusher(h, 20);
  EXPECT_TRUE(eventually([&] { return h.stat("frames-in") > fake_encoder().room; }));
  gst_harness_push_event(h.harness(), gst_event_new_flush_start());
  EXPECT_EQ(pusher.join(), GST_FLOW_FLUSHING);
  h.unblock_downstream();
  gst_harness_push_event(h.harness(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
  EXPECT_EQ(fake_encoder().pictures, 0U);
  h.take();
  const std::vector<Unit> units = h.encode(5);
  ASSERT_EQ(units.size(), 5U);
  EXPECT_TRUE(units[0].key);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

TEST_F(AsyncEncoder, StoppingFreesAnElementThatDownstreamBlocks) {
  FakeEncoderHarness h;
  h.block_downstream();
  Pusher pusher(h, 20);
  EXPECT_TRUE(eventually([&] { return h.stat("frames-in") > fake_encoder().room; }));
  gst_element_set_state(h.element(), GST_STATE_READY);
  EXPECT_EQ(pusher.join(), GST_FLOW_FLUSHING);
  EXPECT_EQ(fake_encoder().pictures, 0U);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

TEST_F(AsyncEncoder, EverythingHeldBackComesOutAtTheEnd) {
  fake_encoder().held_back = 7;
  fake_encoder().frame_time = std::chrono::milliseconds(2);
  FakeEncoderHarness h;
  h.push(12);
  h.end();
  EXPECT_EQ(h.take().size(), 12U);
  EXPECT_EQ(fake_encoder().drained, 1U);
}

TEST_F(AsyncEncoder, DownstreamsAnswerReachesUpstream) {
  FakeEncoderHarness h;
  gst_harness_set_drop_buffers(h.harness(), TRUE);
  gst_pad_set_chain_function(h.harness()->sinkpad, [](GstPad*, GstObject*, GstBuffer* buffer) {
    gst_buffer_unref(buffer);
    return GST_FLOW_EOS;
  });
  Pusher pusher(h, 50);
  EXPECT_EQ(pusher.join(), GST_FLOW_EOS);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

TEST_F(AsyncEncoder, AFailureOnItsThreadIsSaidOnceAndEndsTheStream) {
  fake_encoder().fails_at = 5;
  FakeEncoderHarness h;
  Pusher pusher(h, 100);
  EXPECT_EQ(pusher.join(), GST_FLOW_ERROR);
  EXPECT_EQ(h.push(1), GST_FLOW_ERROR);
  h.end();
  EXPECT_EQ(h.coded_message(GST_MESSAGE_ERROR),
            coded(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED) +
                ": the device went up in smoke (on 0000:0a:00.0)");
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
  EXPECT_EQ(h.take().size(), 5U);
}

TEST_F(AsyncEncoder, AnElementThatFailedCanBeStartedAnew) {
  fake_encoder().fails_at = 0;
  FakeEncoderHarness h;
  Pusher pusher(h, 100);
  EXPECT_EQ(pusher.join(), GST_FLOW_ERROR);
  fake_encoder().fails_at.reset();
  gst_element_set_state(h.element(), GST_STATE_READY);
  gst_element_set_state(h.element(), GST_STATE_PLAYING);
  h.set_format(GST_VIDEO_FORMAT_NV12, 320, 180);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
  EXPECT_EQ(h.push(3), GST_FLOW_OK);
}

TEST_F(AsyncEncoder, AFrameThatCantBeReadIsLeftOutWithAWarning) {
  fake_encoder().refuses_at = 2;
  FakeEncoderHarness h;
  EXPECT_EQ(h.encode(6).size(), 5U);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("a frame that is none"), std::string::npos);
}

TEST_F(AsyncEncoder, TwoHundredStartsAndStops) {
  FakeEncoderHarness h;
  for (unsigned i = 0; i < 200; i++) {
    ASSERT_EQ(gst_element_set_state(h.element(), i % 2 ? GST_STATE_READY : GST_STATE_NULL),
              GST_STATE_CHANGE_SUCCESS);
    ASSERT_EQ(fake_encoder().pictures, 0U);
    ASSERT_EQ(fake_encoder().devices, i % 2);
    ASSERT_NE(gst_element_set_state(h.element(), GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    gst_harness_push_event(h.harness(), gst_event_new_stream_start("again"));
    h.set_format(GST_VIDEO_FORMAT_NV12, 320, 180);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
    // Some of them in the middle of a frame.
    ASSERT_EQ(h.push(i % 7), GST_FLOW_OK);
  }
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

// Frames, flushes, seeks, properties, events and queries from two threads, and the encoder's own.
TEST_F(AsyncEncoder, ManyHandsAtOnce) {
  fake_encoder().held_back = 2;
  fake_encoder().frame_time = std::chrono::milliseconds(1);
  FakeEncoderHarness h("bitrate=1000 rate-control=cbr");
  std::atomic<bool> stop{false};
  std::thread pusher([&] {
    while (!stop) {
      const GstFlowReturn flow = h.push(1);
      EXPECT_TRUE(flow == GST_FLOW_OK || flow == GST_FLOW_FLUSHING) << gst_flow_get_name(flow);
    }
  });
  for (unsigned i = 0; i < 100; i++) {
    g_object_set(h.element(), "bitrate", 500 + i, nullptr);
    gst_harness_push_upstream_event(
        h.harness(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, i));
    const uint64_t out = h.stat("frames-out");
    EXPECT_LE(out, h.stat("frames-in"));
    gst_harness_query_latency(h.harness());
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 7));
    if (i % 4 != 0) continue;
    gst_harness_push_event(h.harness(), gst_event_new_flush_start());
    gst_harness_push_event(h.harness(), gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
  }
  stop = true;
  pusher.join();
  h.end();
  EXPECT_EQ(fake_encoder().pictures, 0U);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

TEST_F(AsyncEncoder, ANewSizeLosesNoFrameAndComesBehindTheOld) {
  fake_encoder().held_back = 2;
  FakeEncoderHarness h;
  std::vector<std::string> sizes;
  GstPad* pad = gst_element_get_static_pad(h.element(), "src");
  gst_pad_add_probe(
      pad, static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER),
      [](GstPad* source, GstPadProbeInfo*, gpointer list) {
        GstCaps* caps = gst_pad_get_current_caps(source);
        int width = 0;
        gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width);
        gst_caps_unref(caps);
        static_cast<std::vector<std::string>*>(list)->push_back(std::to_string(width));
        return GST_PAD_PROBE_OK;
      },
      &sizes, nullptr);
  gst_object_unref(pad);
  h.push(5);
  h.set_format(GST_VIDEO_FORMAT_NV12, 640, 360);
  h.push(5);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 10U);
  for (size_t i = 0; i < 10; i++) {
    EXPECT_EQ(sizes[i], i < 5 ? "320" : "640") << i;
    EXPECT_EQ(units[i].key, i == 0 || i == 5) << i;
  }
}

// What it had in flight when it broke does not come out as if it were of the new stream.
TEST_F(AsyncEncoder, ANewSizeAfterAFailureBeginsWithNothingOfTheOld) {
  fake_encoder().breaks_at = 2;
  fake_encoder().close_gate();
  FakeEncoderHarness h;
  EXPECT_EQ(h.push(2), GST_FLOW_OK);
  EXPECT_EQ(h.push(1), GST_FLOW_ERROR);
  EXPECT_NE(h.message(GST_MESSAGE_ERROR), "");
  // Whoever asks for the latency, while the element takes the new caps, waits until the old units
  // are as far as they get.
  gst_pad_set_query_function(h.harness()->srcpad, [](GstPad* pad, GstObject* parent, GstQuery* q) {
    if (GST_QUERY_TYPE(q) == GST_QUERY_LATENCY) {
      fake_encoder().open_gate();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return gst_pad_query_default(pad, parent, q);
  });
  std::thread opener([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    fake_encoder().open_gate();
  });
  h.set_format(GST_VIDEO_FORMAT_NV12, 640, 360);
  opener.join();
  EXPECT_EQ(h.push(3), GST_FLOW_OK);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 3U);
  EXPECT_EQ(units[0].pts, gst_util_uint64_scale(3, GST_SECOND, 30));
  EXPECT_TRUE(units[0].key);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 0U);
}

TEST_F(AsyncEncoder, APictureIsLetGoOfWhenTheEncoderIsDoneWithIt) {
  fake_encoder().held_back = 1;
  FakeEncoderHarness h;
  h.block_downstream();
  std::atomic<unsigned> freed{0};
  for (unsigned i = 0; i < 3; i++) {
    GstBuffer* frame = h.make_frame();
    gst_mini_object_weak_ref(
        GST_MINI_OBJECT(frame),
        [](gpointer counter, GstMiniObject*) { ++*static_cast<std::atomic<unsigned>*>(counter); },
        &freed);
    ASSERT_EQ(gst_harness_push(h.harness(), frame), GST_FLOW_OK);
  }
  // The first waits downstream as a unit, the second may be at work, the third is held back.
  EXPECT_TRUE(eventually([&] { return freed >= 1; }));
  EXPECT_TRUE(stays([&] { return freed <= 2; }));
  h.unblock_downstream();
  h.end();
  EXPECT_EQ(freed, 3U);
}

}  // namespace
}  // namespace av1hw::test
