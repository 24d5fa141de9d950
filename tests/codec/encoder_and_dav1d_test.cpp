// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams of the stateless encoder with real tiles, as dav1d decodes them: every frame is there, in
// order, and looks like what went in.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <string_view>

#include "codec/stateless_encoder.h"
#include "cpu/dav1d_decoder.h"
#include "memory/mapped_frame.h"
#include "memory/video_pool.h"
#include "support/recording_client.h"
#include "support/recording_encoder_client.h"
#include "support/test_pattern.h"
#include "support/tile_encode_backend.h"

namespace av1hw::test {
namespace {

constexpr unsigned frames = 26;

struct StreamCase {
  const char* name;
  EncoderSettings settings;
  std::function<void(EncodeLimits&)> adjust = {};
  std::function<void(unsigned, InputFrame&)> ask = {};
  int width = 176;
  int height = 144;
  // Units that a receiver does not get, and need not have for those that follow.
  unsigned lost_from = 0;
  unsigned lost_to = 0;
};

// Gives dav1d memory to decode into.
class DecodingClient final : public RecordingClient {
 public:
  ~DecodingClient() override {
    pictures.clear();
    if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
  }
  Result<BufferHandle> allocate(const PictureFormat& format, const MemoryNeeds& needs) override {
    if (!pool_) {
      gst_video_info_set_format(&info, format.format, static_cast<guint>(format.width),
                                static_cast<guint>(format.height));
      auto pool = make_video_pool(info, needs);
      if (!pool) return std::unexpected(pool.error());
      pool_ = *std::move(pool);
      gst_buffer_pool_set_active(pool_.get(), TRUE);
    }
    return acquire(pool_.get());
  }

  GstVideoInfo info = {};

 private:
  PoolHandle pool_;
};

class EncoderAndDav1d : public testing::TestWithParam<StreamCase> {
 protected:
  EncoderAndDav1d() {
    limits.forward_references = 4;
    limits.backward_references = 3;
    limits.max_tile_columns = limits.max_tile_rows = 4;
    limits.vbr = limits.cbr = true;
    gst_video_info_set_format(&input.info, GST_VIDEO_FORMAT_I420,
                              static_cast<guint>(GetParam().width),
                              static_cast<guint>(GetParam().height));
    input.info.fps_n = 30;
    input.info.fps_d = 1;
  }

  void encode() {
    if (GetParam().adjust) GetParam().adjust(limits);
    EncoderSettings settings = GetParam().settings;
    settings.rate_control = RateControl::Cqp;
    StatelessEncoder encoder(make_tile_encode_backend(limits));
    const auto opened = encoder.open(settings, input, encoded);
    ASSERT_TRUE(opened) << opened.error().message;
    for (unsigned i = 0; i < frames; ++i) {
      const BufferHandle buffer(make_pattern_buffer(input.info, i));
      InputFrame frame = {.buffer = buffer.get(), .frame_number = i};
      if (GetParam().ask) GetParam().ask(i, frame);
      const auto done = encoder.encode(frame);
      ASSERT_TRUE(done) << "frame " << i << ": " << done.error().message;
    }
    const auto drained = encoder.drain();
    ASSERT_TRUE(drained) << drained.error().message;
    units = encoded.take_units();
    ASSERT_EQ(units.size(), frames);
  }

  bool is_lost(uint64_t unit) const {
    return unit >= GetParam().lost_from && unit < GetParam().lost_to;
  }

  // Gives the numbers of the frames that came out.
  std::vector<uint64_t> decode(unsigned operating_point, bool with_losses = false) {
    DecodingClient client;
    Dav1dDecoder decoder;
    DecoderSettings settings;
    settings.threads = 1;
    settings.operating_point = operating_point;
    EXPECT_TRUE(decoder.open(settings, {}, client));
    for (size_t i = 0; i < units.size(); ++i) {
      if (with_losses && is_lost(i)) continue;
      EXPECT_TRUE(decoder.decode({units[i].data.get(), i, 0, true}));
    }
    EXPECT_TRUE(decoder.drain());
    EXPECT_EQ(client.complaints(), "");
    for (const Picture& picture : client.pictures) {
      EXPECT_EQ(picture.format.width, static_cast<int>(shown_width()));
      EXPECT_EQ(picture.format.height, static_cast<int>(shown_height()));
      compare(picture, client.info);
    }
    return client.numbers();
  }

  unsigned shown_width() const { return shown(input.info.width, limits.width_alignment); }
  unsigned shown_height() const { return shown(input.info.height, limits.height_alignment); }
  unsigned shown(int size, unsigned alignment) const {
    const auto exact = static_cast<unsigned>(size);
    return limits.header_size_is_aligned ? (exact + alignment - 1) / alignment * alignment : exact;
  }

