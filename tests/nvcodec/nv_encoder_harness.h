// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes the test pattern with nvav1enc, and has the CPU's decoder say what is in the stream.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "elements/encoder_harness.h"
#include "memory/handles.h"

namespace av1hw::test {

struct DecodedFrame {
  GstClockTime pts = 0;
  double psnr = 0;             // of luma against the pattern's frame, in dB
  bool is_that_frame = false;  // and less like those before and after it
};

// Luma of `frame` against frame `n` of the pattern.
inline double pattern_psnr(GstBuffer* buffer, const GstVideoInfo& info, unsigned n) {
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) return 0;
  const int depth = GST_VIDEO_FRAME_COMP_DEPTH(&frame, 0);
  double sum = 0;
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(&frame); y++) {
    const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                      static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
    for (int x = 0; x < GST_VIDEO_FRAME_WIDTH(&frame); x++) {
      const int sample = depth > 8 ? GST_READ_UINT16_LE(row + 2 * x) : row[x];
      const auto wanted = static_cast<int>(
          pattern_sample(0, static_cast<unsigned>(x), static_cast<unsigned>(y), n) << (depth - 8));
      sum += (sample - wanted) * (sample - wanted);
    }
  }
  const double samples =
      static_cast<double>(GST_VIDEO_FRAME_WIDTH(&frame)) * GST_VIDEO_FRAME_HEIGHT(&frame);
  gst_video_frame_unmap(&frame);
  return 20 * std::log10((1 << depth) - 1) - 10 * std::log10(std::max(sum / samples, 1e-6));
}

// What dav1d makes of temporal units; `first_frame` is the pattern's number of the first, and
// `step` from each to the next.
inline std::vector<DecodedFrame> decode_units(std::span<const Unit> units, unsigned first_frame = 0,
                                              unsigned step = 1) {
  GstHarness* harness = gst_harness_new("av1hwcpuav1dec");
  gst_harness_set_src_caps_str(
      harness, "video/x-av1, stream-format=obu-stream, alignment=tu, framerate=30/1");
  for (const Unit& unit : units) {
    GstBuffer* buffer = gst_buffer_new_memdup(unit.bytes.data(), unit.bytes.size());
    GST_BUFFER_PTS(buffer) = unit.pts;
    EXPECT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
  }
  gst_harness_push_event(harness, gst_event_new_eos());
  std::vector<DecodedFrame> frames;
  const CapsHandle caps(gst_pad_get_current_caps(harness->sinkpad));
  GstVideoInfo info;
  if (caps) gst_video_info_from_caps(&info, caps.get());
  while (GstBuffer* buffer = gst_harness_try_pull(harness)) {
    const BufferHandle owned(buffer);
    const auto n = first_frame + static_cast<unsigned>(frames.size()) * step;
    const double psnr = pattern_psnr(buffer, info, n);
    const bool nearest = psnr > pattern_psnr(buffer, info, n + 1) &&
                         (n == 0 || psnr > pattern_psnr(buffer, info, n - 1));
    frames.push_back({GST_BUFFER_PTS(buffer), psnr, nearest});
  }
  gst_harness_teardown(harness);
  return frames;
}

class NvEncoderHarness : public EncoderHarness {
 public:
  explicit NvEncoderHarness(const std::string& properties = {},
                            GstVideoFormat format = GST_VIDEO_FORMAT_NV12, unsigned width = 320,
                            unsigned height = 180, const std::string& before = {})
      : EncoderHarness(before + "av1hwnvav1enc name=enc " + properties, format, width, height) {}

  // Every frame is there, when it is due, and is the one that went in.
  void expect_all(std::span<const Unit> units, unsigned frames, double psnr) {
    EXPECT_EQ(message(GST_MESSAGE_ERROR), "");
    ASSERT_EQ(units.size(), frames);
    for (unsigned i = 0; i < frames; i++) {
      EXPECT_EQ(units[i].pts, gst_util_uint64_scale(i, GST_SECOND, 30)) << i;
    }
    const std::vector<DecodedFrame> decoded = decode_units(units);
    ASSERT_EQ(decoded.size(), frames);
    for (unsigned i = 0; i < frames; i++) {
      EXPECT_EQ(decoded[i].pts, units[i].pts) << i;
      EXPECT_GT(decoded[i].psnr, psnr) << i;
      EXPECT_TRUE(decoded[i].is_that_frame) << i;
    }
  }
};

}  // namespace av1hw::test
