// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoders given what does not fit: caps that lie, sizes and profiles that are not taken, settings
// that contradict each other; and HDR and T.35 metadata, read back by another program.
#include <gst/video/video-anc.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "elements/encoder_cases.h"
#include "elements/encoder_harness.h"
#include "support/programs.h"

namespace av1hw::test {
namespace {

class EncoderInput : public EncoderCase {
 protected:
  // What FFmpeg's header tracer says about a stream of these units.
  static std::string trace(const std::vector<Unit>& units) {
    const ScratchFolder folder;
    std::vector<std::vector<uint8_t>> packets;
    for (const Unit& unit : units) packets.push_back(unit.bytes);
    write_ivf(folder.file("t.ivf"), 176, 144, packets);
    return run_program({"ffmpeg", "-v", "verbose", "-i", folder.file("t.ivf"), "-c", "copy",
                        "-bsf:v", "trace_headers", "-f", "null", "-"})
        .output;
  }

  // Lines of a trace that give this value to this syntax element.
  static unsigned occurrences(const std::string& trace, const std::string& element, long value) {
    std::istringstream lines(trace);
    const std::string ending = " = " + std::to_string(value);
    unsigned n = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" " + element + " ") != std::string::npos && line.ends_with(ending)) n++;
    }
    return n;
  }

  // The value of the first line of a trace that is about this syntax element; -1: there is none.
  static long traced(const std::string& trace, const std::string& element) {
    const size_t at = trace.find(" " + element + " ");
    const size_t equals = at == std::string::npos ? at : trace.find("= ", at);
    return equals == std::string::npos ? -1 : std::strtol(trace.c_str() + equals + 2, nullptr, 10);
  }
};

TEST_P(EncoderInput, BufferSmallerThanItsCapsCostsThatFrameOnly) {
  EncoderHarness h(fast());
  h.push(5);
  GstBuffer* small = gst_buffer_new_allocate(nullptr, 1000, nullptr);
  GST_BUFFER_PTS(small) = 5 * GST_SECOND;
  EXPECT_EQ(gst_harness_push(h.harness(), small), GST_FLOW_OK);
  GstBuffer* empty = gst_buffer_new();
  GST_BUFFER_PTS(empty) = 5 * GST_SECOND;
  EXPECT_EQ(gst_harness_push(h.harness(), empty), GST_FLOW_OK);
  h.push(5);
  h.end();
  EXPECT_EQ(h.take().size(), 10U);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("smaller than its caps say"), std::string::npos);
  EXPECT_EQ(h.message(GST_MESSAGE_ERROR), "");
}

TEST_P(EncoderInput, MetaThatContradictsTheCapsCostsThatFrameOnly) {
  EncoderHarness h(fast());
  h.push(3);
  GstBuffer* other = gst_buffer_new_allocate(nullptr, 176 * 144 * 3 / 2, nullptr);
  GST_BUFFER_PTS(other) = 5 * GST_SECOND;
  gst_buffer_add_video_meta(other, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 64, 64);
  EXPECT_EQ(gst_harness_push(h.harness(), other), GST_FLOW_OK);
  h.push(3);
  h.end();
  EXPECT_EQ(h.take().size(), 6U);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING), "");
}

TEST_P(EncoderInput, PlaneOutsideItsBufferCostsThatFrameOnly) {
  EncoderHarness h(fast());
  h.push(3);
  GstBuffer* torn = gst_buffer_new_allocate(nullptr, 176 * 144 * 3 / 2, nullptr);
  GST_BUFFER_PTS(torn) = 5 * GST_SECOND;
  const gsize offsets[GST_VIDEO_MAX_PLANES] = {0, 176 * 144, 176 * 144 * 3 / 2 - 100};
  const gint strides[GST_VIDEO_MAX_PLANES] = {176, 88, 88};
  gst_buffer_add_video_meta_full(torn, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 176, 144,
                                 3, offsets, strides);
  EXPECT_EQ(gst_harness_push(h.harness(), torn), GST_FLOW_OK);
  h.push(3);
  h.end();
  EXPECT_EQ(h.take().size(), 6U);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("outside its buffer"), std::string::npos);
}

