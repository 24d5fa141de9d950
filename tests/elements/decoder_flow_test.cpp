// SPDX-License-Identifier: LGPL-2.1-or-later
// Decoders in a running pipeline: flushes, seeks, drains, gaps, losses, latency and lateness.
#include <gtest/gtest.h>

#include <format>

#include "elements/decoder_harness.h"
#include "support/encoded_clip.h"

namespace av1hw::test {
namespace {

// With several frames in flight, where the decoder can have them.
constexpr const char* parallel = "threads=4 max-frame-delay=3";

class DecoderFlow : public DecoderCase {
 protected:
  static std::vector<std::string> clean_checksums(const std::vector<Bytes>& packets) {
    DecoderHarness h(decoder());
    h.set_caps(default_sink_caps);
    return checksums(h.decode(packets));
  }

  static GstClockTime latency(DecoderHarness& h) {
    GstQuery* query = gst_query_new_latency();
    GstClockTime minimum = GST_CLOCK_TIME_NONE;
    if (gst_pad_peer_query(h.harness()->sinkpad, query)) {
      gst_query_parse_latency(query, nullptr, &minimum, nullptr);
    }
    gst_query_unref(query);
    return minimum;
  }

  // Frames that each refer to the one before. Empty: nothing here can encode
  // them.
  static std::vector<Bytes> chain(unsigned frames) {
    return encode_clip({.frames = frames}).value_or(std::vector<Bytes>());
  }

