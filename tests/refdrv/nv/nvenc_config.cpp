// SPDX-License-Identifier: LGPL-2.1-or-later
// What a client configured: NV_ENC_INITIALIZE_PARAMS and NV_ENC_CONFIG, checked and in plain terms.
#include "refdrv/nv/nvenc_config.h"

#include <algorithm>

#include "refdrv/nv/nvenc_caps.h"

namespace refdrv::nv {

namespace {

constexpr uint32_t default_bitrate = 5'000'000;
constexpr unsigned most_in_flight = 31;  // of lookahead and B-frames
constexpr unsigned last_quantizer = 255;
constexpr unsigned last_quality = 63;  // targetQuality
constexpr unsigned max_forward_references = 4;
constexpr unsigned max_backward_references = 3;
constexpr unsigned max_chroma_position = 2;
constexpr uint32_t max_render_size = 1 << 16;

std::unexpected<Refusal> wrong(std::string message) {
  return misuse(NV_ENC_ERR_INVALID_PARAM, std::move(message));
}

// What the device has, but this stand-in does not code.
std::unexpected<Refusal> lacking(std::string_view what) {
  return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM,
                std::format("{}: not supported by the reference driver", what));
}

Outcome<> check_size(const DeviceProfile& profile, const NV_ENC_INITIALIZE_PARAMS& params) {
  const auto& min = profile.nvenc_min_size;
  const auto& max = profile.nvenc_max_size;
  if (params.encodeWidth < min.width || params.encodeHeight < min.height ||
      params.encodeWidth > max.width || params.encodeHeight > max.height) {
    return refuse(NV_ENC_ERR_INVALID_PARAM,
                  std::format("{}x{} is not between {}x{} and {}x{}", params.encodeWidth,
                              params.encodeHeight, min.width, min.height, max.width, max.height));
  }
  const bool has_max = params.maxEncodeWidth != 0 || params.maxEncodeHeight != 0;
  if (has_max &&
      (params.maxEncodeWidth < params.encodeWidth || params.maxEncodeHeight < params.encodeHeight ||
       params.maxEncodeWidth > max.width || params.maxEncodeHeight > max.height)) {
    return wrong(std::format("maxEncodeWidth and maxEncodeHeight are {}x{}, for pictures of {}x{}",
                             params.maxEncodeWidth, params.maxEncodeHeight, params.encodeWidth,
                             params.encodeHeight));
  }
  return {};
}

Outcome<> check_initialize(const DeviceProfile& profile, const NV_ENC_INITIALIZE_PARAMS& params) {
  if (!same(params.encodeGUID, NV_ENC_CODEC_AV1_GUID)) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "encodeGUID is not AV1's");
  }
  if (const auto size = check_size(profile, params); !size) return size;
  if (params.frameRateDen == 0) {
    return wrong(std::format("the frame rate is {}/{}", params.frameRateNum, params.frameRateDen));
  }
  if (params.darWidth > max_render_size || params.darHeight > max_render_size) {
    return wrong(std::format("a render size of {}x{}", params.darWidth, params.darHeight));
  }
  if (params.enableEncodeAsync) return wrong("enableEncodeAsync: Linux has no completion events");
  if (params.enableMEOnlyMode) return wrong("AV1 has no enableMEOnlyMode");
  if (params.enableWeightedPrediction) return wrong("AV1 has no enableWeightedPrediction");
  if (!is_zero(params.reserved) || !is_zero(params.reserved2)) {
    return wrong("a reserved field of NV_ENC_INITIALIZE_PARAMS is not 0");
  }
  if (params.enableSubFrameWrite) return lacking("enableSubFrameWrite");
  if (params.enableExternalMEHints) return lacking("enableExternalMEHints");
  if (params.enableOutputInVidmem) return lacking("enableOutputInVidmem");
  if (params.enableReconFrameOutput) return lacking("enableReconFrameOutput");
  if (params.enableOutputStats) return lacking("enableOutputStats");
  if (params.numStateBuffers > 0) return lacking("numStateBuffers");
  return {};
}

