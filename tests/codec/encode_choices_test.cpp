// SPDX-License-Identifier: LGPL-2.1-or-later
// What settings come to with what drivers have: rates, structures, sizes and tiles.
#include <format>
#include <random>

#include "codec/encode_rate.h"
#include "codec/encode_structure.h"
#include "codec/stateless_encoder_fixture.h"

namespace av1hw::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* hd = "video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1";

struct RateCase {
  EncoderSettings settings;
  RateControl mode;
  uint64_t target, maximum, buffer;
};

TEST(EncodeRate, BitratesAndBuffers) {
  using enum RateControl;
  const std::vector<RateCase> cases = {
      {{.quantizer = 90}, Cq, 0, 0, 0},
      {{.rate_control = Cqp}, Cqp, 0, 0, 0},
      {{.bitrate = 4000}, Vbr, 4'000'000, 6'000'000, 0},
      {{.bitrate = 4000, .max_bitrate = 5000}, Vbr, 4'000'000, 5'000'000, 0},
      {{.bitrate = 4000, .rate_control = Cbr}, Cbr, 4'000'000, 4'000'000, 4'000'000},
      {{.bitrate = 3000, .low_latency = true}, Cbr, 3'000'000, 3'000'000, 100'000},
      {{.bitrate = 3000, .rate_control = Vbr, .low_latency = true},
       Vbr,
       3'000'000,
       4'500'000,
       150'000},
      {{.rate_control = Vbr}, Vbr, 4'354'560, 6'531'840, 0},
      {{.bitrate = 4'294'967, .rate_control = Cbr},
       Cbr,
       4'294'967'000,
       4'294'967'000,
       4'294'967'000},
  };
  for (const RateCase& c : cases) {
    std::vector<std::string> warnings;
    const EncodeRate rate = choose_rate(c.settings, input_of(hd).info, generous_limits(), warnings);
    SCOPED_TRACE(c.settings.bitrate);
    EXPECT_EQ(rate.mode, c.mode);
    EXPECT_EQ(rate.target, c.target);
    EXPECT_EQ(rate.maximum, c.maximum);
    EXPECT_EQ(rate.buffer_size, c.buffer);
    EXPECT_THAT(warnings, IsEmpty());
  }
}

TEST(EncodeRate, ABitrateIsBounded) {
  std::vector<std::string> warnings;
  const EncodeRate rate = choose_rate({.bitrate = 5'000'000, .rate_control = RateControl::Cbr},
                                      input_of(hd).info, generous_limits(), warnings);
  EXPECT_EQ(rate.target, UINT32_MAX);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("bitrate=5000000")));
}

TEST(EncodeRate, LosslessIsNotAskedFor) {
  std::vector<std::string> warnings;
  const EncodeRate rate = choose_rate({.rate_control = RateControl::Cqp, .quantizer = 0},
                                      input_of(hd).info, generous_limits(), warnings);
  EXPECT_EQ(rate.quantizer, 1U);
  EXPECT_EQ(rate.min_quantizer, 1U);
}

TEST(EncodeRate, ModesThatAreMissing) {
  using enum RateControl;
  struct Case {
    EncoderSettings settings;
    bool cq, vbr, cbr;
    RateControl used;
    std::vector<std::string> warnings;
  };
  const std::vector<Case> cases = {
      {{.rate_control = Cq},
       false,
       true,
       true,
       Cqp,
       {"rate-control=cq: this driver has no cq; using cqp"}},
      {{}, false, true, true, Cqp, {}},
      {{.bitrate = 1, .rate_control = Vbr},
       true,
       false,
       true,
       Cbr,
       {"rate-control=vbr: this driver has no vbr; using cbr"}},
      {{.bitrate = 1, .rate_control = Cbr},
       true,
       false,
       false,
       Cqp,
       {"rate-control=cbr: this driver has no cbr; using cqp"}},
      {{.bitrate = 1}, true, false, true, Cbr, {}},
      {{.bitrate = 1},
       true,
       false,
       false,
       Cqp,
       {"bitrate=1: this driver holds no bitrate; using rate-control=cqp"}},
  };
  for (const Case& c : cases) {
    EncodeLimits limits;
    limits.cq = c.cq;
    limits.vbr = c.vbr;
    limits.cbr = c.cbr;
    std::vector<std::string> warnings;
    EXPECT_EQ(choose_rate(c.settings, input_of(hd).info, limits, warnings).mode, c.used);
    EXPECT_EQ(warnings, c.warnings);
  }
}

TEST(EncodeRate, ConstantQualityKeepsWithinABitrateWhereTheDriverCan) {
  for (const bool bounded : {false, true}) {
    EncodeLimits limits;
    limits.cq = true;
    limits.bounded_cq = bounded;
    const EncoderSettings settings = {.max_bitrate = 4000, .rate_control = RateControl::Cq};
    std::vector<std::string> warnings;
    const EncodeRate rate = choose_rate(settings, input_of(hd).info, limits, warnings);
    EXPECT_EQ(rate.mode, RateControl::Cq);
    EXPECT_EQ(rate.maximum, bounded ? 4'000'000U : 0U);
    EXPECT_EQ(peak_bitrate(rate), rate.maximum);
    EXPECT_EQ(warnings.empty(), bounded);
    warnings.clear();
    EXPECT_EQ(
        choose_rate({.rate_control = RateControl::Cq}, input_of(hd).info, limits, warnings).maximum,
        0U);
    EXPECT_TRUE(warnings.empty());
  }
}

GopSettings gop_of(const EncoderSettings& settings, const EncodeLimits& limits = generous_limits(),
                   const char* caps = hd) {
  std::vector<std::string> warnings;
  return choose_gop(settings, input_of(caps), limits, warnings);
}

TEST(EncodeStructure, GopSizes) {
  EXPECT_EQ(gop_of({}).gop_size, 120U);
  EXPECT_EQ(gop_of({.gop_size = 7}).gop_size, 7U);
  EXPECT_EQ(gop_of({.min_gop_size = 500}).gop_size, 500U);
  EXPECT_EQ(gop_of({}, generous_limits(),
                   "video/x-raw,format=NV12,width=64,height=64,framerate=60000/1001")
                .gop_size,
            239U);
  EXPECT_EQ(gop_of({}, generous_limits(), "video/x-raw,format=NV12,width=64,height=64").gop_size,
            120U);
}

TEST(EncodeStructure, References) {
  const auto references = [](const EncoderSettings& settings) {
    const GopSettings gop = gop_of(settings);
    return std::pair(gop.forward_references, gop.backward_references);
  };
  EXPECT_EQ(references({}), std::pair(4U, 0U));
  EXPECT_EQ(references({.ref_frames = 2}), std::pair(2U, 0U));
  EXPECT_EQ(references({.b_frames = 3}), std::pair(4U, 3U));
  EXPECT_EQ(references({.b_frames = 3, .ref_frames = 3}), std::pair(2U, 1U));
  EXPECT_EQ(references({.b_frames = 3, .ref_frames = 1}), std::pair(1U, 1U));
  EXPECT_EQ(references({.ref_frames = 7}), std::pair(4U, 0U));
}

TEST(EncodeStructure, LowLatencyHasNoBFrames) {
  for (const bool ultra : {false, true}) {
    std::vector<std::string> warnings;
    const GopSettings gop =
        choose_gop({.b_frames = 3, .low_latency = !ultra, .ultra_low_latency = ultra}, input_of(hd),
                   generous_limits(), warnings);
    EXPECT_EQ(gop.b_frames, 0U);
    EXPECT_EQ(gop.backward_references, 0U);
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("b-frames=3")));
  }
}