TEST_P(EncoderInput, PaddedStridesEncodeTheSame) {
  EncoderHarness plain(fast());
  const std::vector<Unit> expected = plain.encode(1);
  EncoderHarness h(fast());
  GstBuffer* tight = h.make_frame();
  GstBuffer* padded = gst_buffer_new_allocate(nullptr, 16 + 256 * 144 + 2 * 128 * 72, nullptr);
  gst_buffer_memset(padded, 0, 0xee, gst_buffer_get_size(padded));
  const gsize offsets[GST_VIDEO_MAX_PLANES] = {16, 16 + 256 * 144, 16 + 256 * 144 + 128 * 72};
  const gint strides[GST_VIDEO_MAX_PLANES] = {256, 128, 128};
  gst_buffer_add_video_meta_full(padded, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 176, 144,
                                 3, offsets, strides);
  GstVideoFrame from, to;
  ASSERT_TRUE(gst_video_frame_map(&from, &h.info(), tight, GST_MAP_READ));
  ASSERT_TRUE(gst_video_frame_map(&to, &h.info(), padded, GST_MAP_WRITE));
  gst_video_frame_copy(&to, &from);
  gst_video_frame_unmap(&to);
  gst_video_frame_unmap(&from);
  gst_buffer_copy_into(padded, tight, GST_BUFFER_COPY_TIMESTAMPS, 0, static_cast<gsize>(-1));
  gst_buffer_unref(tight);
  gst_harness_push(h.harness(), padded);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 1U);
  EXPECT_EQ(units[0].bytes, expected.at(0).bytes);
}

TEST_P(EncoderInput, SizesItCannotTakeAreNotInItsCaps) {
  EncoderHarness h(fast());
  GstPad* pad = gst_element_get_static_pad(h.element(), "sink");
  auto takes = [&](const char* size) {
    GstCaps* caps = gst_caps_from_string(
        (std::string("video/x-raw, format=I420, framerate=30/1, ") + size).c_str());
    const bool accepted = gst_pad_query_accept_caps(pad, caps) != FALSE;
    gst_caps_unref(caps);
    return accepted;
  };
  EXPECT_TRUE(takes("width=64, height=64"));
  EXPECT_TRUE(takes("width=1920, height=1080"));
  EXPECT_FALSE(takes("width=15, height=64"));
  EXPECT_FALSE(takes("width=65536, height=64"));
  EXPECT_EQ(takes("width=16, height=16"), is("cpuav1enc"));
  EXPECT_EQ(takes("width=65, height=67"), is("cpuav1enc"));
  gst_object_unref(pad);
}

TEST_P(EncoderInput, ContradictionsNameTheProperty) {
  const std::pair<const char*, const char*> cases[] = {
      {"rate-control=vbr", "bitrate"},
      {"rate-control=cbr", "bitrate"},
      {"bitrate=100 min-quantizer=200 max-quantizer=100", "min-quantizer"}};
  for (const auto& [properties, named] : cases) {
    EncoderHarness h(fast(properties));
    EXPECT_NE(h.push(1), GST_FLOW_OK) << properties;
    EXPECT_NE(h.message(GST_MESSAGE_ERROR).find(named), std::string::npos) << properties;
  }
}

TEST_P(EncoderInput, DownstreamProfileNarrowsTheInput) {
  EncoderHarness h(fast("! capsfilter caps=video/x-av1,profile=main"));
  GstPad* pad = gst_element_get_static_pad(h.element(), "sink");
  GstCaps* caps = gst_pad_query_caps(pad, nullptr);
  for (const char* format : {"Y444", "I420_12LE", "GBR"}) {
    GstCaps* wanted = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, format, nullptr);
    EXPECT_FALSE(gst_caps_can_intersect(caps, wanted)) << format;
    gst_caps_unref(wanted);
  }
  gst_caps_unref(caps);
  gst_object_unref(pad);
  EXPECT_EQ(h.encode(3).size(), 3U);
}

TEST_P(EncoderInput, DownstreamLevelThatDoesNotFitIsRefusedClearly) {
  EncoderHarness h(fast("low-latency=true ! capsfilter caps=video/x-av1,level=(string)6.0"));
  h.push(8);
  h.end();
  EXPECT_TRUE(h.take().empty());
  EXPECT_NE(h.message(GST_MESSAGE_ERROR).find("Downstream does not take"), std::string::npos);
  EXPECT_EQ(h.message(GST_MESSAGE_ERROR), "") << "said once";
}

