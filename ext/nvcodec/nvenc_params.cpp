// SPDX-License-Identifier: LGPL-2.1-or-later
// Presets, pictures' order, rate control, tiles and colour, as nvEncodeAPI.h describes the fields.
#include "nvcodec/nvenc_params.h"

#include <algorithm>
#include <array>
#include <bit>
#include <format>

namespace av1hw {
namespace {

constexpr unsigned assumed_fps = 30;
// Key frames that nobody asked for, where there may be some.
constexpr unsigned seconds_between_key_frames = 5;
constexpr unsigned tile_alignment = 64;  // a superblock of NVENC's
constexpr unsigned highest_quantizer = 255;
// Of AV1: nvEncodeAPI.h says 51, which is that of H.264 and HEVC (docs/nvenc.md).
constexpr unsigned highest_quality_level = 63;
// References in each direction (numFwdRefs, numBwdRefs).
constexpr unsigned max_forward = 4;
constexpr unsigned max_backward = 3;

struct Rate {
  unsigned n = assumed_fps;
  unsigned d = 1;
};

Rate frame_rate(const GstVideoInfo& info) {
  if (info.fps_n <= 0 || info.fps_d <= 0) return {};
  return {static_cast<unsigned>(info.fps_n), static_cast<unsigned>(info.fps_d)};
}

unsigned chosen_gop(const GstVideoInfo& info) {
  const Rate rate = frame_rate(info);
  return std::max(seconds_between_key_frames * rate.n / rate.d, 1U);
}

bool holds_nothing_back(const EncoderSettings& settings, const EncoderInput& input) {
  return is_low_latency(settings) || (input.live && settings.lookahead == 0);
}

// A group of B-frames and the frame that ends it lie between two key frames.
unsigned b_frames(const EncoderSettings& settings, const NvEncodeAnswers& device) {
  if (is_low_latency(settings) || settings.intra_refresh > 0 || settings.temporal_layers > 1)
    return 0;
  const unsigned fit = settings.gop_size != 0 ? settings.gop_size - 1 : settings.b_frames;
  return std::min({settings.b_frames, fit, static_cast<unsigned>(std::max(device.b_frames, 0))});
}

void set_order(const EncoderSettings& settings, const EncoderInput& input,
               const NvEncodeAnswers& device, NV_ENC_CONFIG& config,
               std::vector<std::string>& notes) {
  NV_ENC_CONFIG_AV1& av1 = config.encodeCodecConfig.av1Config;
  const unsigned b = b_frames(settings, device);
  if (b < settings.b_frames)
    notes.push_back(std::format("b-frames={}: {} are used with this device and these settings",
                                settings.b_frames, b));
  config.frameIntervalP = static_cast<int>(b) + 1;
  av1.useBFramesAsRef = b > 1 && device.b_frame_references >= NV_ENC_BFRAME_REF_MODE_MIDDLE
                            ? NV_ENC_BFRAME_REF_MODE_MIDDLE
                            : NV_ENC_BFRAME_REF_MODE_DISABLED;
  const bool endless =
      settings.intra_refresh > 0 || (settings.gop_size == 0 && is_low_latency(settings));
  const unsigned gop = settings.gop_size != 0 ? settings.gop_size : chosen_gop(input.info);
  config.gopLength = av1.idrPeriod = endless ? NVENC_INFINITE_GOPLENGTH : gop;
  av1.enableIntraRefresh = settings.intra_refresh > 0 ? 1 : 0;
  av1.intraRefreshCnt = settings.intra_refresh;
  av1.intraRefreshPeriod =
      settings.intra_refresh > 0 ? std::max(gop, settings.intra_refresh + 1) : 0;
  av1.maxTemporalLayersMinus1 = settings.temporal_layers - 1;
}

void set_references(const EncoderSettings& settings, NV_ENC_CONFIG& config) {
  NV_ENC_CONFIG_AV1& av1 = config.encodeCodecConfig.av1Config;
  if (settings.ref_frames == 0) return;
  const bool has_backward = config.frameIntervalP > 1;
  const unsigned forward = std::clamp(
      settings.ref_frames - (has_backward && settings.ref_frames > 1 ? 1 : 0), 1U, max_forward);
  const unsigned backward =
      has_backward ? std::clamp(settings.ref_frames - forward, 1U, max_backward) : 0;
  av1.maxNumRefFramesInDPB = std::max(settings.ref_frames, forward + backward);
  av1.numFwdRefs = static_cast<NV_ENC_NUM_REF_FRAMES>(forward);
  av1.numBwdRefs = static_cast<NV_ENC_NUM_REF_FRAMES>(backward);
}

NV_ENC_QP quantizer(unsigned base_q_idx) { return {base_q_idx, base_q_idx, base_q_idx}; }

// NVENC counts quality from 0, which stands for its own choice, in steps of 1/256.
void set_quality_level(unsigned base_q_idx, NV_ENC_RC_PARAMS& rate) {
  const unsigned level = std::max(base_q_idx * highest_quality_level * 256 / highest_quantizer, 1U);
  rate.targetQuality = static_cast<uint8_t>(level >> 8);
  rate.targetQualityLSB = static_cast<uint8_t>(level & 0xff);
}

// What was asked for and a mode of rate control has no use for.
void note_unused(const EncoderSettings& settings, std::vector<std::string>& notes) {
  const RateControl mode = effective_rate_control(settings);
  if (mode == RateControl::Vbr || mode == RateControl::Cbr) return;
  const auto note = [&](bool asked, std::string what, const char* instead) {
    if (!asked) return;
    notes.push_back(std::format("{} has no effect with rate-control={}: set rate-control={}", what,
                                mode == RateControl::Cq ? "cq" : "cqp", instead));
  };
  note(settings.min_quantizer > 0, std::format("min-quantizer={}", settings.min_quantizer),
       "vbr or cbr");
  note(settings.max_quantizer < highest_quantizer,
       std::format("max-quantizer={}", settings.max_quantizer), "vbr or cbr");
  if (mode == RateControl::Cq) return;
  constexpr const char* varying = "cq, vbr or cbr";
  note(settings.spatial_aq, "spatial-aq", varying);
  note(settings.temporal_aq, "temporal-aq", varying);
  note(settings.multipass == MultiPass::Quarter, "multipass=quarter", varying);
  note(settings.multipass == MultiPass::Full, "multipass=full", varying);
}

void set_rate_control(const EncoderSettings& settings, NV_ENC_RC_PARAMS& rate) {
  // How many times as large as others key frames may be, where the buffer has one frame.
  if (settings.ultra_low_latency) rate.lowDelayKeyFrameScale = 1;
  rate.enableMinQP = rate.enableMaxQP = rate.enableInitialRCQP = 0;
  rate.targetQuality = rate.targetQualityLSB = 0;
  switch (effective_rate_control(settings)) {
  case RateControl::Vbr:
  case RateControl::Cbr:
    rate.rateControlMode = effective_rate_control(settings) == RateControl::Cbr
                               ? NV_ENC_PARAMS_RC_CBR
                               : NV_ENC_PARAMS_RC_VBR;
    rate.enableMinQP = settings.min_quantizer > 0 ? 1 : 0;
    rate.minQP = quantizer(settings.min_quantizer);
    rate.enableMaxQP = settings.max_quantizer < highest_quantizer ? 1 : 0;
    rate.maxQP = quantizer(settings.max_quantizer);
    break;
  case RateControl::Cq:
    rate.rateControlMode = NV_ENC_PARAMS_RC_VBR;
    set_quality_level(settings.quantizer, rate);
    break;
  default:
    rate.rateControlMode = NV_ENC_PARAMS_RC_CONSTQP;
    rate.constQP = quantizer(settings.lossless ? 0 : settings.quantizer);
  }
}

NV_ENC_MULTI_PASS passes(MultiPass wanted, NV_ENC_MULTI_PASS chosen) {
  switch (wanted) {
  case MultiPass::Off: return NV_ENC_MULTI_PASS_DISABLED;
  case MultiPass::Quarter: return NV_ENC_TWO_PASS_QUARTER_RESOLUTION;
  case MultiPass::Full: return NV_ENC_TWO_PASS_FULL_RESOLUTION;
  case MultiPass::Auto: break;
  }
  return chosen;
}

void set_analysis(const EncoderSettings& settings, const EncoderInput& input,
                  const NvEncodeAnswers& device, NV_ENC_CONFIG& config,
                  std::vector<std::string>& notes) {
  NV_ENC_RC_PARAMS& rate = config.rcParams;
  // One quantizer for all frames is what cqp means: nothing may vary it, and there is nothing to
  // find out before.
  const bool varies = effective_rate_control(settings) != RateControl::Cqp;
  rate.enableAQ = varies && settings.spatial_aq ? 1 : 0;
  rate.enableTemporalAQ = varies && settings.temporal_aq && device.temporal_aq ? 1 : 0;
  rate.multiPass = varies ? passes(settings.multipass, rate.multiPass) : NV_ENC_MULTI_PASS_DISABLED;
  rate.zeroReorderDelay = config.frameIntervalP <= 1 ? 1 : 0;
  if (holds_nothing_back(settings, input) || !device.lookahead) {
    if (settings.lookahead > 0)
      notes.push_back(
          std::format("lookahead={} has no effect with low-latency", settings.lookahead));
    rate.enableLookahead = 0;
    rate.lookaheadDepth = 0;
    return;
  }
  if (settings.lookahead == 0) return;
  const unsigned most = nvenc_max_lookahead - static_cast<unsigned>(config.frameIntervalP - 1);
  rate.enableLookahead = 1;
  rate.lookaheadDepth = static_cast<uint16_t>(std::min(settings.lookahead, most));
  if (settings.lookahead > most)
    notes.push_back(std::format("lookahead={}: {} frames are used", settings.lookahead, most));
}

// 0 stands for as few as the specification allows.
unsigned tiles(unsigned wanted, unsigned samples) {
  if (wanted <= 1) return 0;
  const unsigned blocks = (samples + tile_alignment - 1) / tile_alignment;
  return std::min(std::bit_ceil(wanted), std::bit_floor(std::max(blocks, 1U)));
}

void set_format(const EncoderSettings& settings, const EncoderInput& input, NV_ENC_CONFIG& config) {
  NV_ENC_CONFIG_AV1& av1 = config.encodeCodecConfig.av1Config;
  const GstVideoInfo& info = input.info;
  const auto depth = static_cast<unsigned>(GST_VIDEO_INFO_COMP_DEPTH(&info, 0));
  av1.level = NV_ENC_LEVEL_AV1_AUTOSELECT;
  av1.tier = NV_ENC_TIER_AV1_0;
  av1.chromaFormatIDC = 1;
  av1.inputPixelBitDepthMinus8 = av1.pixelBitDepthMinus8 = depth - 8;
  av1.outputAnnexBFormat = 0;
  av1.disableSeqHdr = 0;
  // Whoever joins later starts at any key frame.
  av1.repeatSeqHdr = 1;
  av1.enableCustomTileConfig = 0;
  av1.numTileColumns =
      tiles(settings.tile_columns, static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info)));
  av1.numTileRows = tiles(settings.tile_rows, static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info)));
}

