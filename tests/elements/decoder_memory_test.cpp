// SPDX-License-Identifier: LGPL-2.1-or-later
// Where decoded frames lie: copies, pools, sharing with the decoder, and memory that comes back.
#include <gst/video/video.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "elements/decoder_harness.h"

namespace av1hw::test {
namespace {

class DecoderMemory : public DecoderCase {
 protected:
  static uint64_t resident_kib() {
    std::ifstream statm("/proc/self/statm");
    uint64_t total = 0;
    uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
  }
};

TEST_P(DecoderMemory, NothingIsCopiedWhereVideoMetaIsTaken) {
  DecoderHarness h(decoder());
  h.set_caps(default_sink_caps);
  const std::vector<OutputFrame> frames = h.decode(clip("life.obu"));
  ASSERT_EQ(frames.size(), 50U);
  EXPECT_EQ(h.stat("system-copy-frames"), 0U);
  EXPECT_EQ(h.stat("same-object-frames"), 50U);
  const GstVideoMeta* meta = gst_buffer_get_video_meta(frames[0].buffer());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->width, 227U);
  EXPECT_EQ(meta->height, 127U);
  EXPECT_GE(meta->stride[0], 256);
}

TEST_P(DecoderMemory, EachFrameIsCopiedOnceWhereVideoMetaIsRefused) {
  DecoderHarness padded(decoder());
  padded.set_caps(default_sink_caps);
  const std::vector<std::string> clean = checksums(padded.decode(clip("life.obu")));
  DecoderHarness h(decoder(), DecoderHarness::VideoMeta::Refused);
  h.set_caps(default_sink_caps);
  const std::vector<OutputFrame> frames = h.decode(clip("life.obu"));
  EXPECT_EQ(h.stat("system-copy-frames"), 50U);
  EXPECT_EQ(h.stat("system-copy-bytes"), 50U * (227 * 127 + 2 * 114 * 64));
  EXPECT_EQ(h.stat("same-object-frames"), 0U);
  EXPECT_EQ(checksums(frames), clean);
  EXPECT_EQ(gst_buffer_get_size(frames.at(0).buffer()), GST_VIDEO_INFO_SIZE(&frames[0].info()));
}

struct Offer {
  GstBufferPool* pool;
  guint max_buffers;
};

GstPadProbeReturn offer_pool(GstPad*, GstPadProbeInfo* info, gpointer data) {
  const auto* offer = static_cast<const Offer*>(data);
  GstQuery* query = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION &&
      gst_query_get_n_allocation_pools(query) == 0) {
    gst_query_add_allocation_pool(query, offer->pool, 1, 0, offer->max_buffers);
  }
  return GST_PAD_PROBE_OK;
}

TEST_P(DecoderMemory, DownstreamsPoolIsUsedWhereItFits) {
  for (const guint max_buffers : {0U, 4U}) {
    Offer offer = {gst_video_buffer_pool_new(), max_buffers};
    {
      DecoderHarness h(decoder());
      gst_pad_add_probe(h.harness()->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, offer_pool,
                        &offer, nullptr);
      h.set_caps(default_sink_caps);
      EXPECT_EQ(h.decode(clip("life.obu")).size(), 50U);
      // Four buffers would not do for the references alone.
      EXPECT_EQ(gst_buffer_pool_is_active(offer.pool) != 0, max_buffers == 0);
      EXPECT_EQ(h.stat("system-copy-frames"), 0U);
    }
    gst_buffer_pool_set_active(offer.pool, FALSE);
    gst_object_unref(offer.pool);
  }
}

// An element that works in place must not write into what the decoder refers to.
TEST_P(DecoderMemory, WritingIntoAFrameHarmsNoOther) {
  const std::vector<Bytes> packets = clip("life.obu");
  DecoderHarness clean(decoder());
  clean.set_caps(default_sink_caps);
  const std::vector<std::string> wanted = checksums(clean.decode(packets));
  DecoderHarness h(decoder("max-frame-delay=1"));
  h.set_caps(default_sink_caps);
  std::vector<std::string> seen;
  for (size_t i = 0; i < packets.size(); i++) {
    h.push(packets[i], i);
    for (const OutputFrame& frame : h.take()) {
      seen.push_back(frame.checksum());
      ASSERT_TRUE(gst_buffer_is_writable(frame.buffer()));
      gst_buffer_memset(frame.buffer(), 0, 0x55, gst_buffer_get_size(frame.buffer()));
      EXPECT_NE(frame.checksum(), seen.back());
    }
  }
  EXPECT_EQ(seen, wanted);
}

TEST_P(DecoderMemory, FramesOutliveTheirPipeline) {
  std::vector<OutputFrame> frames;
  std::vector<std::string> sums;
  {
    DecoderHarness h(decoder());
    h.set_caps(default_sink_caps);
    frames = h.decode(clip("life.obu"));
    sums = checksums(frames);
  }
  ASSERT_EQ(frames.size(), 50U);
  EXPECT_EQ(checksums(frames), sums);
}

TEST_P(DecoderMemory, MemoryComesBackAfterTwoHundredStarts) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps freed memory";
#endif
  const std::vector<Bytes> packets = clip("life.obu");
  DecoderHarness h(decoder("threads=2"));
  h.set_caps(default_sink_caps);
  uint64_t early = 0;
  for (unsigned cycle = 0; cycle < 200; cycle++) {
    gst_element_set_state(h.element(), GST_STATE_NULL);
    gst_element_set_state(h.element(), GST_STATE_PLAYING);
    // The element starts without its events.
    gst_pad_push_event(h.harness()->srcpad, gst_event_new_flush_start());
    gst_pad_push_event(h.harness()->srcpad, gst_event_new_flush_stop(TRUE));
    h.set_caps(default_sink_caps);
    h.push_all(std::span(packets).first(4));
    gst_harness_push_event(h.harness(), gst_event_new_gap(packet_time(4), packet_time(1)));
    ASSERT_EQ(h.take().size(), 4U) << "cycle " << cycle;
    while (GstEvent* event = gst_harness_try_pull_event(h.harness())) gst_event_unref(event);
    if (cycle == 40) early = resident_kib();
  }
  EXPECT_LT(resident_kib(), early + 2048);
}

INSTANTIATE_TEST_SUITE_P(Decoders, DecoderMemory, testing::ValuesIn(decoder_elements()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DecoderMemory);

}  // namespace
}  // namespace av1hw::test
