// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns encoder settings and the input's format into rav1e's configuration.
#include "cpu/rav1e_config.h"

#include <algorithm>
#include <bit>
#include <format>

#include "av1/levels.h"
#include "codec/frame_rate.h"

namespace av1hw {
namespace {

// Frames over which rav1e spreads its bit reservoir for cbr: the fewest that it takes.
constexpr unsigned cbr_reservoir_frames = 12;

unsigned default_lookahead(unsigned speed) {
  if (speed >= 8) return 10;
  if (speed >= 6) return 20;
  return speed >= 3 ? 30 : 40;
}

bool has_bitrate_target(const EncoderSettings& settings) {
  const RateControl mode = effective_rate_control(settings);
  return mode == RateControl::Vbr || mode == RateControl::Cbr;
}

// rav1e claims no level by itself. Empty: no level has room for such a stream.
const char* level_of(const EncoderSettings& settings, const GstVideoInfo& info) {
  LevelRequest request = {
      .width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info)),
      .height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info)),
      .fps_n = static_cast<unsigned>(std::max(info.fps_n, 0)),
      .fps_d = static_cast<unsigned>(std::max(info.fps_d, 1)),
      .tile_columns = std::bit_ceil(settings.tile_columns),
      .tiles = std::bit_ceil(settings.tile_columns) * std::bit_ceil(settings.tile_rows)};
  if (has_bitrate_target(settings)) request.bitrate = settings.bitrate * 1000ULL;
  return level_name(level_for(request, Tier::Main));
}

RaChromaSampling sampling_of(const GstVideoInfo& info) {
  if (GST_VIDEO_INFO_N_COMPONENTS(&info) == 1) return RA_CHROMA_SAMPLING_CS400;
  if (GST_VIDEO_FORMAT_INFO_W_SUB(info.finfo, 1) == 0) return RA_CHROMA_SAMPLING_CS444;
  return GST_VIDEO_FORMAT_INFO_H_SUB(info.finfo, 1) == 0 ? RA_CHROMA_SAMPLING_CS422
                                                         : RA_CHROMA_SAMPLING_CS420;
}

RaChromaSamplePosition position_of(const GstVideoInfo& info) {
  if (sampling_of(info) != RA_CHROMA_SAMPLING_CS420) return RA_CHROMA_SAMPLE_POSITION_UNKNOWN;
  switch (GST_VIDEO_INFO_CHROMA_SITE(&info)) {
  case GST_VIDEO_CHROMA_SITE_MPEG2: return RA_CHROMA_SAMPLE_POSITION_VERTICAL;
  case GST_VIDEO_CHROMA_SITE_COSITED: return RA_CHROMA_SAMPLE_POSITION_COLOCATED;
  default: return RA_CHROMA_SAMPLE_POSITION_UNKNOWN;
  }
}

Result<> set_format(RaConfig* config, const GstVideoInfo& info) {
  // GRAY16 carries 12-bit samples in its upper bits.
  const auto depth = static_cast<uint8_t>(std::min(GST_VIDEO_INFO_COMP_DEPTH(&info, 0), 12U));
  const GstVideoColorimetry& color = info.colorimetry;
  const RaPixelRange range =
      color.range == GST_VIDEO_COLOR_RANGE_0_255 ? RA_PIXEL_RANGE_FULL : RA_PIXEL_RANGE_LIMITED;
  if (rav1e_config_set_pixel_format(config, depth, sampling_of(info), position_of(info), range) <
      0) {
    return fail(ErrorCode::NotSupported,
                std::format("rav1e does not take {}", GST_VIDEO_INFO_NAME(&info)));
  }
  const int described = rav1e_config_set_color_description(
      config, static_cast<RaMatrixCoefficients>(gst_video_color_matrix_to_iso(color.matrix)),
      static_cast<RaColorPrimaries>(gst_video_color_primaries_to_iso(color.primaries)),
      static_cast<RaTransferCharacteristics>(gst_video_transfer_function_to_iso(color.transfer)));
  if (described < 0) {
    const GCharPtr name{gst_video_colorimetry_to_string(&color)};
    return fail(ErrorCode::NotSupported,
                std::format("rav1e does not take colorimetry={}", name ? name.get() : "?"));
  }
  return {};
}

RaChromaticityPoint chromaticity(const GstVideoMasteringDisplayInfoCoordinates& c) {
  // Units of 0.00002 to 0.16 fixed point (specification, 6.7.4).
  auto fixed = [](guint v) {
    return static_cast<uint16_t>(std::min((v * 65536ULL + 25000) / 50000, 65535ULL));
  };
  return {fixed(c.x), fixed(c.y)};
}