void set_color(const GstVideoInfo& info, NV_ENC_CONFIG_AV1& av1) {
  const GstVideoColorimetry& color = info.colorimetry;
  av1.colorPrimaries =
      static_cast<NV_ENC_VUI_COLOR_PRIMARIES>(gst_video_color_primaries_to_iso(color.primaries));
  av1.transferCharacteristics = static_cast<NV_ENC_VUI_TRANSFER_CHARACTERISTIC>(
      gst_video_transfer_function_to_iso(color.transfer));
  av1.matrixCoefficients =
      static_cast<NV_ENC_VUI_MATRIX_COEFFS>(gst_video_color_matrix_to_iso(color.matrix));
  av1.colorRange = color.range == GST_VIDEO_COLOR_RANGE_0_255 ? 1 : 0;
  // chroma_sample_position (AV1 specification, 6.4.2).
  switch (GST_VIDEO_INFO_CHROMA_SITE(&info)) {
  case GST_VIDEO_CHROMA_SITE_MPEG2: av1.chromaSamplePosition = 1; break;
  case GST_VIDEO_CHROMA_SITE_COSITED: av1.chromaSamplePosition = 2; break;
  default: av1.chromaSamplePosition = 0; break;
  }
}

Result<> check_device(const EncoderSettings& settings, const EncoderInput& input,
                      const NvEncodeAnswers& device) {
  const auto refuse = [](std::string what) {
    return fail(ErrorCode::NotSupported, std::move(what));
  };
  const NV_ENC_BUFFER_FORMAT format = nvenc_buffer_format(GST_VIDEO_INFO_FORMAT(&input.info));
  const bool listed = std::ranges::contains(device.input_formats, format);
  const bool deep = GST_VIDEO_INFO_COMP_DEPTH(&input.info, 0) > 8;
  if (!listed || format == NV_ENC_BUFFER_FORMAT_UNDEFINED || (deep && !device.ten_bit)) {
    return refuse(std::string("this GPU does not encode AV1 from ") +
                  GST_VIDEO_INFO_NAME(&input.info) + ": convert it to NV12");
  }
  const int width = GST_VIDEO_INFO_WIDTH(&input.info);
  const int height = GST_VIDEO_INFO_HEIGHT(&input.info);
  if (width < device.min_width || height < device.min_height || width > device.max_width ||
      height > device.max_height) {
    return refuse(std::format("this GPU encodes AV1 from {}x{} to {}x{}, and this is {}x{}",
                              device.min_width, device.min_height, device.max_width,
                              device.max_height, width, height));
  }
  if (settings.lossless && !device.lossless)
    return refuse("lossless: this GPU does not code AV1 without loss");
  if (settings.intra_refresh > 0 && !device.intra_refresh)
    return refuse("intra-refresh: this GPU does not renew pictures of AV1 part by part");
  const auto layers = static_cast<unsigned>(std::max(device.temporal_layers, 1));
  if (settings.temporal_layers > layers)
    return refuse(std::format("temporal-layers={}: this GPU codes {} at most",
                              settings.temporal_layers, layers));
  return {};
}

