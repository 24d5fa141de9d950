// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoder settings as SVT-AV1's configuration.
#include "cpu/svt_config.h"

#include <gtest/gtest.h>

namespace av1hw {
namespace {

EncoderInput input_1080p() {
  EncoderInput input;
  gst_video_info_set_format(&input.info, GST_VIDEO_FORMAT_I420, 1920, 1080);
  input.info.fps_n = 25;
  input.info.fps_d = 1;
  return input;
}

// The field has another name in later versions.
template <typename Config>
uint8_t& adaptive_quantization(Config& config) {
  if constexpr (requires { config.aq_mode; })
    return config.aq_mode;
  else
    return config.enable_adaptive_quantization;
}

EbSvtAv1EncConfiguration filled(const EncoderSettings& settings,
                                std::vector<std::string>* notes = nullptr) {
  EbSvtAv1EncConfiguration config = {};
  config.max_qp_allowed = 63;
  config.min_qp_allowed = 4;
  adaptive_quantization(config) = 2;
  std::vector<std::string> unused;
  EXPECT_TRUE(fill_svt_config(settings, input_1080p(), config, notes ? *notes : unused));
  return config;
}

TEST(SvtConfig, QuantizersMapToTheNearestStep) {
  EXPECT_EQ(svt_quantizer(0), 0U);
  EXPECT_EQ(svt_quantizer(1), 0U);
  EXPECT_EQ(svt_quantizer(2), 1U);
  EXPECT_EQ(svt_quantizer(100), 25U);
  EXPECT_EQ(svt_quantizer(244), 61U);
  EXPECT_EQ(svt_quantizer(246), 61U);
  EXPECT_EQ(svt_quantizer(249), 62U);
  EXPECT_EQ(svt_quantizer(255), 63U);
}

TEST(SvtConfig, PresetsGetFasterAllTheWay) {
  for (unsigned p = 2; p <= 10; p++) EXPECT_GT(svt_preset(p), svt_preset(p - 1)) << p;
}

TEST(SvtConfig, ThreadsBecomeLevels) {
  EXPECT_EQ(svt_parallelism(0), 0U);
  EXPECT_EQ(svt_parallelism(2), 2U);
  EXPECT_EQ(svt_parallelism(8), 4U);
  EXPECT_EQ(svt_parallelism(64), 6U);
}

TEST(SvtConfig, RateControlDecidesTheStructure) {
  EXPECT_EQ(static_cast<int>(filled({}).pred_structure), svt_pred_random_access);
  EXPECT_EQ(filled({}).qp, 25U);
  auto cqp = filled({.rate_control = RateControl::Cqp});
  EXPECT_EQ(adaptive_quantization(cqp), 0);
  const auto vbr = filled({.bitrate = 900});
  EXPECT_EQ(static_cast<int>(vbr.rate_control_mode), SVT_AV1_RC_MODE_VBR);
  EXPECT_EQ(vbr.target_bit_rate, 900'000U);
  const auto cbr = filled({.bitrate = 900, .low_latency = true});
  EXPECT_EQ(static_cast<int>(cbr.rate_control_mode), SVT_AV1_RC_MODE_CBR);
  EXPECT_EQ(static_cast<int>(cbr.pred_structure), svt_pred_low_delay);
}

TEST(SvtConfig, WhatIsDoneInAnotherWayIsSaid) {
  std::vector<std::string> notes;
  filled({.bitrate = 900, .rate_control = RateControl::Vbr, .low_latency = true}, &notes);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("rate-control=vbr"), std::string::npos);
  notes.clear();
  filled({.bitrate = 900, .max_bitrate = 1000}, &notes);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("max-bitrate"), std::string::npos);
}

TEST(SvtConfig, SsimNeedsConstantQuality) {
  EbSvtAv1EncConfiguration config = {};
  std::vector<std::string> notes;
  const Result<> r =
      fill_svt_config({.bitrate = 900, .tune = Tune::Ssim}, input_1080p(), config, notes);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::InvalidSettings);
}

TEST(SvtConfig, TilesAreLogarithms) {
  const auto config = filled({.tile_columns = 3, .tile_rows = 2});
  EXPECT_EQ(config.tile_columns, 2);
  EXPECT_EQ(config.tile_rows, 1);
  EXPECT_EQ(filled({}).tile_columns, 0);
}

TEST(SvtConfig, MoreTilesThanAv1HasBecomeFewerAndAreMentioned) {
  std::vector<std::string> notes;
  const auto config = filled({.tile_columns = 16, .tile_rows = 64}, &notes);
  EXPECT_EQ(config.tile_columns, 4);
  EXPECT_EQ(config.tile_rows, 3);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("tile-rows"), std::string::npos);
}

TEST(SvtConfig, LatencyIsNoneInLowDelay) {
  EXPECT_EQ(svt_latency({.low_latency = true}), 0U);
  EXPECT_GT(svt_latency({}), 30U);
  EXPECT_GT(svt_latency({.bitrate = 500}), svt_latency({}));
}

}  // namespace
}  // namespace av1hw
