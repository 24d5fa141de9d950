// SPDX-License-Identifier: LGPL-2.1-or-later
// What decoders say of their output: formats, colours, shape and rate, and changes in mid-stream.
#include <gtest/gtest.h>

#include "elements/decoder_harness.h"
#include "elements/render_size.h"
#include "support/encoded_clip.h"

namespace av1hw::test {
namespace {

struct FormatCase {
  const char* name;  // of the GStreamer format that must come out
  ClipSpec clip;
};

const FormatCase format_cases[] = {
    {"I420", {.format = GST_VIDEO_FORMAT_I420, .pixels = "yuv420p"}},
    {"I420_10LE", {.format = GST_VIDEO_FORMAT_I420_10LE, .pixels = "yuv420p10le"}},
    {"I420_12LE", {.format = GST_VIDEO_FORMAT_I420_12LE, .pixels = "yuv420p12le"}},
    {"Y42B", {.format = GST_VIDEO_FORMAT_Y42B, .pixels = "yuv422p"}},
    {"I422_10LE", {.format = GST_VIDEO_FORMAT_I422_10LE, .pixels = "yuv422p10le"}},
    {"I422_12LE", {.format = GST_VIDEO_FORMAT_I422_12LE, .pixels = "yuv422p12le"}},
    {"Y444", {.format = GST_VIDEO_FORMAT_Y444, .pixels = "yuv444p"}},
    {"Y444_10LE", {.format = GST_VIDEO_FORMAT_Y444_10LE, .pixels = "yuv444p10le"}},
    {"Y444_12LE", {.format = GST_VIDEO_FORMAT_Y444_12LE, .pixels = "yuv444p12le"}},
    {"GBR", {.format = GST_VIDEO_FORMAT_GBR, .pixels = "gbrp"}},
    {"GBR_10LE", {.format = GST_VIDEO_FORMAT_GBR_10LE, .pixels = "gbrp10le"}},
    {"GBR_12LE", {.format = GST_VIDEO_FORMAT_GBR_12LE, .pixels = "gbrp12le"}},
    {"GRAY8", {.format = GST_VIDEO_FORMAT_GRAY8, .pixels = "gray"}},
    {"GRAY10_LE16", {.format = GST_VIDEO_FORMAT_GRAY10_LE16, .pixels = "gray10le"}},
    {"GRAY16_LE",
     {.format = GST_VIDEO_FORMAT_GRAY16_LE, .pixels = "gray16le", .coded_pixels = "gray12le"}},
};

// The largest sample of the first component, and all bits that are set in any.
struct SampleRange {
  unsigned largest = 0;
  unsigned bits = 0;
};

SampleRange sample_range(const OutputFrame& output) {
  SampleRange range;
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &output.info(), output.buffer(), GST_MAP_READ)) return range;
  const bool wide = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, 0) == 2;
  for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, 0); y++) {
    const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, 0)) +
                      static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_COMP_STRIDE(&frame, 0);
    for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, 0); x++) {
      const unsigned sample = wide ? GST_READ_UINT16_LE(row + 2 * x) : row[x];
      range.largest = std::max(range.largest, sample);
      range.bits |= sample;
    }
  }
  gst_video_frame_unmap(&frame);
  return range;
}

class DecoderCaps : public DecoderCase {};

TEST_P(DecoderCaps, EveryFormatComesOutAsItIs) {
  if (!encode_clip({})) GTEST_SKIP() << "no FFmpeg with libaom: NO FORMAT was tested";
  for (const FormatCase& format : format_cases) {
    SCOPED_TRACE(format.name);
    const auto packets = encode_clip(format.clip);
    ASSERT_TRUE(packets);
    DecoderHarness h(decoder());
    h.set_caps(default_sink_caps);
    const std::vector<OutputFrame> frames = h.decode(*packets);
    ASSERT_EQ(frames.size(), format.clip.frames);
    EXPECT_STREQ(GST_VIDEO_INFO_NAME(&frames[0].info()), format.name);
    EXPECT_EQ(frames[0].info().width, 70);
    EXPECT_EQ(frames[0].info().height, 46);
    // The pattern reaches 210 of 255, on whatever scale the format has.
    const unsigned depth = GST_VIDEO_INFO_COMP_DEPTH(&frames[0].info(), 0);
    const SampleRange range = sample_range(frames[0]);
    EXPECT_GT(range.largest, 190U << (depth - 8));
    EXPECT_LT(range.largest, 240U << (depth - 8));
  }
}