  static void flush(DecoderHarness& h, GstClockTime start) {
    gst_harness_push_event(h.harness(), gst_event_new_flush_start());
    gst_harness_push_event(h.harness(), gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = segment.position = segment.time = start;
    gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
  }
};

TEST_P(DecoderFlow, FlushForgetsWhatIsInFlight) {
  const std::vector<Bytes> packets = clip("life.obu");
  const std::vector<std::string> clean = clean_checksums(packets);
  DecoderHarness h(decoder(parallel));
  h.set_caps(default_sink_caps);
  h.push_all(std::span(packets).first(7));
  flush(h, 0);
  h.take();
  EXPECT_EQ(checksums(h.decode(packets)), clean);
  EXPECT_EQ(h.messages(static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)), 0U);
}

// An accurate seek: decoding starts at the key frame, output at the frame that was asked for.
TEST_P(DecoderFlow, FramesBeforeTheSegmentAreDecodedButNotShown) {
  const std::vector<Bytes> packets = clip("life.obu");
  const std::vector<std::string> clean = clean_checksums(packets);
  DecoderHarness h(decoder(parallel));
  h.set_caps(default_sink_caps);
  h.push_all(std::span(packets).first(20));
  flush(h, packet_time(30));
  h.take();
  const std::vector<OutputFrame> frames = h.decode(packets);
  EXPECT_EQ(checksums(frames), std::vector<std::string>(clean.begin() + 30, clean.end()));
  EXPECT_EQ(frames.at(0).pts(), packet_time(30));
}

TEST_P(DecoderFlow, EndOfStreamBringsEveryFrameWithItsTime) {
  const std::vector<Bytes> packets = clip("life.obu");
  DecoderHarness h(decoder(parallel));
  h.set_caps(default_sink_caps);
  const std::vector<OutputFrame> frames = h.decode(packets);
  ASSERT_EQ(frames.size(), packets.size());
  for (size_t i = 0; i < frames.size(); i++) {
    EXPECT_EQ(frames[i].pts(), packet_time(i));
    EXPECT_EQ(GST_BUFFER_DURATION(frames[i].buffer()), packet_time(1));
  }
  EXPECT_EQ(h.stat("frames"), packets.size());
}

TEST_P(DecoderFlow, GapBringsOutWhatIsHeldBack) {
  const std::vector<Bytes> packets = clip("life.obu");
  const std::vector<std::string> clean = clean_checksums(packets);
  DecoderHarness h(decoder(parallel));
  h.set_caps(default_sink_caps);
  h.push_all(std::span(packets).first(5));
  gst_harness_push_event(h.harness(), gst_event_new_gap(packet_time(5), packet_time(1)));
  std::vector<std::string> seen = checksums(h.take());
  EXPECT_EQ(seen.size(), 5U);
  // And decoding goes on with the references that there were.
  h.push_all(std::span(packets).subspan(5), 5);
  h.end();
  for (const std::string& sum : checksums(h.take())) seen.push_back(sum);
  EXPECT_EQ(seen, clean);
}

TEST_P(DecoderFlow, NewCapsOfTheSameStreamLoseNothing) {
  const std::vector<Bytes> packets = clip("life.obu");
  const std::vector<std::string> clean = clean_checksums(packets);
  DecoderHarness h(decoder(parallel));
  h.set_caps(default_sink_caps);
  h.push_all(std::span(packets).first(20));
  h.set_caps(std::string(default_sink_caps) + ",pixel-aspect-ratio=4/3");
  std::vector<std::string> seen = checksums(h.take());
  EXPECT_EQ(h.source_caps().find("4/3"), std::string::npos) << "before the first frame of them";
  h.push_all(std::span(packets).subspan(20), 20);
  h.end();
  for (const std::string& sum : checksums(h.take())) seen.push_back(sum);
  EXPECT_EQ(seen, clean);
  EXPECT_NE(h.source_caps().find("pixel-aspect-ratio=(fraction)4/3"), std::string::npos);
}

TEST_P(DecoderFlow, InputWithoutTimesIsDecoded) {
  const std::vector<Bytes> packets = clip("life.obu");
  DecoderHarness h(decoder());
  h.set_caps("video/x-av1,stream-format=obu-stream,alignment=tu");
  for (const Bytes& packet : packets) {
    gst_harness_push(h.harness(), gst_buffer_new_memdup(packet.data(), packet.size()));
  }
  h.end();
  EXPECT_EQ(h.take().size(), packets.size());
}

// Ten packets, then two are missing, six more, and the whole clip once more from its key frame.
void push_with_loss(DecoderHarness& h, const std::vector<Bytes>& packets) {
  h.push_all(std::span(packets).first(10));
  h.push(packets[12], 12, GST_BUFFER_FLAG_DISCONT);
  h.push_all(std::span(packets).subspan(13, 5), 13);
  h.push_all(packets, 18);
  h.end();
}

TEST_P(DecoderFlow, FramesAfterALossAreFlaggedUntilAKeyFrame) {
  const std::vector<Bytes> packets = clip("life.obu");
  DecoderHarness h(decoder());
  h.set_caps(default_sink_caps);
  push_with_loss(h, packets);
  size_t good = 0;
  size_t flagged = 0;
  for (const OutputFrame& frame : h.take()) {
    const bool after_loss = frame.pts() >= packet_time(12) && frame.pts() < packet_time(18);
    EXPECT_EQ(frame.flagged(GST_BUFFER_FLAG_CORRUPTED), after_loss) << frame.pts();
    (after_loss ? flagged : good)++;
  }
  EXPECT_EQ(good, 10U + packets.size());
  EXPECT_GT(flagged, 0U);
}

TEST_P(DecoderFlow, CorruptFramesAreWithheldWhereNotWanted) {
  const std::vector<Bytes> packets = clip("life.obu");
  DecoderHarness h(decoder("output-corrupt=false"));
  h.set_caps(default_sink_caps);
  push_with_loss(h, packets);
  const std::vector<OutputFrame> frames = h.take();
  EXPECT_EQ(frames.size(), 10U + packets.size());
  for (const OutputFrame& frame : frames) EXPECT_FALSE(frame.flagged(GST_BUFFER_FLAG_CORRUPTED));
  EXPECT_GT(h.stat("dropped"), 0U);
}

TEST_P(DecoderFlow, LiveInputIsNotHeldBack) {
  const std::vector<Bytes> packets = clip("life.obu");
  DecoderHarness h(decoder("threads=4"), DecoderHarness::VideoMeta::Taken, true);
  h.set_caps(default_sink_caps);
  for (size_t i = 0; i < packets.size(); i++) {
    h.push(packets[i], i);
    EXPECT_EQ(h.take().size(), 1U) << i;
  }
  EXPECT_EQ(latency(h), 0U);
  EXPECT_EQ(h.stat("latency-frames-declared"), 0U);
  EXPECT_EQ(h.stat("latency-frames-measured"), 0U);
}

TEST_P(DecoderFlow, LatencyIsWhatIsHeldBack) {
  const std::vector<Bytes> packets = chain(20);
  if (packets.empty()) GTEST_SKIP() << "no FFmpeg with libaom: LATENCY WAS NOT TESTED";
  DecoderHarness h(decoder(parallel), DecoderHarness::VideoMeta::Taken, true);
  h.set_caps(default_sink_caps);
  size_t packets_in = 0;
  while (h.take().empty() && packets_in < packets.size()) {
    h.push(packets[packets_in], packets_in);
    packets_in++;
  }
  const size_t held = packets_in - 1;
  EXPECT_EQ(held, 3U);
  EXPECT_EQ(h.stat("latency-frames-declared"), held);
  EXPECT_EQ(h.stat("latency-frames-measured"), held);
  EXPECT_EQ(latency(h), packet_time(held));
}

// While downstream is late, frames that nothing refers to are skipped, and only those.
TEST_P(DecoderFlow, LateFramesAreSkippedAndNothingBreaks) {
  const std::vector<Bytes> packets = clip("hdr10.ivf");
  const std::vector<std::string> clean = clean_checksums(packets);
  DecoderHarness h(decoder("max-frame-delay=1"));
  h.set_caps(default_sink_caps);
  h.push_all(std::span(packets).first(5));
  EXPECT_EQ(h.stat("dropped"), 0U);
  gst_harness_push_upstream_event(
      h.harness(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, packet_time(45)));
  h.push_all(std::span(packets).subspan(5, 40), 5);
  const uint64_t skipped = h.stat("dropped");
  EXPECT_GT(skipped, 10U);
  EXPECT_LT(skipped, 40U) << "not even references were decoded";
  gst_harness_push_upstream_event(
      h.harness(),
      gst_event_new_qos(GST_QOS_TYPE_OVERFLOW, 0.5, -static_cast<GstClockTimeDiff>(packet_time(40)),
                        packet_time(45)));
  h.take();
  h.push_all(std::span(packets).subspan(45), 45);
  h.end();
  const std::vector<OutputFrame> frames = h.take();
  EXPECT_EQ(checksums(frames), std::vector<std::string>(clean.begin() + 45, clean.end()));
  EXPECT_EQ(h.stat("dropped"), skipped);
  EXPECT_GT(h.messages(GST_MESSAGE_QOS), 0U);
}

// Every OBU in a buffer of its own, as depayloaders give them.
TEST_P(DecoderFlow, SingleObusGiveTheSameFrames) {
  const std::vector<Bytes> packets = clip("hdr10.ivf");
  const std::vector<std::string> clean = clean_checksums(packets);
  for (const char* properties : {"", "max-frame-delay=1"}) {
    DecoderHarness h(decoder(properties));
    h.set_caps("video/x-av1,stream-format=obu-stream,alignment=obu,framerate=25/1");
    for (size_t i = 0; i < packets.size(); i++) {
      ObuReader reader(packets[i], ObuFraming::Section5);
      for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
        h.push(Bytes((*obu)->bytes.begin(), (*obu)->bytes.end()), i);
      }
    }
    h.end();
    const std::vector<OutputFrame> frames = h.take();
    EXPECT_EQ(checksums(frames), clean);
    for (size_t i = 0; i < frames.size(); i++) EXPECT_EQ(frames[i].pts(), packet_time(i));
  }
}

// Matroska leaves sequence headers out of its blocks where codec_data has the same.
TEST_P(DecoderFlow, SequenceHeaderOfCodecDataIsEnough) {
  const std::vector<Bytes> packets = clip("life.obu");
  const std::vector<std::string> clean = clean_checksums(packets);
  Bytes codec_data = {0x81, 0x00, 0x0c, 0x00};
  std::vector<Bytes> bare;
  for (const Bytes& packet : packets) {
    Bytes& unit = bare.emplace_back();
    ObuReader reader(packet, ObuFraming::Section5);
    for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
      const bool header = (*obu)->type == ObuType::SequenceHeader;
      if (header && codec_data.size() > 4) continue;
      Bytes& into = header ? codec_data : unit;
      into.insert(into.end(), (*obu)->bytes.begin(), (*obu)->bytes.end());
    }
  }
  ASSERT_GT(codec_data.size(), 4U);
  std::string caps = std::string(default_sink_caps) + ",codec_data=(buffer)";
  for (const uint8_t byte : codec_data) caps += std::format("{:02x}", byte);
  DecoderHarness h(decoder());
  h.set_caps(caps);
  h.push_all(std::span(bare).first(20));
  flush(h, 0);
  h.take();
  EXPECT_EQ(checksums(h.decode(bare)), clean);
}

INSTANTIATE_TEST_SUITE_P(Decoders, DecoderFlow, testing::ValuesIn(decoder_elements()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DecoderFlow);

}  // namespace
}  // namespace av1hw::test