Outcome<> check_av1(const DeviceProfile& profile, const NV_ENC_CONFIG_AV1& av1) {
  if (av1.reserved != 0 || !is_zero(av1.reserved1) || !is_zero(av1.reserved2)) {
    return wrong("a reserved field of NV_ENC_CONFIG_AV1 is not 0");
  }
  if (av1.chromaFormatIDC != 1) {
    return wrong(std::format("chromaFormatIDC is {}", static_cast<unsigned>(av1.chromaFormatIDC)));
  }
  const auto depth = [&](unsigned minus8) {
    return std::ranges::contains(profile.nvenc_bit_depths, minus8 + 8);
  };
  if (!depth(av1.pixelBitDepthMinus8) || !depth(av1.inputPixelBitDepthMinus8) ||
      av1.inputPixelBitDepthMinus8 > av1.pixelBitDepthMinus8) {
    return wrong(std::format("input of {} bits to be coded with {}",
                             av1.inputPixelBitDepthMinus8 + 8U, av1.pixelBitDepthMinus8 + 8U));
  }
  if (av1.level > NV_ENC_LEVEL_AV1_AUTOSELECT || av1.tier > NV_ENC_TIER_AV1_1) {
    return wrong(std::format("level {}, tier {}", av1.level, av1.tier));
  }
  if (av1.numFwdRefs > max_forward_references || av1.numBwdRefs > max_backward_references) {
    return wrong(std::format("numFwdRefs {}, numBwdRefs {}", static_cast<int>(av1.numFwdRefs),
                             static_cast<int>(av1.numBwdRefs)));
  }
  if (av1.chromaSamplePosition > max_chroma_position) {
    return wrong(std::format("chromaSamplePosition is {}", av1.chromaSamplePosition));
  }
  if (av1.maxTemporalLayersMinus1 > 0 &&
      av1.maxTemporalLayersMinus1 >= profile.nvenc_temporal_layers) {
    return wrong(std::format("{} temporal layers", av1.maxTemporalLayersMinus1 + 1));
  }
  if (av1.enableDecoderModelInfo) return lacking("enableDecoderModelInfo");
  if (av1.enableFrameIdNumbers) return lacking("enableFrameIdNumbers");
  if (av1.enableFilmGrainParams) return lacking("enableFilmGrainParams");
  return {};
}

Outcome<> check_structure(const DeviceProfile& profile, const NV_ENC_CONFIG& config) {
  if (!same(config.profileGUID, NV_ENC_AV1_PROFILE_MAIN_GUID) &&
      !same(config.profileGUID, NV_ENC_CODEC_PROFILE_AUTOSELECT_GUID)) {
    return wrong("profileGUID is none of AV1's");
  }
  if (config.frameFieldMode != NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME || config.monoChromeEncoding) {
    return wrong("AV1 is coded as frames with chroma only");
  }
  if (config.frameIntervalP < 0 ||
      static_cast<unsigned>(config.frameIntervalP) > profile.nvenc_b_frames + 1) {
    return wrong(std::format("frameIntervalP is {}; the device has {} B-frames",
                             config.frameIntervalP, profile.nvenc_b_frames));
  }
  if (config.gopLength == 0) return wrong("gopLength is 0");
  if (config.gopLength < static_cast<unsigned>(config.frameIntervalP)) {
    return wrong(std::format("a group of {} pictures does not fit into gopLength, {}",
                             config.frameIntervalP, config.gopLength));
  }
  const auto& rate = config.rcParams;
  if (rate.rateControlMode != NV_ENC_PARAMS_RC_CONSTQP &&
      rate.rateControlMode != NV_ENC_PARAMS_RC_VBR &&
      rate.rateControlMode != NV_ENC_PARAMS_RC_CBR) {
    return wrong(std::format("rateControlMode is {}", static_cast<int>(rate.rateControlMode)));
  }
  if (rate.targetQuality > last_quality) {
    return wrong(std::format("targetQuality is {}", static_cast<unsigned>(rate.targetQuality)));
  }
  for (const uint32_t qp : {rate.constQP.qpIntra, rate.constQP.qpInterP, rate.constQP.qpInterB}) {
    if (qp > last_quantizer) return wrong(std::format("a constant quantizer of {}", qp));
  }
  return {};
}