TEST(EncodeStructure, LowDelayCompoundIsOfDriversThatHaveIt) {
  EncodeLimits limits = generous_limits();
  limits.low_delay_compound = true;
  const GopSettings gop = gop_of({}, limits);
  EXPECT_TRUE(gop.low_delay_compound);
  EXPECT_EQ(gop.backward_references, 3U);
  limits.backward_references = 0;
  EXPECT_FALSE(gop_of({}, limits).low_delay_compound);
}

TEST(EncodeStructure, ProbabilitiesAreLastFramesWhereTheDriverHasNoOthers) {
  EncodeLimits limits = generous_limits();
  EXPECT_FALSE(gop_of({}, limits).primary_is_last);
  limits.primary_is_last = true;
  EXPECT_TRUE(gop_of({}, limits).primary_is_last);
}

TEST(EncodeStructure, FewSlotsLeaveLevelsAndLongTermReferencesOut) {
  EncodeLimits limits = generous_limits();
  EXPECT_EQ(gop_of({}, limits).long_term_references, 4U);
  EXPECT_TRUE(gop_of({.b_frames = 7}, limits).hierarchical);
  limits.slots = 2;
  EXPECT_EQ(gop_of({}, limits).long_term_references, 1U);
  EXPECT_FALSE(gop_of({.b_frames = 7}, limits).hierarchical);
  EXPECT_TRUE(GopPlanner::make(gop_of({.b_frames = 7}, limits)));
  limits.slots = 1;
  EXPECT_EQ(gop_of({}, limits).long_term_references, 0U);
}

