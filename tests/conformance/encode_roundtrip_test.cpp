// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes every format at sizes from 16x16 to 1080p, has other people's decoders decode it, and
// compares the pictures with what went in.
#include <gst/gst.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "elements/encoder_harness.h"
#include "support/programs.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

constexpr unsigned frame_count = 4;
constexpr unsigned base_q_idx = 60;
// Ac_Qlookup[0][60] of the specification (7.12.2): the step of 8-bit AC coefficients, in 1/8
// samples.
constexpr double ac_step = 67.0 / 8;

struct Case {
  const char* encoder;
  GstVideoFormat format;
  unsigned width;
  unsigned height;
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return std::string(c.encoder) + "_" + gst_video_format_to_string(c.format) + "_" +
         std::to_string(c.width) + "x" + std::to_string(c.height);
}

// If every coefficient were off by a whole step, the mean squared error would be the step's square.
double psnr_bound() { return 20 * std::log10(255.0 / ac_step); }

// The samples of frame `n` as decoders write them: plane by plane, 16 bits little-endian above 8.
void append_expected(const Case& c, unsigned n, Bytes& out) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, c.format, c.width, c.height);
  const unsigned shift = c.format == GST_VIDEO_FORMAT_GRAY16_LE ? 4 : 0;
  GstBuffer* buffer = make_pattern_buffer(info, n);
  GstVideoFrame frame;
  ASSERT_TRUE(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
  for (unsigned p = 0; p < GST_VIDEO_FRAME_N_PLANES(&frame); p++) {
    // Planar RGB is in the order G, B, R, as decoders write it; its planes have one size.
    const int width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, p);
    const int row = width * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, p);
    const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, p));
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, p); y++) {
      const uint8_t* from =
          data + static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, p);
      const size_t start = out.size();
      out.insert(out.end(), from, from + row);
      for (size_t i = start; shift > 0 && i < out.size(); i += 2) {
        GST_WRITE_UINT16_LE(&out[i], GST_READ_UINT16_LE(&out[i]) >> shift);
      }
    }
  }
  gst_video_frame_unmap(&frame);
  gst_buffer_unref(buffer);
}

double psnr(const Bytes& a, const Bytes& b, unsigned depth) {
  double sum = 0;
  const size_t step = depth > 8 ? 2 : 1;
  for (size_t i = 0; i < a.size(); i += step) {
    const double x = step == 1 ? a[i] : GST_READ_UINT16_LE(&a[i]);
    const double y = step == 1 ? b[i] : GST_READ_UINT16_LE(&b[i]);
    sum += (x - y) * (x - y);
  }
  const double mse = sum / (static_cast<double>(a.size()) / static_cast<double>(step));
  return 20 * std::log10((1U << depth) - 1) - 10 * std::log10(std::max(mse, 1e-6));
}

class EncodeRoundTrip : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    GstElementFactory* factory = gst_element_factory_find(GetParam().encoder);
    if (!factory) GTEST_SKIP() << "this build has no " << GetParam().encoder;
    gst_object_unref(factory);
  }

  void compare(const char* decoder, const std::string& decoded_file) {
    const Bytes decoded = read_bytes(decoded_file);
    ASSERT_EQ(decoded.size(), expected_.size()) << decoder << ": wrong number of frames or size";
    const unsigned depth = GetParam().format == GST_VIDEO_FORMAT_GRAY16_LE
                               ? 12
                               : gst_video_format_get_info(GetParam().format)->depth[0];
    const double quality = psnr(decoded, expected_, depth);
    EXPECT_GT(quality, psnr_bound()) << decoder;
    if (!first_.empty())
      EXPECT_EQ(decoded, first_) << decoder << " differs from dav1d";
    else
      first_ = decoded;
  }

  Bytes expected_;
  Bytes first_;
};

