// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoder settings as NVENC's parameters, field by field.
#include "nvcodec/nvenc_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace av1hw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

EncoderInput input_of(GstVideoFormat format = GST_VIDEO_FORMAT_NV12, unsigned width = 1920,
                      unsigned height = 1080) {
  EncoderInput input;
  gst_video_info_set_format(&input.info, format, width, height);
  input.info.fps_n = 25;
  input.info.fps_d = 1;
  return input;
}

NvEncodeAnswers ada() {
  NvEncodeAnswers device;
  device.has_av1 = true;
  device.input_formats = {NV_ENC_BUFFER_FORMAT_NV12, NV_ENC_BUFFER_FORMAT_YUV420_10BIT};
  device.min_width = 192;
  device.min_height = 128;
  device.max_width = device.max_height = 8192;
  device.ten_bit = device.lookahead = device.dynamic_bitrate = device.custom_vbv = 1;
  device.temporal_aq = device.intra_refresh = device.multiple_references = 1;
  device.temporal_layers = 4;
  device.engines = 2;
  device.b_frames = 7;
  device.b_frame_references = NV_ENC_BFRAME_REF_MODE_MIDDLE;
  return device;
}

// What a driver might have for a preset.
NV_ENC_CONFIG preset() {
  NV_ENC_CONFIG config = {};
  config.version = NV_ENC_CONFIG_VER;
  config.gopLength = 250;
  config.frameIntervalP = 4;
  config.rcParams.averageBitRate = 5'000'000;
  config.rcParams.enableLookahead = 1;
  config.rcParams.lookaheadDepth = 8;
  config.rcParams.enableAQ = 1;
  config.rcParams.multiPass = NV_ENC_TWO_PASS_QUARTER_RESOLUTION;
  return config;
}

struct Filled {
  NV_ENC_CONFIG config;
  std::vector<std::string> notes;
  const NV_ENC_RC_PARAMS& rate() const { return config.rcParams; }
  const NV_ENC_CONFIG_AV1& av1() const { return config.encodeCodecConfig.av1Config; }
};

Filled fill(const EncoderSettings& settings, const EncoderInput& input = input_of(),
            const NvEncodeAnswers& device = ada()) {
  Filled filled = {preset(), {}};
  const Result<> done = fill_nvenc_config(settings, input, device, filled.config, filled.notes);
  EXPECT_TRUE(done) << done.error().message;
  return filled;
}

std::string refusal(const EncoderSettings& settings, const EncoderInput& input,
                    const NvEncodeAnswers& device) {
  NV_ENC_CONFIG config = preset();
  std::vector<std::string> notes;
  const Result<> done = fill_nvenc_config(settings, input, device, config, notes);
  if (done) return "accepted";
  EXPECT_EQ(done.error().code, ErrorCode::NotSupported);
  return done.error().message;
}