Result<EncodeStream> stream_of(const EncoderSettings& settings, const EncodeLimits& limits,
                               const char* caps, std::vector<std::string>& warnings) {
  const EncoderInput input = input_of(caps);
  const GopSettings gop = choose_gop(settings, input, limits, warnings);
  const EncodeRate rate = choose_rate(settings, input.info, limits, warnings);
  return make_encode_stream(settings, input, limits, gop, rate, warnings);
}

TEST(EncodeStructure, TilesAreThoseOfTheDriver) {
  EncodeLimits limits = generous_limits();
  std::vector<std::string> warnings;
  auto stream = stream_of({.tile_columns = 4, .tile_rows = 2}, limits, hd, warnings);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->tiles.columns(), 4U);
  EXPECT_EQ(stream->tiles.rows(), 2U);
  EXPECT_THAT(warnings, IsEmpty());
  limits.max_tile_columns = 2;
  stream = stream_of({.tile_columns = 4, .tile_rows = 2}, limits, hd, warnings);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->tiles.columns(), 2U);
  EXPECT_THAT(warnings, ElementsAre("tile-columns=4: not with this driver and size; using 2"));
}

TEST(EncodeStructure, LargeFramesHaveSeveralTilesUnasked) {
  constexpr const char* large = "video/x-raw,format=NV12,width=7680,height=4320,framerate=30/1";
  EncodeLimits limits = generous_limits();
  std::vector<std::string> warnings;
  const auto stream = stream_of({}, limits, large, warnings);
  ASSERT_TRUE(stream);
  EXPECT_GE(stream->tiles.columns(), 2U);
  EXPECT_THAT(warnings, IsEmpty());
  limits.max_tile_columns = limits.max_tile_rows = 1;
  const auto refused = stream_of({}, limits, large, warnings);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotSupported);
}

TEST(EncodeStructure, SizesThatTheDriverDoesNotCode) {
  EncodeLimits limits = generous_limits();
  limits.min_width = limits.min_height = 128;
  limits.max_width = limits.max_height = 4096;
  std::vector<std::string> warnings;
  for (const char* caps : {"video/x-raw,format=NV12,width=4098,height=128,framerate=30/1",
                           "video/x-raw,format=NV12,width=128,height=126,framerate=30/1"}) {
    const auto stream = stream_of({}, limits, caps, warnings);
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, ErrorCode::NotSupported);
    EXPECT_THAT(stream.error().message, HasSubstr("128x128 to 4096x4096"));
  }
}

// Whatever is set, on whatever driver: opening says what is wrong, or a decoder can follow.
class RandomSettings : public StatelessEncoderTest {
 protected:
  unsigned below(unsigned n) { return static_cast<unsigned>(random() % n); }
  bool coin() { return below(2) == 0; }