uint32_t bit_rate(uint64_t kbit) {
  return static_cast<uint32_t>(std::min<uint64_t>(kbit * 1000, UINT32_MAX));
}

}  // namespace

NV_ENC_BUFFER_FORMAT nvenc_buffer_format(GstVideoFormat format) {
  switch (format) {
  case GST_VIDEO_FORMAT_NV12: return NV_ENC_BUFFER_FORMAT_NV12;
  case GST_VIDEO_FORMAT_I420: return NV_ENC_BUFFER_FORMAT_IYUV;
  case GST_VIDEO_FORMAT_P010_10LE: return NV_ENC_BUFFER_FORMAT_YUV420_10BIT;
  default: return NV_ENC_BUFFER_FORMAT_UNDEFINED;
  }
}

GUID nvenc_preset(unsigned preset) {
  static const std::array<GUID, 10> presets = {
      NV_ENC_PRESET_P7_GUID, NV_ENC_PRESET_P7_GUID, NV_ENC_PRESET_P6_GUID, NV_ENC_PRESET_P6_GUID,
      NV_ENC_PRESET_P5_GUID, NV_ENC_PRESET_P4_GUID, NV_ENC_PRESET_P3_GUID, NV_ENC_PRESET_P2_GUID,
      NV_ENC_PRESET_P2_GUID, NV_ENC_PRESET_P1_GUID};
  return presets[std::clamp(preset, 1U, 10U) - 1];
}