TEST_P(EncoderInput, Hdr10ReachesTheBitstream) {
  if (!has_program("ffmpeg")) GTEST_SKIP() << "no ffmpeg to read the headers with";
  EncoderHarness h(fast(), GST_VIDEO_FORMAT_I420_10LE);
  h.set_format(
      GST_VIDEO_FORMAT_I420_10LE, 176, 144,
      ", colorimetry=bt2100-pq, content-light-level=(string)1000:400, "
      "mastering-display-info=(string)34000:16000:13250:34500:7500:3000:15635:16450:10000000:50");
  const std::string trace = this->trace(h.encode(3));
  EXPECT_EQ(traced(trace, "color_primaries"), 9) << trace.substr(0, 4000);
  EXPECT_EQ(traced(trace, "transfer_characteristics"), 16);
  EXPECT_EQ(traced(trace, "matrix_coefficients"), 9);
  EXPECT_EQ(traced(trace, "max_cll"), 1000);
  EXPECT_EQ(traced(trace, "max_fall"), 400);
  EXPECT_EQ(traced(trace, "primary_chromaticity_x[0]"), 34000 * 65536LL / 50000);
  EXPECT_EQ(traced(trace, "white_point_chromaticity_y"), (16450 * 65536LL + 25000) / 50000);
  EXPECT_EQ(traced(trace, "luminance_max"), 1000 * 256);
  EXPECT_EQ(traced(trace, "luminance_min"), (50 * 16384 + 5000) / 10000);
}

TEST_P(EncoderInput, HdrThatChangesReachesTheBitstream) {
  if (!has_program("ffmpeg")) GTEST_SKIP() << "no ffmpeg to read the headers with";
  EncoderHarness h(fast(), GST_VIDEO_FORMAT_I420_10LE);
  const auto encode_with = [&](const std::string& more) {
    h.set_format(GST_VIDEO_FORMAT_I420_10LE, 176, 144, more);
    h.push(3);
  };
  encode_with(", colorimetry=bt2100-pq, content-light-level=(string)1000:400");
  encode_with(", colorimetry=bt2100-pq, content-light-level=(string)600:300");
  encode_with(", colorimetry=bt2100-hlg");
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 9U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i % 3 == 0) << i;
  const auto trace_of = [&](size_t first) {
    return trace({units.begin() + static_cast<std::ptrdiff_t>(first),
                  units.begin() + static_cast<std::ptrdiff_t>(first + 3)});
  };
  EXPECT_EQ(traced(trace_of(0), "max_cll"), 1000);
  EXPECT_EQ(traced(trace_of(3), "max_cll"), 600);
  EXPECT_EQ(traced(trace_of(3), "transfer_characteristics"), 16);
  EXPECT_EQ(traced(trace_of(6), "max_cll"), -1);
  EXPECT_EQ(traced(trace_of(6), "transfer_characteristics"), 18);
}

TEST_P(EncoderInput, CaptionsAndT35ReachTheBitstream) {
  if (!has_program("ffmpeg")) GTEST_SKIP() << "no ffmpeg to read the headers with";
  for (const char* mode : {"low-latency=false", "low-latency=true"}) {
    EncoderHarness h(fast(mode));
    for (unsigned i = 0; i < 6; i++) {
      GstBuffer* frame = h.make_frame();
      const guint8 cc_data[] = {0xfc, 0x80 | 'a', static_cast<guint8>(i), 0xfd, 0x80, 0x80};
      gst_buffer_add_video_caption_meta(frame, GST_VIDEO_CAPTION_TYPE_CEA708_RAW, cc_data,
                                        sizeof(cc_data));
      GstCustomMeta* meta = gst_buffer_add_custom_meta(frame, "av1hw-itu-t35");
      ASSERT_TRUE(meta);
      GBytes* payload = g_bytes_new_static("\x26\x00\x04\x01\x02", 5);
      gst_structure_set(gst_custom_meta_get_structure(meta), "payload", G_TYPE_BYTES, payload,
                        nullptr);
      g_bytes_unref(payload);
      gst_harness_push(h.harness(), frame);
    }
    h.end();
    const std::vector<Unit> units = h.take();
    ASSERT_EQ(units.size(), 6U);
    const std::string trace = this->trace(units);
    EXPECT_EQ(occurrences(trace, "itu_t_t35_country_code", 0xb5), 6U) << mode;
    EXPECT_EQ(occurrences(trace, "itu_t_t35_country_code", 0x26), 6U) << mode;
    // Each with its own frame: the captions' third byte is the frame's number.
    for (size_t i = 0; i < units.size(); i++) {
      const std::vector<uint8_t> captions = {0xb5,
                                             0,
                                             0x31,
                                             'G',
                                             'A',
                                             '9',
                                             '4',
                                             3,
                                             0x42,
                                             0xff,
                                             0xfc,
                                             0x80 | 'a',
                                             static_cast<uint8_t>(i)};
      EXPECT_NE(std::search(units[i].bytes.begin(), units[i].bytes.end(), captions.begin(),
                            captions.end()),
                units[i].bytes.end())
          << mode << " frame " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EncoderInput, testing::ValuesIn(encoder_names), encoder_case_name);

}  // namespace
}  // namespace av1hw::test