  void choose_limits() {
    EncodeLimits& limits = script.limits;
    limits = generous_limits();
    limits.width_alignment = 2U << below(6);
    limits.height_alignment = 2U << below(6);
    limits.header_size_is_aligned = coin();
    limits.min_width = limits.min_height = 1;
    limits.forward_references = 1 + below(4);
    limits.backward_references = below(4);
    limits.primary_is_last = coin();
    limits.slots = coin() ? 8 : 1 + below(8);
    limits.low_delay_compound = coin();
    limits.temporal_layers = 1 + below(3);
    limits.max_tile_columns = 1 + below(5);
    limits.max_tile_rows = 1 + below(5);
    limits.tile_size_bytes = 1 + below(4);
    limits.obu_size_bytes = 2 + below(7);
    limits.cq = coin();
    limits.vbr = coin();
    limits.cbr = coin();
    limits.max_in_flight = 1 + below(16);
    choose_tools(limits.tools, limits.frame_tools);
  }
  void choose_tools(CodingTools& tools, FrameTools& frame) {
    tools.use_128x128_superblock = coin();
    tools.enable_warped_motion = coin();
    tools.enable_ref_frame_mvs = coin();
    tools.enable_superres = coin();
    tools.enable_cdef = coin();
    tools.enable_restoration = coin();
    tools.separate_uv_delta_q = coin();
    tools.order_hint_bits = 3 + below(6);
    frame.tx_mode_select = coin();
    frame.reduced_tx_set = coin();
    frame.interpolation_filter = static_cast<uint8_t>(below(5));
    frame.is_motion_mode_switchable = coin();
    frame.allow_high_precision_mv = coin();
    frame.skip_mode = coin();
  }
  void choose_settings() {
    settings = {};
    settings.bitrate = coin() ? 0 : 1 + below(20'000);
    settings.rate_control = static_cast<RateControl>(below(5));
    settings.quantizer = below(256);
    settings.gop_size = coin() ? 0 : 1 + below(20);
    settings.b_frames = coin() ? 0 : below(34);
    settings.ref_frames = coin() ? 0 : below(8);
    settings.tile_columns = 1 + below(6);
    settings.tile_rows = 1 + below(6);
    settings.low_latency = coin();
    settings.temporal_layers = coin() ? 1 : 1 + below(3);
  }
  void choose_input() {
    static constexpr const char* formats[] = {"NV12", "P010_10LE", "GRAY8", "Y444", "I420_12LE"};
    const std::string caps =
        std::format("video/x-raw,format={},width={},height={},framerate={}/1", formats[below(5)],
                    1 + below(coin() ? 300 : 5000), 1 + below(coin() ? 300 : 3000), below(120));
    input = input_of(caps.c_str());
  }
  // Frames with anything that may come with one, now and then a drain, a flush or a new bitrate.
  void run() {
    for (unsigned i = 0; i < 30; ++i) {
      InputFrame one = frame();
      one.force_key_frame = below(10) == 0;
      if (below(6) == 0) one.mark_long_term = below(5);
      if (below(6) == 0) one.use_long_term = below(5);
      const std::vector<std::vector<uint8_t>> payloads(below(3), {0xb5, 1, 2});
      one.itu_t35 = payloads;
      const auto encoded = encode(one);
      ASSERT_TRUE(encoded) << encoded.error().message;
      if (below(12) == 0) {
        drain();
      } else if (below(20) == 0) {
        flush_in_between();
      } else if (below(12) == 0) {
        (void)encoder->set_bitrate(1 + below(20'000));
      }
    }
    drain();
  }
  void flush_in_between() {
    encoder->flush();
    // What was not put out by now is lost.
    for (const EncodedUnit& unit : client.take_units()) expect_next(unit);
    first_out = next;
  }
  void expect_next(const EncodedUnit& unit) {
    const FollowedUnit read = follower.take(bytes_of(unit));
    EXPECT_EQ(read.shown, unit.frame_number);
    EXPECT_EQ(unit.frame_number, first_out++);
  }

  std::minstd_rand random;
};

TEST_F(RandomSettings, AreRefusedOrMakeStreams) {
  unsigned opened = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    SCOPED_TRACE(seed);
    random.seed(seed);
    choose_limits();
    choose_settings();
    choose_input();
    follower = UnitFollower();
    first_out = next;
    const auto result = encoder->open(settings, input, client);
    if (!result) {
      EXPECT_FALSE(result.error().message.empty());
      continue;
    }
    ++opened;
    run();
    for (const EncodedUnit& unit : client.take_units()) expect_next(unit);
    EXPECT_EQ(first_out, next);
    EXPECT_EQ(follower.faults(), "");
    ASSERT_EQ(script.complaints(), "");
    if (HasFailure()) break;
    script.submitted.clear();
    script.streams.clear();
  }
  EXPECT_GT(opened, 800U);
}

}  // namespace
}  // namespace av1hw::test