bool same(const GUID& a, const GUID& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

TEST(NvencParams, PresetsRunFromP7ToP1) {
  EXPECT_TRUE(same(nvenc_preset(1), NV_ENC_PRESET_P7_GUID));
  EXPECT_TRUE(same(nvenc_preset(6), NV_ENC_PRESET_P4_GUID));
  EXPECT_TRUE(same(nvenc_preset(10), NV_ENC_PRESET_P1_GUID));
}

TEST(NvencParams, TuningFollowsLatencyAndLoss) {
  EXPECT_EQ(nvenc_tuning({}), NV_ENC_TUNING_INFO_HIGH_QUALITY);
  EXPECT_EQ(nvenc_tuning({.low_latency = true}), NV_ENC_TUNING_INFO_LOW_LATENCY);
  EXPECT_EQ(nvenc_tuning({.ultra_low_latency = true}), NV_ENC_TUNING_INFO_ULTRA_LOW_LATENCY);
  EXPECT_EQ(nvenc_tuning({.lossless = true}), NV_ENC_TUNING_INFO_LOSSLESS);
}

TEST(NvencParams, ASessionHasSizeRateAndPreset) {
  const NV_ENC_INITIALIZE_PARAMS params =
      nvenc_initialize_params({.preset = 10, .low_latency = true}, input_of(), ada());
  EXPECT_EQ(params.version, NV_ENC_INITIALIZE_PARAMS_VER);
  EXPECT_TRUE(same(params.encodeGUID, NV_ENC_CODEC_AV1_GUID));
  EXPECT_TRUE(same(params.presetGUID, NV_ENC_PRESET_P1_GUID));
  EXPECT_EQ(params.tuningInfo, NV_ENC_TUNING_INFO_LOW_LATENCY);
  EXPECT_EQ(params.encodeWidth, 1920U);
  EXPECT_EQ(params.encodeHeight, 1080U);
  EXPECT_EQ(params.darWidth, 1920U);
  EXPECT_EQ(params.darHeight, 1080U);
  EXPECT_EQ(params.frameRateNum, 25U);
  EXPECT_EQ(params.frameRateDen, 1U);
  EXPECT_EQ(params.enablePTD, 1U);
  EXPECT_EQ(params.enableEncodeAsync, 0U);
}

TEST(NvencParams, AVariableRateIsReckonedAs30) {
  EncoderInput input = input_of();
  input.info.fps_n = 0;
  EXPECT_EQ(nvenc_initialize_params({}, input, ada()).frameRateNum, 30U);
}

TEST(NvencParams, EnginesShareFramesAsAsked) {
  const auto mode = [](unsigned engines, const NvEncodeAnswers& device) {
    return nvenc_initialize_params({.split_encode = engines}, input_of(), device).splitEncodeMode;
  };
  EXPECT_EQ(mode(0, ada()), unsigned{NV_ENC_SPLIT_AUTO_MODE});
  EXPECT_EQ(mode(1, ada()), unsigned{NV_ENC_SPLIT_DISABLE_MODE});
  EXPECT_EQ(mode(2, ada()), unsigned{NV_ENC_SPLIT_TWO_FORCED_MODE});
  EXPECT_EQ(mode(3, ada()), unsigned{NV_ENC_SPLIT_THREE_FORCED_MODE});
  NvEncodeAnswers single = ada();
  single.engines = 1;
  EXPECT_EQ(mode(2, single), 0U);
}

TEST(NvencParams, QuantizersKeepTheirScale) {
  const Filled filled = fill({.rate_control = RateControl::Cqp, .quantizer = 200});
  EXPECT_EQ(filled.rate().rateControlMode, NV_ENC_PARAMS_RC_CONSTQP);
  EXPECT_EQ(filled.rate().constQP.qpIntra, 200U);
  EXPECT_EQ(filled.rate().constQP.qpInterP, 200U);
  EXPECT_EQ(filled.rate().constQP.qpInterB, 200U);
  EXPECT_EQ(filled.rate().averageBitRate, 0U);
  // Whatever the preset has: one quantizer is one quantizer.
  EXPECT_EQ(filled.rate().enableAQ, 0U);
  EXPECT_EQ(filled.rate().multiPass, NV_ENC_MULTI_PASS_DISABLED);
}

TEST(NvencParams, ConstantQualityIsALevelUpTo63) {
  const auto level = [](unsigned quantizer) {
    const Filled filled = fill({.quantizer = quantizer});
    EXPECT_EQ(filled.rate().rateControlMode, NV_ENC_PARAMS_RC_VBR);
    EXPECT_EQ(filled.rate().averageBitRate, 0U);
    return filled.rate().targetQuality * 256 + filled.rate().targetQualityLSB;
  };
  // 0 would be NVENC's own choice.
  EXPECT_EQ(level(0), 1);
  EXPECT_EQ(level(85), 21 * 256);
  EXPECT_EQ(level(255), 63 * 256);
  for (unsigned q = 2; q <= 255; q++) EXPECT_GT(level(q), level(q - 1));
  EXPECT_EQ(fill({.max_bitrate = 3000}).rate().maxBitRate, 3'000'000U);
}

TEST(NvencParams, BitratesAreBitsPerSecond) {
  const Filled vbr = fill({.bitrate = 4000});
  EXPECT_EQ(vbr.rate().rateControlMode, NV_ENC_PARAMS_RC_VBR);
  EXPECT_EQ(vbr.rate().averageBitRate, 4'000'000U);
  EXPECT_EQ(vbr.rate().maxBitRate, 6'000'000U);
  EXPECT_EQ(vbr.rate().targetQuality, 0U);
  EXPECT_EQ(vbr.rate().vbvBufferSize, 0U);
  EXPECT_EQ(fill({.bitrate = 4000, .max_bitrate = 9000}).rate().maxBitRate, 9'000'000U);
  const Filled cbr = fill({.bitrate = 4000, .rate_control = RateControl::Cbr});
  EXPECT_EQ(cbr.rate().rateControlMode, NV_ENC_PARAMS_RC_CBR);
  EXPECT_EQ(cbr.rate().maxBitRate, 4'000'000U);
  EXPECT_EQ(fill({.bitrate = 2'000'000}).rate().maxBitRate, 3'000'000'000U);
}

TEST(NvencParams, LowLatencyHasABufferOfOneFrame) {
  const EncoderSettings settings = {.bitrate = 5000, .low_latency = true};
  const Filled filled = fill(settings);
  EXPECT_EQ(filled.rate().rateControlMode, NV_ENC_PARAMS_RC_CBR);
  EXPECT_EQ(filled.rate().vbvBufferSize, 200'000U);
  EXPECT_EQ(filled.rate().vbvInitialDelay, 200'000U);
  const Filled ultra = fill({.bitrate = 5000, .ultra_low_latency = true});
  EXPECT_EQ(ultra.rate().rateControlMode, NV_ENC_PARAMS_RC_CBR);
  EXPECT_EQ(ultra.rate().vbvBufferSize, 200'000U);
  EXPECT_EQ(ultra.rate().lowDelayKeyFrameScale, 1U);
  NvEncodeAnswers device = ada();
  device.custom_vbv = 0;
  EXPECT_EQ(fill(settings, input_of(), device).rate().vbvBufferSize, 0U);
}

TEST(NvencParams, ANewBitrateChangesTheRateAndItsBuffer) {
  EncoderSettings settings = {.bitrate = 5000, .low_latency = true};
  NV_ENC_CONFIG config = fill(settings).config;
  settings.bitrate = 1000;
  set_nvenc_bitrate(settings, input_of(), ada(), config.rcParams);
  const NV_ENC_CONFIG anew = fill(settings).config;
  EXPECT_EQ(std::memcmp(&config, &anew, sizeof config), 0);
  EXPECT_EQ(config.rcParams.vbvBufferSize, 40'000U);
}

TEST(NvencParams, ABitrateAboveTheMaximumRaisesIt) {
  EncoderSettings settings = {.bitrate = 5000, .max_bitrate = 8000};
  NV_ENC_CONFIG config = fill(settings).config;
  EXPECT_EQ(config.rcParams.maxBitRate, 8'000'000U);
  settings.bitrate = 7000;
  set_nvenc_bitrate(settings, input_of(), ada(), config.rcParams);
  EXPECT_EQ(config.rcParams.averageBitRate, 7'000'000U);
  EXPECT_EQ(config.rcParams.maxBitRate, 8'000'000U);
  settings.bitrate = 9000;
  set_nvenc_bitrate(settings, input_of(), ada(), config.rcParams);
  EXPECT_EQ(config.rcParams.maxBitRate, 9'000'000U);
  settings.max_bitrate = 0;
  set_nvenc_bitrate(settings, input_of(), ada(), config.rcParams);
  EXPECT_EQ(config.rcParams.maxBitRate, 13'500'000U);
}

TEST(NvencParams, WhatAModeHasNoUseForIsSaid) {
  const EncoderSettings bounds = {.min_quantizer = 20, .max_quantizer = 180};
  const Filled cq = fill(bounds);
  EXPECT_EQ(cq.rate().enableMinQP, 0U);
  EXPECT_THAT(cq.notes, ElementsAre("min-quantizer=20 has no effect with rate-control=cq: "
                                    "set rate-control=vbr or cbr",
                                    "max-quantizer=180 has no effect with rate-control=cq: "
                                    "set rate-control=vbr or cbr"));
  const Filled cqp = fill({.rate_control = RateControl::Cqp,
                           .min_quantizer = 20,
                           .multipass = MultiPass::Full,
                           .spatial_aq = true,
                           .temporal_aq = true});
  EXPECT_THAT(cqp.notes, ElementsAre(HasSubstr("min-quantizer=20"), HasSubstr("spatial-aq has"),
                                     HasSubstr("temporal-aq has"), HasSubstr("multipass=full")));
  for (const std::string& note : cqp.notes) EXPECT_THAT(note, HasSubstr("rate-control=cqp"));
  EXPECT_THAT(fill({.multipass = MultiPass::Quarter, .spatial_aq = true}).notes, IsEmpty());
  EXPECT_THAT(fill({.rate_control = RateControl::Cqp, .multipass = MultiPass::Off}).notes,
              IsEmpty());
  EXPECT_THAT(fill({.bitrate = 1000, .min_quantizer = 20, .spatial_aq = true}).notes, IsEmpty());
}

TEST(NvencParams, QuantizerBoundsHoldForBitrates) {
  const Filled bound = fill({.bitrate = 1000, .min_quantizer = 20, .max_quantizer = 180});
  EXPECT_EQ(bound.rate().enableMinQP, 1U);
  EXPECT_EQ(bound.rate().minQP.qpIntra, 20U);
  EXPECT_EQ(bound.rate().enableMaxQP, 1U);
  EXPECT_EQ(bound.rate().maxQP.qpInterB, 180U);
  const Filled free = fill({.bitrate = 1000});
  EXPECT_EQ(free.rate().enableMinQP, 0U);
  EXPECT_EQ(free.rate().enableMaxQP, 0U);
}

TEST(NvencParams, KeyFramesComeEveryFiveSecondsOrAsAsked) {
  EXPECT_EQ(fill({}).config.gopLength, 125U);
  EXPECT_EQ(fill({}).av1().idrPeriod, 125U);
  EXPECT_EQ(fill({.gop_size = 60}).config.gopLength, 60U);
  EXPECT_EQ(fill({.low_latency = true}).config.gopLength, NVENC_INFINITE_GOPLENGTH);
  EXPECT_EQ(fill({.low_latency = true}).av1().idrPeriod, NVENC_INFINITE_GOPLENGTH);
  EXPECT_EQ(fill({.gop_size = 60, .low_latency = true}).config.gopLength, 60U);
  EXPECT_EQ(fill({}).av1().repeatSeqHdr, 1U);
}

TEST(NvencParams, BFramesAreThoseAskedFor) {
  EXPECT_EQ(fill({}).config.frameIntervalP, 1);
  EXPECT_EQ(fill({}).rate().zeroReorderDelay, 1U);
  const Filled three = fill({.b_frames = 3});
  EXPECT_EQ(three.config.frameIntervalP, 4);
  EXPECT_EQ(three.rate().zeroReorderDelay, 0U);
  EXPECT_EQ(three.av1().useBFramesAsRef, NV_ENC_BFRAME_REF_MODE_MIDDLE);
  EXPECT_THAT(three.notes, IsEmpty());
  const Filled many = fill({.b_frames = 20});
  EXPECT_EQ(many.config.frameIntervalP, 8);
  ASSERT_EQ(many.notes.size(), 1U);
  EXPECT_THAT(many.notes[0], HasSubstr("b-frames=20"));
  EXPECT_EQ(fill({.b_frames = 3, .low_latency = true}).config.frameIntervalP, 1);
  EXPECT_EQ(fill({.b_frames = 3, .temporal_layers = 2}).config.frameIntervalP, 1);
}

TEST(NvencParams, BFramesFitBetweenKeyFrames) {
  const Filled four = fill({.gop_size = 4, .b_frames = 4});
  EXPECT_EQ(four.config.gopLength, 4U);
  EXPECT_EQ(four.config.frameIntervalP, 4);
  EXPECT_THAT(four.notes, ElementsAre(HasSubstr("b-frames=4: 3 are used")));
  EXPECT_EQ(fill({.gop_size = 1, .b_frames = 4}).config.frameIntervalP, 1);
  const Filled fits = fill({.gop_size = 5, .b_frames = 4});
  EXPECT_EQ(fits.config.frameIntervalP, 5);
  EXPECT_THAT(fits.notes, IsEmpty());
}

TEST(NvencParams, ReferencesAreSharedOutByDirection) {
  EXPECT_EQ(fill({}).av1().numFwdRefs, NV_ENC_NUM_REF_FRAMES_AUTOSELECT);
  EXPECT_EQ(fill({.ref_frames = 2}).av1().numFwdRefs, NV_ENC_NUM_REF_FRAMES_2);
  EXPECT_EQ(fill({.ref_frames = 2}).av1().numBwdRefs, NV_ENC_NUM_REF_FRAMES_AUTOSELECT);
  EXPECT_EQ(fill({.ref_frames = 7}).av1().numFwdRefs, NV_ENC_NUM_REF_FRAMES_4);
  const Filled both = fill({.b_frames = 2, .ref_frames = 7});
  EXPECT_EQ(both.av1().numFwdRefs, NV_ENC_NUM_REF_FRAMES_4);
  EXPECT_EQ(both.av1().numBwdRefs, NV_ENC_NUM_REF_FRAMES_3);
  EXPECT_EQ(both.av1().maxNumRefFramesInDPB, 7U);
  EXPECT_EQ(fill({.b_frames = 2, .ref_frames = 2}).av1().numFwdRefs, NV_ENC_NUM_REF_FRAMES_1);
}

TEST(NvencParams, IntraRefreshTakesThePlaceOfKeyFrames) {
  const Filled filled = fill({.gop_size = 90, .intra_refresh = 30});
  EXPECT_EQ(filled.av1().enableIntraRefresh, 1U);
  EXPECT_EQ(filled.av1().intraRefreshCnt, 30U);
  EXPECT_EQ(filled.av1().intraRefreshPeriod, 90U);
  EXPECT_EQ(filled.config.gopLength, NVENC_INFINITE_GOPLENGTH);
  EXPECT_EQ(filled.av1().idrPeriod, NVENC_INFINITE_GOPLENGTH);
  // NVENC wants the period to be longer than a renewal.
  EXPECT_EQ(fill({.intra_refresh = 500}).av1().intraRefreshPeriod, 501U);
  EXPECT_EQ(fill({}).av1().enableIntraRefresh, 0U);
}

TEST(NvencParams, LookaheadIsThePresetsOrAsAsked) {
  EXPECT_EQ(fill({}).rate().lookaheadDepth, 8U);
  EXPECT_EQ(nvenc_delay(fill({}).config), 8U);
  const Filled filled = fill({.b_frames = 3, .lookahead = 40});
  EXPECT_EQ(filled.rate().enableLookahead, 1U);
  EXPECT_EQ(filled.rate().lookaheadDepth, 28U);
  EXPECT_EQ(nvenc_delay(filled.config), 31U);
  ASSERT_EQ(filled.notes.size(), 1U);
  EXPECT_THAT(filled.notes[0], HasSubstr("lookahead=40"));
}

TEST(NvencParams, NothingIsHeldBackThatNobodyAskedFor) {
  EXPECT_EQ(nvenc_delay(fill({.low_latency = true}).config), 0U);
  EXPECT_EQ(fill({.low_latency = true}).rate().enableLookahead, 0U);
  EXPECT_THAT(fill({.low_latency = true, .lookahead = 5}).notes[0], HasSubstr("lookahead=5"));
  EncoderInput live = input_of();
  live.live = true;
  EXPECT_EQ(nvenc_delay(fill({}, live).config), 0U);
  EXPECT_EQ(nvenc_delay(fill({.lookahead = 5}, live).config), 5U);
  NvEncodeAnswers device = ada();
  device.lookahead = 0;
  EXPECT_EQ(nvenc_delay(fill({}, input_of(), device).config), 0U);
}

TEST(NvencParams, AnalysisIsAsAsked) {
  const Filled off = fill({});
  EXPECT_EQ(off.rate().enableAQ, 0U);
  EXPECT_EQ(off.rate().enableTemporalAQ, 0U);
  EXPECT_EQ(off.rate().multiPass, NV_ENC_TWO_PASS_QUARTER_RESOLUTION);  // the preset's
  const Filled on = fill({.multipass = MultiPass::Full, .spatial_aq = true, .temporal_aq = true});
  EXPECT_EQ(on.rate().enableAQ, 1U);
  EXPECT_EQ(on.rate().enableTemporalAQ, 1U);
  EXPECT_EQ(on.rate().multiPass, NV_ENC_TWO_PASS_FULL_RESOLUTION);
  EXPECT_EQ(fill({.multipass = MultiPass::Off}).rate().multiPass, NV_ENC_MULTI_PASS_DISABLED);
}

TEST(NvencParams, TilesAreAPowerOfTwoThatFits) {
  EXPECT_EQ(fill({}).av1().numTileColumns, 0U);
  EXPECT_EQ(fill({.tile_columns = 3, .tile_rows = 2}).av1().numTileColumns, 4U);
  EXPECT_EQ(fill({.tile_columns = 3, .tile_rows = 2}).av1().numTileRows, 2U);
  const EncoderInput small = input_of(GST_VIDEO_FORMAT_NV12, 320, 180);
  EXPECT_EQ(fill({.tile_columns = 64, .tile_rows = 64}, small).av1().numTileColumns, 4U);
  EXPECT_EQ(fill({.tile_columns = 64, .tile_rows = 64}, small).av1().numTileRows, 2U);
}

TEST(NvencParams, TemporalLayersAreCountedFromNone) {
  EXPECT_EQ(fill({}).av1().maxTemporalLayersMinus1, 0U);
  EXPECT_EQ(fill({.temporal_layers = 3}).av1().maxTemporalLayersMinus1, 2U);
}

TEST(NvencParams, DepthIsThatOfTheFrames) {
  EXPECT_EQ(fill({}).av1().pixelBitDepthMinus8, 0U);
  const Filled deep = fill({}, input_of(GST_VIDEO_FORMAT_P010_10LE));
  EXPECT_EQ(deep.av1().inputPixelBitDepthMinus8, 2U);
  EXPECT_EQ(deep.av1().pixelBitDepthMinus8, 2U);
  EXPECT_EQ(deep.av1().chromaFormatIDC, 1U);
  EXPECT_TRUE(same(deep.config.profileGUID, NV_ENC_AV1_PROFILE_MAIN_GUID));
}

TEST(NvencParams, FormatsAreNvencs) {
  EXPECT_EQ(nvenc_buffer_format(GST_VIDEO_FORMAT_NV12), NV_ENC_BUFFER_FORMAT_NV12);
  EXPECT_EQ(nvenc_buffer_format(GST_VIDEO_FORMAT_I420), NV_ENC_BUFFER_FORMAT_IYUV);
  EXPECT_EQ(nvenc_buffer_format(GST_VIDEO_FORMAT_P010_10LE), NV_ENC_BUFFER_FORMAT_YUV420_10BIT);
  EXPECT_EQ(nvenc_buffer_format(GST_VIDEO_FORMAT_YV12), NV_ENC_BUFFER_FORMAT_UNDEFINED);
}

TEST(NvencParams, ColorIsThatOfTheCaps) {
  EncoderInput input = input_of(GST_VIDEO_FORMAT_P010_10LE);
  gst_video_colorimetry_from_string(&input.info.colorimetry, GST_VIDEO_COLORIMETRY_BT2100_PQ);
  input.info.chroma_site = GST_VIDEO_CHROMA_SITE_COSITED;
  const Filled filled = fill({}, input);
  EXPECT_EQ(filled.av1().colorPrimaries, NV_ENC_VUI_COLOR_PRIMARIES_BT2020);
  EXPECT_EQ(filled.av1().transferCharacteristics, NV_ENC_VUI_TRANSFER_CHARACTERISTIC_SMPTE2084);
  EXPECT_EQ(filled.av1().matrixCoefficients, NV_ENC_VUI_MATRIX_COEFFS_BT2020_NCL);
  EXPECT_EQ(filled.av1().colorRange, 0U);
  EXPECT_EQ(filled.av1().chromaSamplePosition, 2U);
  input.info.colorimetry.range = GST_VIDEO_COLOR_RANGE_0_255;
  input.info.chroma_site = GST_VIDEO_CHROMA_SITE_MPEG2;
  EXPECT_EQ(fill({}, input).av1().colorRange, 1U);
  EXPECT_EQ(fill({}, input).av1().chromaSamplePosition, 1U);
}

TEST(NvencParams, WhatADeviceCantDoIsSaid) {
  NvEncodeAnswers plain = ada();
  plain.ten_bit = plain.intra_refresh = plain.temporal_layers = 0;
  EXPECT_THAT(refusal({}, input_of(GST_VIDEO_FORMAT_P010_10LE), plain), HasSubstr("P010_10LE"));
  EXPECT_THAT(refusal({}, input_of(GST_VIDEO_FORMAT_Y444), plain), HasSubstr("Y444"));
  EXPECT_THAT(refusal({}, input_of(GST_VIDEO_FORMAT_NV12, 64, 64), plain),
              HasSubstr("from 192x128 to 8192x8192, and this is 64x64"));
  EXPECT_THAT(refusal({.lossless = true}, input_of(), plain), HasSubstr("lossless"));
  EXPECT_THAT(refusal({.intra_refresh = 3}, input_of(), plain), HasSubstr("intra-refresh"));
  EXPECT_THAT(refusal({.temporal_layers = 2}, input_of(), plain), HasSubstr("temporal-layers=2"));
}

}  // namespace
}  // namespace av1hw