RateControl rate_control(NV_ENC_PARAMS_RC_MODE mode) {
  switch (mode) {
  case NV_ENC_PARAMS_RC_CONSTQP: return RateControl::ConstantQuantizer;
  case NV_ENC_PARAMS_RC_CBR: return RateControl::Constant;
  case NV_ENC_PARAMS_RC_VBR: break;
  }
  return RateControl::Variable;
}

// Levels of VBR count from 0, which is none, in steps of 1/256.
std::optional<unsigned> read_quality(const NV_ENC_RC_PARAMS& rate) {
  const unsigned level = rate.targetQuality * 256U + rate.targetQualityLSB;
  if (rate.rateControlMode != NV_ENC_PARAMS_RC_VBR || level == 0) return std::nullopt;
  return std::min(level * last_quantizer / (last_quality * 256), last_quantizer);
}

void read_rate(CodingSettings& coding, const NV_ENC_RC_PARAMS& rate) {
  coding.rate_control = rate_control(rate.rateControlMode);
  coding.bitrate = rate.averageBitRate != 0 ? rate.averageBitRate : default_bitrate;
  if (rate.enableMinQP) {
    coding.min_quantizer = std::min({rate.minQP.qpIntra, rate.minQP.qpInterP, last_quantizer});
  }
  if (rate.enableMaxQP) {
    coding.max_quantizer = std::clamp(std::max(rate.maxQP.qpIntra, rate.maxQP.qpInterP),
                                      coding.min_quantizer, last_quantizer);
  }
}

void read_colours(CodingSettings& coding, const NV_ENC_CONFIG_AV1& av1) {
  // 0 is reserved as primaries and as transfer; clients leave it there for "not known".
  const auto known = [](unsigned value) { return value == 0 ? 2U : value; };
  coding.color_primaries = known(av1.colorPrimaries);
  coding.transfer_characteristics = known(av1.transferCharacteristics);
  // Identity is for 4:4:4.
  coding.matrix_coefficients = known(av1.matrixCoefficients);
  coding.full_range = av1.colorRange != 0;
  coding.chroma_sample_position = av1.chromaSamplePosition;
}

PictureOrder::Settings read_order(const NV_ENC_CONFIG& config) {
  const auto& av1 = config.encodeCodecConfig.av1Config;
  PictureOrder::Settings order;
  const uint32_t period = av1.idrPeriod != 0 ? av1.idrPeriod : config.gopLength;
  order.key_period = period == NVENC_INFINITE_GOPLENGTH ? 0 : period;
  order.interval = static_cast<unsigned>(config.frameIntervalP);
  const unsigned b_frames = order.interval > 0 ? order.interval - 1 : 0;
  if (config.rcParams.enableLookahead) {
    order.lookahead = std::min<unsigned>(config.rcParams.lookaheadDepth, most_in_flight - b_frames);
  }
  return order;
}

}  // namespace

