// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns encoder settings and the input's format into SVT-AV1's configuration.
#include "cpu/svt_config.h"

#include <algorithm>
#include <array>
#include <bit>
#include <format>

#include "codec/frame_rate.h"

namespace av1hw {
namespace {

constexpr unsigned max_lookahead = 120;
constexpr uint32_t highest_qp = 63;
constexpr int max_tiles_log2 = 7;  // specification, A.3: 128 tiles

// Preset 1..10. 13 is for low delay only, and 12 is as fast everywhere else.
constexpr std::array<int8_t, 10> enc_modes = {0, 1, 2, 4, 5, 6, 7, 8, 10, 12};

enum SvtTune : uint8_t { tune_visual = 0, tune_psnr = 1, tune_ssim = 2 };

// The field has another name in later versions.
template <typename Config>
void disable_adaptive_quantization(Config& config) {
  if constexpr (requires { config.aq_mode; }) {
    config.aq_mode = 0;
  } else {
    config.enable_adaptive_quantization = 0;
  }
}

SvtAv1RcMode rc_mode(const EncoderSettings& settings) {
  switch (effective_rate_control(settings)) {
  case RateControl::Vbr: return settings.low_latency ? SVT_AV1_RC_MODE_CBR : SVT_AV1_RC_MODE_VBR;
  case RateControl::Cbr: return SVT_AV1_RC_MODE_CBR;
  default: return SVT_AV1_RC_MODE_CQP_OR_CRF;
  }
}

void set_rate_control(const EncoderSettings& settings, EbSvtAv1EncConfiguration& config,
                      std::vector<std::string>& notes) {
  const RateControl mode = effective_rate_control(settings);
  config.rate_control_mode = rc_mode(settings);
  if (config.rate_control_mode == SVT_AV1_RC_MODE_CQP_OR_CRF) {
    config.qp = svt_quantizer(settings.quantizer);
    if (mode == RateControl::Cqp) {
      disable_adaptive_quantization(config);
    } else {
      config.max_bit_rate = settings.max_bitrate * 1000;
    }
    return;
  }
  config.target_bit_rate = settings.bitrate * 1000;
  // SVT-AV1 does not code losslessly, so 0 is none of its bounds.
  if (settings.min_quantizer > 0) {
    config.min_qp_allowed = std::clamp(svt_quantizer(settings.min_quantizer), 1U, 62U);
  }
  // A bound that is none (UINT32_MAX) stands for SVT-AV1's own choice, in version 4.
  const uint32_t lowest = config.min_qp_allowed <= highest_qp ? config.min_qp_allowed : 0;
  config.max_qp_allowed = std::max(svt_quantizer(settings.max_quantizer), lowest);
  if (mode == RateControl::Vbr && settings.low_latency) {
    notes.emplace_back("rate-control=vbr: SVT-AV1 has none with low-latency; cbr is used");
  }
  if (mode == RateControl::Cbr && !settings.low_latency) {
    notes.emplace_back("rate-control=cbr: SVT-AV1 has it with low-latency only, which is used");
  }
  if (settings.max_bitrate != 0) {
    notes.emplace_back("max-bitrate has no effect: SVT-AV1 honours it with rate-control=cq only");
  }
}

Result<> set_tune(const EncoderSettings& settings, EbSvtAv1EncConfiguration& config) {
  switch (settings.tune) {
  case Tune::Default: break;
  case Tune::Psnr: config.tune = tune_psnr; break;
  case Tune::Visual: config.tune = tune_visual; break;
  case Tune::Ssim:
    if (svt_low_delay(settings) || rc_mode(settings) != SVT_AV1_RC_MODE_CQP_OR_CRF) {
      return fail(ErrorCode::InvalidSettings,
                  "tune=ssim works with rate-control=cq or cqp and without low-latency only");
    }
    config.tune = tune_ssim;
    break;
  }
  return {};
}

void set_structure(const EncoderSettings& settings, EbSvtAv1EncConfiguration& config) {
  const bool low_delay = svt_low_delay(settings);
  config.pred_structure = static_cast<decltype(config.pred_structure)>(
      low_delay ? svt_pred_low_delay : svt_pred_random_access);
  config.intra_refresh_type = SVT_AV1_KF_REFRESH;
  // SVT-AV1 counts the frames between key frames.
  if (settings.gop_size != 0) config.intra_period_length = static_cast<int>(settings.gop_size) - 1;
  if (settings.lookahead != 0) config.look_ahead_distance = settings.lookahead;
}

void set_tiles(const EncoderSettings& settings, EbSvtAv1EncConfiguration& config,
               std::vector<std::string>& notes) {
  config.tile_columns = std::bit_width(std::bit_ceil(settings.tile_columns)) - 1;
  config.tile_rows = std::bit_width(std::bit_ceil(settings.tile_rows)) - 1;
  if (config.tile_columns + config.tile_rows <= max_tiles_log2) return;
  config.tile_rows = max_tiles_log2 - config.tile_columns;
  notes.push_back(std::format("tile-rows={}: AV1 has 128 tiles at most; {} rows are used",
                              settings.tile_rows, 1 << config.tile_rows));
}

void set_color(const GstVideoInfo& info, EbSvtAv1EncConfiguration& config) {
  const GstVideoColorimetry& color = info.colorimetry;
  config.color_primaries =
      static_cast<EbColorPrimaries>(gst_video_color_primaries_to_iso(color.primaries));
  config.transfer_characteristics =
      static_cast<EbTransferCharacteristics>(gst_video_transfer_function_to_iso(color.transfer));
  config.matrix_coefficients =
      static_cast<EbMatrixCoefficients>(gst_video_color_matrix_to_iso(color.matrix));
  config.color_range =
      color.range == GST_VIDEO_COLOR_RANGE_0_255 ? EB_CR_FULL_RANGE : EB_CR_STUDIO_RANGE;
  switch (GST_VIDEO_INFO_CHROMA_SITE(&info)) {
  case GST_VIDEO_CHROMA_SITE_MPEG2: config.chroma_sample_position = EB_CSP_VERTICAL; break;
  case GST_VIDEO_CHROMA_SITE_COSITED: config.chroma_sample_position = EB_CSP_COLOCATED; break;
  default: config.chroma_sample_position = EB_CSP_UNKNOWN; break;
  }
}

// SVT-AV1 wants big-endian 0.16 fixed point; caps have units of 0.00002.
EbSvtAv1ChromaPoints chromaticity(const GstVideoMasteringDisplayInfoCoordinates& c) {
  auto fixed = [](guint v) {
    return GUINT16_TO_BE(static_cast<uint16_t>(std::min((v * 65536ULL + 25000) / 50000, 65535ULL)));
  };
  return {fixed(c.x), fixed(c.y)};
}

void set_hdr(const EncoderInput& input, EbSvtAv1EncConfiguration& config) {
  if (input.content_light) {
    config.content_light_level = {
        GUINT16_TO_BE(input.content_light->max_content_light_level),
        GUINT16_TO_BE(input.content_light->max_frame_average_light_level)};
  }
  if (!input.mastering_display) return;
  const GstVideoMasteringDisplayInfo& m = *input.mastering_display;
  // Units of 0.0001 cd/m2 to 24.8 and 18.14 fixed point.
  auto fixed = [](uint64_t v, unsigned fraction_bits) {
    const uint64_t scaled = ((v << fraction_bits) + 5000) / 10000;
    return GUINT32_TO_BE(static_cast<uint32_t>(std::min<uint64_t>(scaled, UINT32_MAX)));
  };
  config.mastering_display = {.r = chromaticity(m.display_primaries[0]),
                              .g = chromaticity(m.display_primaries[1]),
                              .b = chromaticity(m.display_primaries[2]),
                              .white_point = chromaticity(m.white_point),
                              .max_luma = fixed(m.max_display_mastering_luminance, 8),
                              .min_luma = fixed(m.min_display_mastering_luminance, 14)};
}

}  // namespace

int svt_preset(unsigned preset) { return enc_modes[std::clamp(preset, 1U, 10U) - 1]; }

unsigned svt_quantizer(unsigned base_q_idx) {
  // Steps of 4 up to 244, then 249 and 255.
  if (base_q_idx >= 252) return 63;
  if (base_q_idx >= 247) return 62;
  return std::min((base_q_idx + 2) / 4, 61U);
}

unsigned svt_parallelism(unsigned threads) {
  // The core counts for which SVT-AV1 would choose each level by itself.
  if (threads <= 2) return threads;
  if (threads <= 5) return 3;
  if (threads <= 11) return 4;
  return threads <= 23 ? 5 : 6;
}

bool svt_low_delay(const EncoderSettings& settings) {
  return settings.low_latency || rc_mode(settings) == SVT_AV1_RC_MODE_CBR;
}

Result<> fill_svt_config(const EncoderSettings& settings, const EncoderInput& input,
                         EbSvtAv1EncConfiguration& config, std::vector<std::string>& notes) {
  const GstVideoInfo& info = input.info;
  config.source_width = static_cast<uint32_t>(GST_VIDEO_INFO_WIDTH(&info));
  config.source_height = static_cast<uint32_t>(GST_VIDEO_INFO_HEIGHT(&info));
  config.encoder_bit_depth = GST_VIDEO_INFO_COMP_DEPTH(&info, 0);
  config.encoder_color_format = EB_YUV420;
  const FrameRate rate = frame_rate_of(info);
  config.frame_rate_numerator = static_cast<uint32_t>(rate.n);
  config.frame_rate_denominator = static_cast<uint32_t>(rate.d);
  config.enc_mode = static_cast<int8_t>(svt_preset(settings.preset));
#if SVT_AV1_CHECK_VERSION(3, 0, 0)
  config.level_of_parallelism = svt_parallelism(settings.threads);
#else
  // Version 2.3 has the newer field, too, but goes by this one.
  config.logical_processors = svt_parallelism(settings.threads);
#endif
  config.film_grain_denoise_strength = settings.film_grain;
  if (settings.screen_content) config.screen_content_mode = 1;
  set_structure(settings, config);
  set_tiles(settings, config, notes);
  set_rate_control(settings, config, notes);
  set_color(info, config);
  set_hdr(input, config);
  return set_tune(settings, config);
}

unsigned svt_latency(const EncoderSettings& settings) {
  if (svt_low_delay(settings)) return 0;
  const bool vbr = rc_mode(settings) == SVT_AV1_RC_MODE_VBR;
  const unsigned mini_gop = svt_preset(settings.preset) > 8 ? 16 : 32;
  // Mini-GOPs to look ahead in, and what scene changes and temporal filtering want.
  const unsigned chosen = (1 + mini_gop) * (vbr ? 3 : 2) + 7;
  unsigned lookahead = chosen;
  if (settings.lookahead != 0) {
    lookahead = std::clamp(settings.lookahead, mini_gop + 10, vbr ? max_lookahead : chosen);
  }
  // Packets of a mini-GOP come out together.
  return lookahead + mini_gop;
}

}  // namespace av1hw