  // However much of the stream was decoded, a frame is the same.
  void compare_with_earlier(uint64_t number, const MappedFrame& mapped) {
    size_t digest = 0;
    for (unsigned y = 0; y < mapped.rows(0); ++y) {
      const auto* row = reinterpret_cast<const char*>(mapped.plane(0).data()) +
                        y * static_cast<size_t>(mapped.stride(0));
      digest = digest * 31 + std::hash<std::string_view>()({row, mapped.row_bytes(0)});
    }
    EXPECT_EQ(digests.try_emplace(number, digest).first->second, digest) << "frame " << number;
  }

  // The mean difference of luma is far below what the neighbouring frames differ by.
  void compare(const Picture& picture, const GstVideoInfo& info) {
    const auto mapped = MappedFrame::map_read(picture.buffer.get(), info);
    ASSERT_TRUE(mapped);
    compare_with_earlier(picture.frame_number, *mapped);
    const auto difference = [&](unsigned n) {
      uint64_t sum = 0;
      for (unsigned y = 0; y < static_cast<unsigned>(input.info.height); ++y) {
        const uint8_t* row = mapped->plane(0).data() + y * static_cast<size_t>(mapped->stride(0));
        for (unsigned x = 0; x < static_cast<unsigned>(input.info.width); ++x)
          sum += static_cast<uint64_t>(
              std::abs(row[x] - static_cast<int>(pattern_sample(0, x, y, n))));
      }
      return static_cast<double>(sum) / (input.info.width * input.info.height);
    };
    const auto number = static_cast<unsigned>(picture.frame_number);
    const double own = difference(number);
    EXPECT_LT(own, 9) << "frame " << number;
    EXPECT_LT(own, difference(number + 2)) << "frame " << number;
  }

  EncodeLimits limits;
  EncoderInput input;
  RecordingEncoderClient encoded;
  std::vector<EncodedUnit> units;
  std::map<uint64_t, size_t> digests;  // of frames that were decoded before
};

TEST_P(EncoderAndDav1d, ShowWhatWentIn) {
  encode();
  const unsigned layers = std::max(GetParam().settings.temporal_layers, 1U);
  for (unsigned dropped = 0; dropped < layers; ++dropped) {
    SCOPED_TRACE(dropped);
    std::vector<uint64_t> expected;
    for (uint64_t i = 0; i < frames; i += uint64_t{1} << dropped) expected.push_back(i);
    EXPECT_EQ(decode(dropped), expected);
  }
  if (GetParam().lost_to == 0) return;
  std::vector<uint64_t> received;
  for (uint64_t i = 0; i < frames; ++i) {
    if (!is_lost(i)) received.push_back(i);
  }
  EXPECT_EQ(decode(0, true), received);
}

void use_all_tools(EncodeLimits& limits) {
  limits.tools.enable_ref_frame_mvs = true;
  limits.tools.enable_cdef = true;
  limits.frame_tools.skip_mode = true;
  limits.frame_tools.allow_high_precision_mv = true;
  limits.frame_tools.interpolation_filter = interpolation_switchable;
}

void ask_for_long_term(unsigned i, InputFrame& frame) {
  if (i == 3) frame.mark_long_term = 0;
  if (i == 17) frame.use_long_term = 0;
  if (i == 23) frame.force_key_frame = true;
}

INSTANTIATE_TEST_SUITE_P(
    StatelessEncoder, EncoderAndDav1d,
    testing::Values(
        StreamCase{"LowDelay", {}}, StreamCase{"ShortGroups", {.gop_size = 5}},
        StreamCase{"BFrames", {.b_frames = 3}},
        StreamCase{"PyramidWithAllTools", {.gop_size = 20, .b_frames = 7}, use_all_tools},
        StreamCase{"TwoSlots", {.b_frames = 2}, [](EncodeLimits& l) { l.slots = 2; }},
        StreamCase{"OneSlot", {}, [](EncodeLimits& l) { l.slots = l.forward_references = 1; }},
        StreamCase{"LowDelayCompound", {}, [](EncodeLimits& l) { l.low_delay_compound = true; }},
        StreamCase{"TwoLayers", {.temporal_layers = 2}},
        StreamCase{"ThreeLayers", {.temporal_layers = 3}},
        StreamCase{
            "OddSizeInTiles", {.tile_columns = 2, .tile_rows = 2}, use_all_tools, {}, 211, 139},
        StreamCase{"AlignedHeaders",
                   {},
                   [](EncodeLimits& l) {
                     l.width_alignment = 64;
                     l.height_alignment = 16;
                     l.header_size_is_aligned = true;
                   }},
        StreamCase{"LongTermReferences", {}, {}, ask_for_long_term},
        StreamCase{"LossUntilALongTermReference", {}, {}, ask_for_long_term, 176, 144, 4, 17}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace av1hw::test