Outcome<EncodeConfig> read_config(const DeviceProfile& profile,
                                  const NV_ENC_INITIALIZE_PARAMS& params) {
  if (const auto ok = check_initialize(profile, params); !ok) return std::unexpected(ok.error());
  const auto preset = preset_config(params.presetGUID, params.tuningInfo);
  if (!preset) return std::unexpected(preset.error());
  const NV_ENC_CONFIG& config = params.encodeConfig ? *params.encodeConfig : *preset;
  if (const auto ok = check_version(config.version, REFDRV_VERSION(NV_ENC_CONFIG, 7)); !ok) {
    return std::unexpected(ok.error());
  }
  const auto& av1 = config.encodeCodecConfig.av1Config;
  if (const auto ok = check_structure(profile, config); !ok) return std::unexpected(ok.error());
  if (const auto ok = check_av1(profile, av1); !ok) return std::unexpected(ok.error());
  auto tiles = tile_sizes({.custom = av1.enableCustomTileConfig != 0,
                           .columns = av1.numTileColumns,
                           .rows = av1.numTileRows,
                           .widths = av1.tileWidths,
                           .heights = av1.tileHeights},
                          params.encodeWidth, params.encodeHeight);
  if (!tiles) return std::unexpected(tiles.error());

  EncodeConfig read;
  auto& coding = read.coding;
  coding.width = params.encodeWidth;
  coding.height = params.encodeHeight;
  coding.render_width = params.darWidth != 0 ? params.darWidth : params.encodeWidth;
  coding.render_height = params.darHeight != 0 ? params.darHeight : params.encodeHeight;
  coding.bit_depth = av1.pixelBitDepthMinus8 + 8U;
  if (params.frameRateNum != 0) {  // 0, as GStreamer has it for a variable rate, is the default
    coding.frame_rate_num = params.frameRateNum;
    coding.frame_rate_den = params.frameRateDen;
  }
  coding.timing_info = av1.enableTimingInfo != 0;
  coding.tiles = std::move(*tiles);
  coding.temporal_layers = av1.maxTemporalLayersMinus1 + 1;
  read_rate(coding, config.rcParams);
  read_colours(coding, av1);
  read.order = read_order(config);
  if (!params.enablePTD) read.order = {.key_period = 0, .interval = 1, .lookahead = 0};
  read.constant_qp = config.rcParams.constQP;
  read.quality = read_quality(config.rcParams);
  read.input_bit_depth = av1.inputPixelBitDepthMinus8 + 8U;
  read.max_width = params.maxEncodeWidth;
  read.max_height = params.maxEncodeHeight;
  read.type_decision = params.enablePTD != 0;
  read.sequence_headers = av1.disableSeqHdr == 0;
  read.repeat_sequence_header = av1.repeatSeqHdr != 0;
  read.annexb = av1.outputAnnexBFormat != 0;
  if (av1.enableBitstreamPadding && coding.rate_control == RateControl::Constant) {
    read.padded_size = static_cast<size_t>(uint64_t{coding.bitrate} * coding.frame_rate_den /
                                           (uint64_t{8} * coding.frame_rate_num));
  }
  read.report_tiles = params.reportSliceOffsets != 0;
  return read;
}

bool same_sequence(const CodingSettings& a, const CodingSettings& b) {
  const bool same_rate =
      a.frame_rate_num == b.frame_rate_num && a.frame_rate_den == b.frame_rate_den;
  if (a.timing_info && !same_rate) return false;
  return a.width == b.width && a.height == b.height && a.render_width == b.render_width &&
         a.render_height == b.render_height && a.timing_info == b.timing_info &&
         a.color_primaries == b.color_primaries &&
         a.transfer_characteristics == b.transfer_characteristics &&
         a.matrix_coefficients == b.matrix_coefficients && a.full_range == b.full_range &&
         a.chroma_sample_position == b.chroma_sample_position;
}

Outcome<> check_change(const EncodeConfig& from, const EncodeConfig& to) {
  if (to.order.key_period != from.order.key_period || to.order.interval != from.order.interval ||
      to.order.lookahead != from.order.lookahead || to.type_decision != from.type_decision) {
    return wrong("the structure of groups of pictures cannot change");
  }
  if (to.max_width != from.max_width || to.max_height != from.max_height) {
    return wrong("maxEncodeWidth and maxEncodeHeight cannot change");
  }
  const bool resized =
      to.coding.width != from.coding.width || to.coding.height != from.coding.height;
  if (resized && (to.coding.width > from.max_width || to.coding.height > from.max_height)) {
    return wrong(std::format("{}x{} exceeds maxEncodeWidth and maxEncodeHeight, {}x{}",
                             to.coding.width, to.coding.height, from.max_width, from.max_height));
  }
  if (to.coding.rate_control != from.coding.rate_control) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "the rate control mode cannot change");
  }
  if (to.quality.has_value() != from.quality.has_value()) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "targetQuality cannot come or go");
  }
  if (to.coding.bit_depth != from.coding.bit_depth || to.input_bit_depth != from.input_bit_depth ||
      to.coding.temporal_layers != from.coding.temporal_layers || to.annexb != from.annexb) {
    return wrong("bit depth, temporal layers and bitstream format cannot change");
  }
  return {};
}

}  // namespace refdrv::nv