TEST_P(DecoderCaps, ColourDescriptionComesFromTheBitstream) {
  const auto packets =
      encode_clip({.format = GST_VIDEO_FORMAT_I420_10LE,
                   .pixels = "yuv420p10le",
                   .options = {"-bsf:v",
                               "av1_metadata=color_primaries=9:transfer_characteristics=18:"
                               "matrix_coefficients=9:chroma_sample_position=colocated"}});
  if (!packets) GTEST_SKIP() << "no FFmpeg with libaom: NOTHING was tested";
  DecoderHarness h(decoder());
  h.set_caps(std::string(default_sink_caps) + ",colorimetry=bt709,chroma-site=mpeg2");
  const std::vector<OutputFrame> frames = h.decode(*packets);
  ASSERT_FALSE(frames.empty());
  EXPECT_NE(h.source_caps().find("colorimetry=(string)bt2100-hlg"), std::string::npos)
      << h.source_caps();
  EXPECT_EQ(frames[0].info().chroma_site, GST_VIDEO_CHROMA_SITE_COSITED);
}

TEST_P(DecoderCaps, UpstreamFillsInWhatTheBitstreamLeavesOpen) {
  DecoderHarness h(decoder());
  h.set_caps(std::string(default_sink_caps) +
             ",colorimetry=bt709,chroma-site=mpeg2,pixel-aspect-ratio=4/3,content-light-level="
             "(string)500:200");
  ASSERT_FALSE(h.decode(clip("life.obu")).empty());
  const std::string caps = h.source_caps();
  for (const char* field : {"colorimetry=(string)bt709", "chroma-site=(string)mpeg2",
                            "pixel-aspect-ratio=(fraction)4/3", "framerate=(fraction)25/1",
                            "content-light-level=(string)500:200"}) {
    EXPECT_NE(caps.find(field), std::string::npos) << field << " is not in " << caps;
  }
}

TEST_P(DecoderCaps, HdrMetadataOfTheBitstreamWins) {
  DecoderHarness h(decoder());
  h.set_caps(std::string(default_sink_caps) + ",content-light-level=(string)1:1");
  ASSERT_FALSE(h.decode(clip("hdr10.ivf")).empty());
  const std::string caps = h.source_caps();
  // Display P3 primaries, D65, 1000 and 0.005 cd/m2, as tests/data/make-clips asks for.
  EXPECT_NE(caps.find("mastering-display-info=(string)"
                      "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50"),
            std::string::npos)
      << caps;
  EXPECT_NE(caps.find("content-light-level=(string)1000:400"), std::string::npos) << caps;
  EXPECT_NE(caps.find("colorimetry=(string)bt2100-pq"), std::string::npos) << caps;
}

// Without a rate from upstream the sequence header's timing is taken; upstream's wins.
TEST_P(DecoderCaps, FrameRateOfTheBitstreamFillsIn) {
  const auto packets = encode_clip(
      {.options = {"-bsf:v", "av1_metadata=tick_rate=60000/1001:num_ticks_per_picture=2"}});
  if (!packets) GTEST_SKIP() << "no FFmpeg with libaom: NOTHING was tested";
  const std::string without = "video/x-av1,stream-format=obu-stream,alignment=tu";
  DecoderHarness h(decoder());
  h.set_caps(without);
  ASSERT_FALSE(h.decode(*packets).empty());
  EXPECT_NE(h.source_caps().find("framerate=(fraction)30000/1001"), std::string::npos)
      << h.source_caps();
  DecoderHarness told(decoder());
  told.set_caps(without + ",framerate=50/1");
  ASSERT_FALSE(told.decode(*packets).empty());
  EXPECT_NE(told.source_caps().find("framerate=(fraction)50/1"), std::string::npos)
      << told.source_caps();
}

