// SPDX-License-Identifier: LGPL-2.1-or-later
// What every encoder element does: units, caps, drain, flush, renegotiation, latency, statistics.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "elements/encoder_cases.h"
#include "elements/encoder_harness.h"
#include "memory/handles.h"
#include "support/process_state.h"

namespace av1hw::test {
namespace {

class EncoderElement : public EncoderCase {};

std::vector<uint8_t> codec_data_of(const GstStructure* caps) {
  const GValue* value = caps ? gst_structure_get_value(caps, "codec_data") : nullptr;
  if (!value) return {};
  GstBuffer* buffer = gst_value_get_buffer(value);
  std::vector<uint8_t> bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

TEST_P(EncoderElement, EveryFrameComesOutOnceInOrder) {
  EncoderHarness h(fast());
  const std::vector<Unit> units = h.encode(40);
  ASSERT_EQ(units.size(), 40U);
  for (size_t i = 0; i < units.size(); i++) {
    EXPECT_EQ(units[i].pts, gst_util_uint64_scale(i, GST_SECOND, 30)) << i;
    EXPECT_EQ(units[i].dts, units[i].pts) << i;
    EXPECT_EQ(units[i].key, i == 0) << i;
    EXPECT_EQ(units[i].header, i == 0) << i;
    // Each is a temporal unit: it starts with a temporal delimiter.
    ASSERT_GE(units[i].bytes.size(), 2U);
    EXPECT_EQ(units[i].bytes[0], 0x12) << i;
    EXPECT_EQ(units[i].bytes[1], 0x00) << i;
  }
}

TEST_P(EncoderElement, CapsAndCodecDataAreTheStreams) {
  EncoderHarness h(fast());
  const std::vector<Unit> units = h.encode(2);
  const GstStructure* caps = h.source_structure();
  ASSERT_TRUE(caps);
  EXPECT_STREQ(gst_structure_get_name(caps), "video/x-av1");
  EXPECT_STREQ(gst_structure_get_string(caps, "stream-format"), "obu-stream");
  EXPECT_STREQ(gst_structure_get_string(caps, "alignment"), "tu");
  EXPECT_STREQ(gst_structure_get_string(caps, "profile"), "main");
  EXPECT_STREQ(gst_structure_get_string(caps, "level"), "2.0");
  EXPECT_STREQ(gst_structure_get_string(caps, "tier"), "main");
  EXPECT_STREQ(gst_structure_get_string(caps, "chroma-format"), "4:2:0");
  guint depth = 0;
  EXPECT_TRUE(gst_structure_get_uint(caps, "bit-depth-luma", &depth));
  EXPECT_EQ(depth, 8U);
  const std::vector<uint8_t> codec_data = codec_data_of(caps);
  ASSERT_GT(codec_data.size(), 4U);
  EXPECT_EQ(codec_data[0], 0x81);
  // The sequence header in it is the one in the first unit.
  const std::vector<uint8_t>& first = units.at(0).bytes;
  EXPECT_NE(std::search(first.begin(), first.end(), codec_data.begin() + 4, codec_data.end()),
            first.end());
}

TEST_P(EncoderElement, TenBitsReachTheCaps) {
  EncoderHarness h(fast(), GST_VIDEO_FORMAT_I420_10LE);
  ASSERT_EQ(h.encode(2).size(), 2U);
  guint depth = 0;
  EXPECT_TRUE(gst_structure_get_uint(h.source_structure(), "bit-depth-luma", &depth));
  EXPECT_EQ(depth, 10U);
}

TEST_P(EncoderElement, ColorimetryReachesTheCapsFromTheStream) {
  EncoderHarness h(fast());
  h.set_format(GST_VIDEO_FORMAT_I420, 176, 144, ", colorimetry=1:3:5:1, chroma-site=mpeg2");
  ASSERT_EQ(h.encode(2).size(), 2U);
  EXPECT_STREQ(gst_structure_get_string(h.source_structure(), "colorimetry"), "1:3:5:1");
}

TEST_P(EncoderElement, PicturesAreGivenBackBeforeTheirUnitsCome) {
  EncoderHarness h(fast("low-latency=false"));
  std::atomic<int> alive = 0;
  for (unsigned i = 0; i < 12; i++) {
    GstBuffer* frame = h.make_frame();
    alive++;
    gst_mini_object_weak_ref(
        GST_MINI_OBJECT_CAST(frame),
        [](gpointer count, GstMiniObject*) { (*static_cast<std::atomic<int>*>(count))--; }, &alive);
    ASSERT_EQ(gst_harness_push(h.harness(), frame), GST_FLOW_OK);
  }
  EXPECT_LT(h.take().size(), 12U);
  EXPECT_EQ(alive, 0);
  h.end();
}

TEST_P(EncoderElement, WhatIsAttachedToAFrameGoesToItsUnit) {
  EncoderHarness h(fast("low-latency=false"));
  const CapsHandle clock(gst_caps_new_empty_simple("timestamp/x-test"));
  for (unsigned i = 0; i < 12; i++) {
    GstBuffer* frame = h.make_frame();
    gst_buffer_add_reference_timestamp_meta(frame, clock.get(), 100 + i, GST_CLOCK_TIME_NONE);
    ASSERT_EQ(gst_harness_push(h.harness(), frame), GST_FLOW_OK);
  }
  h.end();
  for (unsigned i = 0; i < 12; i++) {
    const BufferHandle unit(gst_harness_try_pull(h.harness()));
    ASSERT_TRUE(unit);
    const auto* meta = gst_buffer_get_reference_timestamp_meta(unit.get(), clock.get());
    ASSERT_TRUE(meta) << i;
    EXPECT_EQ(meta->timestamp, 100 + i);
  }
}

TEST_P(EncoderElement, FewFramesThenEndLoseNothing) {
  for (unsigned frames : {1U, 2U, 5U}) {
    EncoderHarness h(fast());
    EXPECT_EQ(h.encode(frames).size(), frames);
  }
}

TEST_P(EncoderElement, NoFrameAtAllIsNoError) {
  EncoderHarness h(fast());
  EXPECT_TRUE(h.encode(0).empty());
  EXPECT_EQ(h.message(GST_MESSAGE_ERROR), "");
}

TEST_P(EncoderElement, FlushDropsWhatIsHeldAndEncodesOn) {
  EncoderHarness h(fast());
  h.push(25);
  h.take();
  gst_harness_push_event(h.harness(), gst_event_new_flush_start());
  gst_harness_push_event(h.harness(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
  const std::vector<Unit> units = h.encode(10);
  ASSERT_EQ(units.size(), 10U);
  EXPECT_TRUE(units[0].key);
  EXPECT_EQ(units[0].pts, gst_util_uint64_scale(25, GST_SECOND, 30));
}

TEST_P(EncoderElement, SizeChangeLosesNoFrameAndStartsAtAKeyFrame) {
  EncoderHarness h(fast());
  h.push(20);
  h.set_format(GST_VIDEO_FORMAT_I420, 96, 80);
  h.push(20);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 40U);
  EXPECT_TRUE(units[20].key);
  int width = 0;
  EXPECT_TRUE(gst_structure_get_int(h.source_structure(), "width", &width));
  EXPECT_EQ(width, 96);
}

TEST_P(EncoderElement, GopSizeIsTheDistanceOfKeyFrames) {
  EncoderHarness h(fast("gop-size=8"));
  const std::vector<Unit> units = h.encode(24);
  ASSERT_EQ(units.size(), 24U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i % 8 == 0) << i;
}

TEST_P(EncoderElement, DeclaredLatencyHoldsAndIsReported) {
  for (const char* mode : {"low-latency=false", "low-latency=true"}) {
    EncoderHarness h(fast(mode));
    h.push(130);
    EXPECT_GT(h.stat("frames-out"), 0U) << mode;
    EXPECT_LE(h.stat("latency-frames-measured"), h.stat("latency-frames-declared")) << mode;
    GstQuery* query = gst_query_new_latency();
    gst_harness_set_upstream_latency(h.harness(), 0);
    ASSERT_TRUE(gst_pad_peer_query(h.harness()->sinkpad, query));
    GstClockTime latency = 0;
    gst_query_parse_latency(query, nullptr, &latency, nullptr);
    gst_query_unref(query);
    EXPECT_EQ(latency, gst_util_uint64_scale(h.stat("latency-frames-declared"), GST_SECOND, 30));
  }
}

TEST_P(EncoderElement, LowLatencyHoldsFewFrames) {
  EncoderHarness h(fast("low-latency=true"));
  h.push(30);
  EXPECT_LE(h.stat("latency-frames-measured"), 4U);
  EXPECT_GE(h.stat("frames-out"), 26U);
}

TEST_P(EncoderElement, StatsCountFramesBytesAndCopies) {
  EncoderHarness h(fast());
  const std::vector<Unit> units = h.encode(12);
  uint64_t bytes = 0;
  for (const Unit& unit : units) bytes += unit.bytes.size();
  EXPECT_EQ(h.stat("frames-in"), 12U);
  EXPECT_EQ(h.stat("frames-out"), 12U);
  EXPECT_EQ(h.stat("key-frames"), 1U);
  EXPECT_EQ(h.stat("bytes"), bytes);
  // Each frame is copied once, into the library, and not before.
  EXPECT_EQ(h.stat("system-copy-frames"), 12U);
  EXPECT_EQ(h.stat("system-copy-bytes"), 12U * 176 * 144 * 3 / 2);
}

// A branch that is taken off and put on again while the encoder runs.
TEST_P(EncoderElement, GoesOnWhenDownstreamIsLinkedAgain) {
  EncoderHarness h(fast("low-latency=true"));
  ASSERT_EQ(h.push(20), GST_FLOW_OK);
  GstPad* src = gst_element_get_static_pad(h.element(), "src");
  GstPad* peer = gst_pad_get_peer(src);
  gst_pad_unlink(src, peer);
  for (int i = 0; i < 60 && h.push(1) == GST_FLOW_OK; i++) continue;
  EXPECT_EQ(h.push(1), GST_FLOW_NOT_LINKED);
  h.take();
  ASSERT_EQ(gst_pad_link(src, peer), GST_PAD_LINK_OK);
  EXPECT_EQ(h.push(20), GST_FLOW_OK);
  EXPECT_FALSE(h.take().empty());
  gst_object_unref(src);
  gst_object_unref(peer);
}

TEST_P(EncoderElement, TwoHundredStartsLeaveNothingBehind) {
  auto cycle = [&] {
    EncoderHarness h(fast(), GST_VIDEO_FORMAT_I420, 64, 64);
    EXPECT_EQ(h.encode(3).size(), 3U);
  };
  for (int i = 0; i < 20; i++) cycle();
  const long threads = threads_of_process();
  const size_t bytes = bytes_in_use();
  for (int i = 0; i < 200; i++) cycle();
  EXPECT_LE(threads_of_process(), threads + 2);
  // Less than a 64x64 frame a cycle. A sanitizer, whose allocator this is not, finds leaks itself.
  EXPECT_LT(bytes_in_use(), bytes + 1024 * 1024);
}

INSTANTIATE_TEST_SUITE_P(All, EncoderElement, testing::ValuesIn(encoder_names), encoder_case_name);

}  // namespace
}  // namespace av1hw::test
