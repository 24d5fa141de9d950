// SPDX-License-Identifier: LGPL-2.1-or-later
// What the decoders' own properties do: film grain, layers, frame types, limits.
#include <gtest/gtest.h>

#include "elements/decoder_harness.h"

namespace av1hw::test {
namespace {

class DecoderSettingsCase : public DecoderCase {
 protected:
  static std::vector<std::string> run(const std::string& properties,
                                      const std::vector<Bytes>& packets) {
    DecoderHarness h(decoder(properties));
    h.set_caps(default_sink_caps);
    return checksums(h.decode(packets));
  }
};

TEST_P(DecoderSettingsCase, FilmGrainIsAppliedOrKnowinglyDropped) {
  const std::vector<Bytes> packets = clip("grain.ivf");
  const std::vector<std::string> automatic = run("", packets);
  const std::vector<std::string> applied = run("film-grain=apply", packets);
  EXPECT_EQ(automatic, applied);
  DecoderHarness h(decoder("film-grain=off"));
  h.set_caps(default_sink_caps);
  const std::vector<std::string> without = checksums(h.decode(packets));
  ASSERT_EQ(without.size(), applied.size());
  for (size_t i = 0; i < without.size(); i++) EXPECT_NE(without[i], applied[i]) << i;
  EXPECT_EQ(h.stat("grain-dropped"), packets.size());
}

TEST_P(DecoderSettingsCase, AllLayersOrTheHighest) {
  const std::vector<Bytes> packets = clip("gen/svc_L2T1.obu");
  if (packets.empty()) GTEST_SKIP() << "no test vectors: LAYERS WERE NOT TESTED";
  for (const char* delay : {"max-frame-delay=1", "max-frame-delay=3 threads=4"}) {
    SCOPED_TRACE(delay);
    DecoderHarness highest(decoder(delay));
    highest.set_caps(default_sink_caps);
    const std::vector<OutputFrame> top = highest.decode(packets);
    DecoderHarness every(decoder(std::string("all-layers=true ") + delay));
    every.set_caps(default_sink_caps);
    const std::vector<OutputFrame> all = every.decode(packets);
    ASSERT_EQ(top.size(), packets.size());
    ASSERT_EQ(all.size(), 2 * packets.size());
    for (size_t i = 0; i < packets.size(); i++) {
      EXPECT_EQ(top[i].pts(), packet_time(i));
      EXPECT_EQ(all[2 * i].pts(), packet_time(i));
      EXPECT_EQ(all[2 * i + 1].pts(), packet_time(i));
      const guint wide = gst_buffer_get_video_meta(all[2 * i + 1].buffer())->width;
      EXPECT_EQ(gst_buffer_get_video_meta(top[i].buffer())->width, wide);
      EXPECT_LE(gst_buffer_get_video_meta(all[2 * i].buffer())->width, wide);
    }
    EXPECT_EQ(every.stat("frames"), all.size());
  }
}

// Packets that are parts of temporal units must not make lower layers come out.
TEST_P(DecoderSettingsCase, HighestLayerOfSingleObus) {
  const std::vector<Bytes> packets = clip("gen/svc_L2T1.obu");
  if (packets.empty()) GTEST_SKIP() << "no test vectors: LAYERS WERE NOT TESTED";
  const std::vector<std::string> wanted = run("", packets);
  DecoderHarness h(decoder("max-frame-delay=1"));
  h.set_caps("video/x-av1,stream-format=obu-stream,alignment=obu");
  for (size_t i = 0; i < packets.size(); i++) {
    ObuReader reader(packets[i], ObuFraming::Section5);
    for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
      h.push(Bytes((*obu)->bytes.begin(), (*obu)->bytes.end()), i);
    }
  }
  h.end();
  EXPECT_EQ(checksums(h.take()), wanted);
}

TEST_P(DecoderSettingsCase, OperatingPointChoosesTheLayer) {
  const std::vector<Bytes> packets = clip("gen/svc_L2T1.obu");
  if (packets.empty()) GTEST_SKIP() << "no test vectors: LAYERS WERE NOT TESTED";
  const std::vector<std::string> best = run("operating-point=0", packets);
  const std::vector<std::string> base = run("operating-point=1", packets);
  EXPECT_EQ(base.size(), best.size());
  EXPECT_NE(base, best);
}

TEST_P(DecoderSettingsCase, FrameTypesThatAreNotWantedAreLeftOut) {
  const std::vector<Bytes> packets = clip("hdr10.ivf");
  const std::vector<std::string> all = run("", packets);
  const std::vector<std::string> key = run("decode-frame-type=key", packets);
  ASSERT_EQ(key.size(), 1U);
  EXPECT_EQ(key[0], all[0]);
  const size_t references = run("decode-frame-type=reference", packets).size();
  EXPECT_GT(references, key.size());
  EXPECT_LT(references, all.size());
}

TEST_P(DecoderSettingsCase, LeavingOutFiltersChangesPictures) {
  const std::vector<Bytes> packets = clip("life.obu");
  EXPECT_NE(run("inloop-filters=deblock", packets), run("", packets));
  EXPECT_EQ(run("inloop-filters=deblock+cdef+restoration", packets), run("", packets));
}

TEST_P(DecoderSettingsCase, FramesAboveTheLimitAreRefusedByName) {
  const std::vector<Bytes> packets = clip("life.obu");  // 227x127: 28829 samples
  EXPECT_EQ(run("frame-size-limit=28829", packets).size(), packets.size());
  DecoderHarness h(decoder("frame-size-limit=28828"));
  h.set_caps(default_sink_caps);
  EXPECT_EQ(h.decode(packets).size(), 0U);
  EXPECT_GT(h.messages(GST_MESSAGE_WARNING), 0U);
  EXPECT_EQ(h.messages(GST_MESSAGE_ERROR), 1U);
}

INSTANTIATE_TEST_SUITE_P(Decoders, DecoderSettingsCase, testing::ValuesIn(decoder_elements()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DecoderSettingsCase);

}  // namespace
}  // namespace av1hw::test