// 70x46 samples that are meant to be shown at another shape.
TEST_P(DecoderCaps, RenderSizeBecomesThePixelAspectRatio) {
  const auto packets = encode_clip({.frames = 1});
  if (!packets) GTEST_SKIP() << "no FFmpeg with libaom: NOTHING was tested";
  struct Case {
    unsigned width, height;
    const char* ratio;
  };
  for (const Case& c : {Case{140, 46, "2/1"}, Case{70, 92, "1/2"}, Case{140, 92, "1/1"},
                        // Two thirds of a size that does not divide by three.
                        Case{105, 68, "1/1"}}) {
    SCOPED_TRACE(c.ratio);
    const Bytes packet = with_render_size(packets->at(0), c.width, c.height);
    ASSERT_FALSE(packet.empty());
    DecoderHarness h(decoder());
    h.set_caps(default_sink_caps);
    const std::vector<OutputFrame> frames = h.decode(std::vector<Bytes>{packet});
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].info().width, 70);
    EXPECT_EQ(frames[0].info().height, 46);
    EXPECT_NE(h.source_caps().find(std::string("pixel-aspect-ratio=(fraction)") + c.ratio),
              std::string::npos)
        << h.source_caps();
    // A container's ratio is the author's last word.
    DecoderHarness told(decoder());
    told.set_caps(std::string(default_sink_caps) + ",pixel-aspect-ratio=4/3");
    ASSERT_EQ(told.decode(std::vector<Bytes>{packet}).size(), 1U);
    EXPECT_NE(told.source_caps().find("pixel-aspect-ratio=(fraction)4/3"), std::string::npos)
        << told.source_caps();
  }
}

TEST_P(DecoderCaps, CapsComeOnceForOneFormat) {
  DecoderHarness h(decoder());
  h.set_caps(default_sink_caps);
  ASSERT_EQ(h.decode(clip("hdr10.ivf")).size(), 75U);
  unsigned caps_events = 0;
  while (GstEvent* event = gst_harness_try_pull_event(h.harness())) {
    caps_events += GST_EVENT_TYPE(event) == GST_EVENT_CAPS ? 1 : 0;
    gst_event_unref(event);
  }
  EXPECT_EQ(caps_events, 1U);
}

// Size, depth and chroma change at a key frame, without new caps from upstream.
TEST_P(DecoderCaps, ChangesInMidStreamRenegotiate) {
  const std::vector<Bytes> small = clip("life.obu");   // 227x127, 8 bits
  const std::vector<Bytes> large = clip("hdr10.ivf");  // 320x180, 10 bits
  for (const std::string& element :
       {GetParam(), with_property(GetParam(), "max-frame-delay", "1")}) {
    SCOPED_TRACE(element);
    DecoderHarness h(element);
    h.set_caps(default_sink_caps);
    std::vector<std::string> seen;
    size_t index = 0;
    auto feed = [&](const std::vector<Bytes>& packets) {
      for (const Bytes& packet : packets) {
        h.push(packet, index++);
        for (const OutputFrame& frame : h.take()) {
          seen.push_back(std::string(GST_VIDEO_INFO_NAME(&frame.info())) +
                         std::to_string(frame.info().width));
          const GstVideoMeta* meta = gst_buffer_get_video_meta(frame.buffer());
          EXPECT_EQ(meta->width, static_cast<guint>(frame.info().width));
        }
      }
    };
    feed(small);
    feed(large);
    feed(small);
    h.end();
    for (const OutputFrame& frame : h.take()) {
      seen.push_back(std::string(GST_VIDEO_INFO_NAME(&frame.info())) +
                     std::to_string(frame.info().width));
    }
    std::vector<std::string> wanted(50, "I420227");
    wanted.insert(wanted.end(), 75, "I420_10LE320");
    wanted.insert(wanted.end(), 50, "I420227");
    EXPECT_EQ(seen, wanted);
    EXPECT_EQ(h.stat("system-copy-frames"), 0U);
    EXPECT_EQ(h.messages(static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)), 0U);
  }
}

TEST_P(DecoderCaps, BareCapsOfATypeFinderAreTaken) {
  DecoderHarness h(decoder());
  h.set_caps("video/x-av1");
  EXPECT_EQ(h.decode(clip("life.obu")).size(), 50U);
}

INSTANTIATE_TEST_SUITE_P(Decoders, DecoderCaps, testing::ValuesIn(decoders_to_test()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DecoderCaps);

}  // namespace
}  // namespace av1hw::test