TEST_P(EncodeRoundTrip, DecodersAgreeAndQualityHolds) {
  const Case& c = GetParam();
  EncoderHarness h(std::string(c.encoder) +
                       " name=enc preset=10 threads=2 quantizer=" + std::to_string(base_q_idx),
                   c.format, c.width, c.height);
  std::vector<Bytes> packets;
  for (Unit& unit : h.encode(frame_count)) packets.push_back(std::move(unit.bytes));
  ASSERT_EQ(packets.size(), frame_count);
  for (unsigned n = 0; n < frame_count; n++) append_expected(c, n, expected_);
  const ScratchFolder folder;
  const std::string ivf = folder.file("e.ivf");
  write_ivf(ivf, c.width, c.height, packets);

  unsigned decoders = 0;
  const std::vector<std::pair<const char*, std::vector<std::string>>> commands = {
      {"dav1d", {"-q", "-i", ivf, "--muxer", "yuv", "-o", folder.file("dav1d")}},
      {"aomdec", {"--rawvideo", "-o", folder.file("aomdec"), ivf}},
      {"ffmpeg",
       {"-v", "error", "-xerror", "-i", ivf, "-fps_mode", "passthrough", "-f", "rawvideo",
        folder.file("ffmpeg")}},
  };
  for (const auto& [decoder, arguments] : commands) {
    if (!has_program(decoder)) continue;
    decoders++;
    std::vector<std::string> words = {decoder};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const ProgramRun run = run_program(words);
    EXPECT_EQ(run.status, 0) << decoder << ": " << run.output;
    compare(decoder, folder.file(decoder));
  }
  if (decoders == 0) GTEST_SKIP() << "neither dav1d, aomdec nor ffmpeg is installed";
}

std::vector<Case> all_cases() {
  struct Size {
    unsigned width, height;
  };
  constexpr Size small[] = {{16, 16}, {17, 31}, {64, 64}, {176, 144}};
  std::vector<Case> cases;
  for (GstVideoFormat format :
       {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_I420_12LE,
        GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_I422_10LE, GST_VIDEO_FORMAT_I422_12LE,
        GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_Y444_10LE, GST_VIDEO_FORMAT_Y444_12LE,
        GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_GRAY10_LE16, GST_VIDEO_FORMAT_GRAY16_LE,
        GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_GBR_10LE, GST_VIDEO_FORMAT_GBR_12LE}) {
    for (const Size& size : small) cases.push_back({"cpuav1enc", format, size.width, size.height});
  }
  cases.push_back({"cpuav1enc", GST_VIDEO_FORMAT_I420, 1920, 1080});
  cases.push_back({"cpuav1enc", GST_VIDEO_FORMAT_I422_10LE, 1919, 1079});
  for (GstVideoFormat format : {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_I420_10LE}) {
    for (const Size& size : {Size{64, 64}, Size{66, 98}, Size{176, 144}, Size{1920, 1080}}) {
      cases.push_back({"cpusvtav1enc", format, size.width, size.height});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Formats, EncodeRoundTrip, testing::ValuesIn(all_cases()), case_name);

// A file in a container, and the element that writes it.
struct Container {
  const char* file;
  const char* muxer;
};

class EncodeIntoContainer : public testing::TestWithParam<std::tuple<const char*, Container>> {};

TEST_P(EncodeIntoContainer, IsReadBackWhole) {
  const auto& [encoder, container] = GetParam();
  for (const char* word : {encoder, container.muxer}) {
    GstElementFactory* factory = gst_element_factory_find(word);
    if (!factory) GTEST_SKIP() << "there is no " << word;
    gst_object_unref(factory);
  }
  if (!has_program("ffprobe")) GTEST_SKIP() << "there is no ffprobe";
  const ScratchFolder folder;
  const std::string file = folder.file(container.file);
  const std::string line =
      "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=128,"
      "height=96,framerate=30/1 ! " +
      std::string(encoder) + " preset=10 ! " + container.muxer + " ! filesink location=" + file;
  GstElement* pipeline = gst_parse_launch(line.c_str(), nullptr);
  ASSERT_TRUE(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, 30 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  EXPECT_TRUE(message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) << line;
  if (message) gst_message_unref(message);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);

  const ProgramRun probe = run_program(
      {"ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
       "stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0", file});
  EXPECT_EQ(probe.status, 0);
  EXPECT_EQ(probe.output, "av1,128,96,20\n");
}

constexpr Container containers[] = {
    {"a.ivf", "avmux_ivf"}, {"a.mp4", "mp4mux"}, {"a.mkv", "matroskamux"}, {"a.webm", "webmmux"}};

INSTANTIATE_TEST_SUITE_P(Containers, EncodeIntoContainer,
                         testing::Combine(testing::Values("cpuav1enc", "cpusvtav1enc"),
                                          testing::ValuesIn(containers)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)) + "_" +
                                  (std::get<1>(tested.param).file + 2);
                         });

}  // namespace
}  // namespace av1hw::test