NV_ENC_TUNING_INFO nvenc_tuning(const EncoderSettings& settings) {
  if (settings.lossless) return NV_ENC_TUNING_INFO_LOSSLESS;
  if (settings.ultra_low_latency) return NV_ENC_TUNING_INFO_ULTRA_LOW_LATENCY;
  return settings.low_latency ? NV_ENC_TUNING_INFO_LOW_LATENCY : NV_ENC_TUNING_INFO_HIGH_QUALITY;
}

NV_ENC_INITIALIZE_PARAMS nvenc_initialize_params(const EncoderSettings& settings,
                                                 const EncoderInput& input,
                                                 const NvEncodeAnswers& device) {
  NV_ENC_INITIALIZE_PARAMS params = {};
  params.version = NV_ENC_INITIALIZE_PARAMS_VER;
  params.encodeGUID = NV_ENC_CODEC_AV1_GUID;
  params.presetGUID = nvenc_preset(settings.preset);
  params.tuningInfo = nvenc_tuning(settings);
  params.encodeWidth = params.darWidth = static_cast<uint32_t>(GST_VIDEO_INFO_WIDTH(&input.info));
  params.encodeHeight = params.darHeight =
      static_cast<uint32_t>(GST_VIDEO_INFO_HEIGHT(&input.info));
  params.maxEncodeWidth = params.encodeWidth;
  params.maxEncodeHeight = params.encodeHeight;
  const Rate rate = frame_rate(input.info);
  params.frameRateNum = rate.n;
  params.frameRateDen = rate.d;
  params.enablePTD = 1;
  if (device.engines > 1) {
    switch (settings.split_encode) {
    case 0: params.splitEncodeMode = NV_ENC_SPLIT_AUTO_MODE; break;
    case 1: params.splitEncodeMode = NV_ENC_SPLIT_DISABLE_MODE; break;
    case 2: params.splitEncodeMode = NV_ENC_SPLIT_TWO_FORCED_MODE; break;
    default: params.splitEncodeMode = NV_ENC_SPLIT_THREE_FORCED_MODE; break;
    }
  }
  return params;
}