void set_hdr(RaConfig* config, const EncoderInput& input) {
  if (input.content_light) {
    rav1e_config_set_content_light(config, input.content_light->max_content_light_level,
                                   input.content_light->max_frame_average_light_level);
  }
  if (!input.mastering_display) return;
  const GstVideoMasteringDisplayInfo& m = *input.mastering_display;
  const RaChromaticityPoint primaries[3] = {chromaticity(m.display_primaries[0]),
                                            chromaticity(m.display_primaries[1]),
                                            chromaticity(m.display_primaries[2])};
  // Units of 0.0001 cd/m2 to 24.8 and 18.14 fixed point.
  auto fixed = [](uint64_t v, unsigned fraction_bits) {
    return static_cast<uint32_t>(
        std::min<uint64_t>(((v << fraction_bits) + 5000) / 10000, UINT32_MAX));
  };
  rav1e_config_set_mastering_display(config, primaries, chromaticity(m.white_point),
                                     fixed(m.max_display_mastering_luminance, 8),
                                     fixed(m.min_display_mastering_luminance, 14));
}

void set_rational_properties(RaConfig* config, const GstVideoInfo& info) {
  const FrameRate rate = frame_rate_of(info);
  rav1e_config_set_time_base(config, {rate.d, rate.n});
  if (info.par_n > 0 && info.par_d > 0 && info.par_n != info.par_d) {
    rav1e_config_set_sample_aspect_ratio(
        config, {static_cast<uint64_t>(info.par_n), static_cast<uint64_t>(info.par_d)});
  }
}

}  // namespace

unsigned rav1e_speed(unsigned preset) { return preset <= 1 ? 0 : std::min(preset, 10U); }

std::vector<std::pair<const char*, std::string>> rav1e_parameters(const EncoderSettings& settings,
                                                                  const GstVideoInfo& info) {
  std::vector<std::pair<const char*, std::string>> keys;
  auto add = [&](const char* key, unsigned value) {
    keys.emplace_back(key, std::to_string(value));
  };
  add("width", static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&info)));
  add("height", static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&info)));
  add("speed", rav1e_speed(settings.preset));
  add("threads", settings.threads);
  add("tile_cols", std::bit_ceil(settings.tile_columns));
  add("tile_rows", std::bit_ceil(settings.tile_rows));
  if (const char* level = level_of(settings, info)) keys.emplace_back("level", level);
  if (settings.tune == Tune::Psnr) keys.emplace_back("tune", "Psnr");
  if (settings.tune == Tune::Visual) keys.emplace_back("tune", "Psychovisual");
  if (has_bitrate_target(settings)) {
    add("bitrate", settings.bitrate * 1000);
    add("min_quantizer", settings.min_quantizer);
    // With a bitrate, rav1e's quantizer is the highest that it goes to.
    add("quantizer", settings.max_quantizer);
    if (effective_rate_control(settings) == RateControl::Cbr) {
      add("reservoir_frame_delay", cbr_reservoir_frames);
    }
  } else {
    add("quantizer", settings.quantizer);
  }
  if (settings.gop_size != 0) add("key_frame_interval", settings.gop_size);
  if (settings.min_gop_size != 0)
    add("min_key_frame_interval", settings.min_gop_size);
  else if (settings.gop_size != 0)
    add("min_key_frame_interval", std::min(settings.gop_size, 12U));
  keys.emplace_back("low_latency", settings.low_latency ? "true" : "false");
  if (settings.lookahead != 0)
    add("rdo_lookahead_frames", settings.lookahead);
  else if (settings.low_latency)
    add("rdo_lookahead_frames", 1);
  return keys;
}

unsigned rav1e_latency(const EncoderSettings& settings) {
  unsigned lookahead = settings.lookahead;
  if (lookahead == 0) {
    lookahead = settings.low_latency ? 1 : default_lookahead(rav1e_speed(settings.preset));
  }
  // Besides, scene detection looks ahead, and without low latency a pyramid of frames is held.
  return lookahead + (settings.low_latency ? 3 : 11);
}

Result<RaConfigPtr> make_rav1e_config(const EncoderSettings& settings, const EncoderInput& input) {
  RaConfigPtr config{rav1e_config_default()};
  if (!config) return fail(ErrorCode::OutOfMemory, "rav1e made no configuration");
  for (const auto& [key, value] : rav1e_parameters(settings, input.info)) {
    if (rav1e_config_parse(config.get(), key, value.c_str()) < 0) {
      return fail(ErrorCode::InvalidSettings, std::format("rav1e does not take {}={}", key, value));
    }
  }
  set_rational_properties(config.get(), input.info);
  if (const Result<> format = set_format(config.get(), input.info); !format) {
    return std::unexpected(format.error());
  }
  set_hdr(config.get(), input);
  return config;
}

}  // namespace av1hw