NV_ENC_PIC_PARAMS nvenc_picture_params(const NV_ENC_INITIALIZE_PARAMS& params,
                                       const EncoderInput& input) {
  NV_ENC_PIC_PARAMS picture = {};
  picture.version = NV_ENC_PIC_PARAMS_VER;
  picture.inputWidth = params.encodeWidth;
  picture.inputHeight = params.encodeHeight;
  picture.bufferFmt = nvenc_buffer_format(GST_VIDEO_INFO_FORMAT(&input.info));
  picture.pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
  return picture;
}

Result<> fill_nvenc_config(const EncoderSettings& settings, const EncoderInput& input,
                           const NvEncodeAnswers& device, NV_ENC_CONFIG& config,
                           std::vector<std::string>& notes) {
  if (const Result<> possible = check_device(settings, input, device); !possible) return possible;
  config.version = NV_ENC_CONFIG_VER;
  config.rcParams.version = NV_ENC_RC_PARAMS_VER;
  config.profileGUID = NV_ENC_AV1_PROFILE_MAIN_GUID;
  config.frameFieldMode = NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME;
  set_order(settings, input, device, config, notes);
  set_references(settings, config);
  note_unused(settings, notes);
  set_rate_control(settings, config.rcParams);
  set_nvenc_bitrate(settings, input, device, config.rcParams);
  set_analysis(settings, input, device, config, notes);
  set_format(settings, input, config);
  set_color(input.info, config.encodeCodecConfig.av1Config);
  return {};
}

void set_nvenc_bitrate(const EncoderSettings& settings, const EncoderInput& input,
                       const NvEncodeAnswers& device, NV_ENC_RC_PARAMS& rate) {
  const RateControl mode = effective_rate_control(settings);
  rate.averageBitRate = rate.maxBitRate = rate.vbvBufferSize = rate.vbvInitialDelay = 0;
  if (mode == RateControl::Cq) rate.maxBitRate = bit_rate(settings.max_bitrate);
  if (mode != RateControl::Vbr && mode != RateControl::Cbr) return;
  rate.averageBitRate = bit_rate(settings.bitrate);
  // Half as much again, where nobody says how much may be too much. A bitrate that was raised above
  // that raises it as well.
  const uint64_t most = settings.max_bitrate != 0
                            ? std::max(settings.max_bitrate, settings.bitrate)
                            : uint64_t{settings.bitrate} + settings.bitrate / 2;
  rate.maxBitRate = mode == RateControl::Cbr ? rate.averageBitRate : bit_rate(most);
  if (!is_low_latency(settings) || !device.custom_vbv) return;
  // A buffer of one frame: each is sent within its own time.
  const Rate frames = frame_rate(input.info);
  const uint64_t frame_bits = uint64_t{rate.averageBitRate} * frames.d / frames.n;
  rate.vbvBufferSize = rate.vbvInitialDelay =
      static_cast<uint32_t>(std::clamp<uint64_t>(frame_bits, 1, UINT32_MAX));
}

unsigned nvenc_delay(const NV_ENC_CONFIG& config) {
  const NV_ENC_RC_PARAMS& rate = config.rcParams;
  const auto reordered = static_cast<unsigned>(std::max(config.frameIntervalP - 1, 0));
  return reordered + (rate.enableLookahead ? rate.lookaheadDepth : 0);
}

}  // namespace av1hw
