// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver's answers about one encoder come to.
#include "vaapi/va_encode_features.h"

#include <va/va_enc_av1.h>

#include <algorithm>
#include <array>
#include <bit>

#include "av1/tile_info.h"

namespace av1hw {
namespace {

constexpr unsigned superblock = 64;  // drivers of today code no larger ones
// VAEncTileGroupBufferAV1 counts them in 7 bits.
constexpr unsigned most_tiles = 128;
// How many of our layers VAEncMiscParameterTemporalLayerStructure is sent for.
constexpr unsigned no_layers = 1;

struct RateControlName {
  RateControl mode;
  const char* name;
};

constexpr std::array<RateControlName, 4> rate_control_names = {{
    {RateControl::Cqp, "cqp"},
    {RateControl::Cq, "cq"},
    {RateControl::Vbr, "vbr"},
    {RateControl::Cbr, "cbr"},
}};

bool offers(unsigned feature) { return feature != 0; }

void read_tools(const VaConfigAnswers& config, EncodeLimits& limits) {
  VAConfigAttribValEncAV1 tools = {};
  tools.value = config.av1.value_or(0);
  const auto& bits = tools.bits;
  CodingTools& out = limits.tools;
  out.use_128x128_superblock = bits.support_128x128_superblock == 2;  // VA_FEATURE_REQUIRED
  out.enable_filter_intra = offers(bits.support_filter_intra);
  out.enable_intra_edge_filter = offers(bits.support_intra_edge_filter);
  out.enable_interintra_compound = offers(bits.support_interintra_compound);
  out.enable_masked_compound = offers(bits.support_masked_compound);
  out.enable_warped_motion = offers(bits.support_warped_motion);
  out.enable_dual_filter = offers(bits.support_dual_filter);
  out.enable_jnt_comp = offers(bits.support_jnt_comp);
  out.enable_ref_frame_mvs = offers(bits.support_ref_frame_mvs);
  out.enable_cdef = true;
  limits.frame_tools.cdef_channel_strength = offers(bits.support_cdef_channel_strength);
}

void read_frame_tools(const VaConfigAnswers& config, EncodeLimits& limits) {
  constexpr unsigned tx_mode_select = 4;
  constexpr unsigned switchable = 16;
  VAConfigAttribValEncAV1Ext1 ext1 = {};
  ext1.value = config.av1_ext1.value_or(0);
  VAConfigAttribValEncAV1Ext2 ext2 = {};
  ext2.value = config.av1_ext2.value_or(0);
  FrameTools& out = limits.frame_tools;
  out.tx_mode_select = !config.av1_ext2 || (ext2.bits.tx_mode_support & tx_mode_select);
  const unsigned filters = ext1.bits.interpolation_filter;
  if (filters & switchable) {
    out.interpolation_filter = interpolation_switchable;
  } else if (filters != 0) {
    out.interpolation_filter = static_cast<uint8_t>(std::countr_zero(filters));
  }
  out.allow_high_precision_mv = true;
  if (!config.av1_ext2) return;
  limits.tile_size_bytes = ext2.bits.tile_size_bytes_minus1 + 1U;
  // A frame's headers alone may take more than one byte can say.
  limits.obu_size_bytes = std::max(ext2.bits.obu_size_bytes_minus1 + 1U, 2U);
}

void read_references(const VaConfigAnswers& config, const VaQuirks& quirks, EncodeLimits& limits) {
  const uint32_t most = config.max_references.value_or(1);
  limits.forward_references = std::clamp(most & 0xffffU, 1U, max_forward_references);
  limits.backward_references = std::min(most >> 16, max_backward_references);
  limits.primary_is_last = quirks.primary_is_last;
}

void read_sizes(const VaConfigAnswers& config, const VaQuirks& quirks, EncodeLimits& limits) {
  const uint32_t told =
      config.alignment.value_or(quirks.header_width_log2 | quirks.header_height_log2 << 4);
  limits.width_alignment = std::max(2U, 1U << (told & 0xf));
  limits.height_alignment = std::max(2U, 1U << (told >> 4 & 0xf));
  limits.header_size_is_aligned = quirks.header_width_log2 != 0;
  const auto lesser = [](std::optional<uint32_t> a, std::optional<uint32_t> b, unsigned most) {
    const auto known = [most](std::optional<uint32_t> size) {
      return size && *size != 0 ? std::min(*size, most) : most;
    };
    return std::min(known(a), known(b));
  };
  limits.max_width = lesser(config.max_picture_width, config.max_width, limits.max_width);
  limits.max_height = lesser(config.max_picture_height, config.max_height, limits.max_height);
  // One sample more than the superblocks that are too few.
  const unsigned least_tile = (quirks.min_tile_superblocks - 1) * superblock + 1;
  limits.min_width = std::max({config.min_width.value_or(0), least_tile, 1U});
  limits.min_height = std::max({config.min_height.value_or(0), least_tile, 1U});
}

void read_regions(const VaConfigAnswers& config, VaEncodeFeatures& out) {
  VAConfigAttribValEncROI regions = {};
  regions.value = config.regions.value_or(0);
  out.max_regions = regions.bits.num_roi_regions;
  out.regions_with_bitrate = out.max_regions > 0 && regions.bits.roi_rc_qp_delta_support;
}

void read_layers(const VaConfigAnswers& config, VaEncodeFeatures& out) {
  VAConfigAttribValEncRateControlExt ext = {};
  ext.value = config.rate_control_ext.value_or(0);
  const unsigned layers = ext.bits.max_num_temporal_layers_minus1 + 1U;
  out.layer_bitrates = layers > no_layers && ext.bits.temporal_layer_bitrate_control_flag;
  // Which layer a picture is of is in its header; a driver has to know only of their bitrates.
  out.limits.temporal_layers =
      out.layer_bitrates ? std::min(layers, max_temporal_layers) : max_temporal_layers;
}

void read_tiles(const VaConfigAnswers& config, const VaQuirks& quirks, VaEncodeFeatures& out) {
  VAConfigAttribValEncAV1Ext2 ext2 = {};
  ext2.value = config.av1_ext2.value_or(0);
  const bool has_tiles = config.tile_support.value_or(0) != 0;
  out.max_tiles = has_tiles ? std::min(ext2.bits.max_tile_num_minus1 + 1U, most_tiles) : 1U;
  out.min_tile_superblocks = quirks.min_tile_superblocks;
  out.chooses_tile_columns = quirks.chooses_tile_columns;
  out.limits.max_tile_columns = std::min(out.max_tiles, max_tile_cols);
  out.limits.max_tile_rows = std::min(out.max_tiles, max_tile_rows);
}

// The most tiles that `size` samples can be cut into, such that each has `least` superblocks,
// however they are shared out.
unsigned most_tiles_of(unsigned size, unsigned least, unsigned most) {
  const unsigned superblocks = (size + superblock - 1) / superblock;
  unsigned count = 1;
  for (unsigned n = 2; n <= std::min(most, superblocks); n++) {
    const unsigned uniform = (superblocks + std::bit_ceil(n) - 1) / std::bit_ceil(n);
    const unsigned last = superblocks % uniform == 0 ? uniform : superblocks % uniform;
    if (superblocks / n < least || last < least) break;
    count = n;
  }
  return count;
}

// As many as AV1 demands (specification, 5.9.15): more columns than that radeonsi does not make of
// a picture (radeon_vcn_enc_4_0.c in Mesa).
unsigned least_tile_columns(unsigned width) {
  constexpr unsigned max_tile_width = 4096;
  return std::max(1U, (width + max_tile_width - 1) / max_tile_width);
}

unsigned rank(const VaConfigAnswers& config) {
  const VaEncodeFeatures features = va_encode_features(config, {});
  unsigned modes = 0;
  for (const RateControlName& rc : rate_control_names) {
    modes += va_rate_control(rc.mode, features.rate_controls) != 0;
  }
  return 4 * modes + 2 * (features.limits.backward_references > 0) +
         (config.entrypoint == VAEntrypointEncSlice);
}

}  // namespace

bool is_va_encoder(VAEntrypoint entrypoint) {
  return entrypoint == VAEntrypointEncSlice || entrypoint == VAEntrypointEncSliceLP;
}

std::string va_encode_obstacle(const VaConfigAnswers& config) {
  if (!config.error.empty()) return config.error;
  constexpr uint32_t needed = VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE;
  if ((config.packed_headers.value_or(0) & needed) == needed) return {};
  return "the driver does not take packed sequence and frame headers; a newer driver may";
}

const VaConfigAnswers* choose_va_encoder(const std::vector<VaConfigAnswers>& configs,
                                         VAProfile profile) {
  const VaConfigAnswers* best = nullptr;
  for (const VaConfigAnswers& config : configs) {
    if (config.profile != profile || !is_va_encoder(config.entrypoint)) continue;
    if (!va_encode_obstacle(config).empty()) continue;
    if (!best || rank(config) > rank(*best)) best = &config;
  }
  return best;
}

uint32_t va_rate_control(RateControl mode, uint32_t offered, bool bounded) {
  switch (mode) {
  case RateControl::Cqp: return VA_RC_CQP;
  case RateControl::Cq:
    if (bounded && (offered & VA_RC_QVBR)) return VA_RC_QVBR;
    return offered & VA_RC_ICQ ? VA_RC_ICQ : offered & VA_RC_QVBR;
  case RateControl::Vbr: return offered & VA_RC_VBR;
  case RateControl::Cbr: return offered & VA_RC_CBR;
  case RateControl::Auto: break;
  }
  return 0;
}

VaEncodeFeatures va_encode_features(const VaConfigAnswers& config, const VaQuirks& quirks) {
  VaEncodeFeatures out;
  out.profile = config.profile;
  out.entrypoint = config.entrypoint;
  out.rate_controls = config.rate_control.value_or(VA_RC_CQP);
  EncodeLimits& limits = out.limits;
  limits.cq = va_rate_control(RateControl::Cq, out.rate_controls) != 0;
  limits.bounded_cq = (out.rate_controls & VA_RC_QVBR) != 0;
  limits.vbr = va_rate_control(RateControl::Vbr, out.rate_controls) != 0;
  limits.cbr = va_rate_control(RateControl::Cbr, out.rate_controls) != 0;
  limits.changes_bitrate = true;
  read_tools(config, limits);
  read_frame_tools(config, limits);
  read_references(config, quirks, limits);
  read_sizes(config, quirks, limits);
  read_regions(config, out);
  read_layers(config, out);
  read_tiles(config, quirks, out);
  out.quality_levels = std::max(config.quality_levels.value_or(1), 1U);
  out.quality_is_bits = quirks.quality_is_bits;
  return out;
}

EncodeLimits va_encode_limits(const VaEncodeFeatures& features, RateControl mode, unsigned width,
                              unsigned height) {
  EncodeLimits limits = features.limits;
  const unsigned least = features.min_tile_superblocks;
  limits.max_tile_columns = features.chooses_tile_columns
                                ? std::min(least_tile_columns(width), limits.max_tile_columns)
                                : most_tiles_of(width, least, limits.max_tile_columns);
  limits.max_tile_rows = most_tiles_of(height, least, limits.max_tile_rows);
  while (limits.max_tile_columns * limits.max_tile_rows > features.max_tiles) {
    unsigned& more = limits.max_tile_columns > limits.max_tile_rows ? limits.max_tile_columns
                                                                    : limits.max_tile_rows;
    more--;
  }
  limits.region_of_interest = va_takes_regions(features, mode);
  return limits;
}

bool va_takes_regions(const VaEncodeFeatures& features, RateControl mode) {
  return features.max_regions > 0 && (mode == RateControl::Cqp || features.regions_with_bitrate);
}

std::vector<std::string> va_feature_names(const VaEncodeFeatures& features) {
  std::vector<std::string> names;
  if (features.entrypoint == VAEntrypointEncSliceLP) names.emplace_back("low-power");
  for (const RateControlName& rc : rate_control_names) {
    if (va_rate_control(rc.mode, features.rate_controls) != 0) names.emplace_back(rc.name);
  }
  names.push_back("references=" + std::to_string(features.limits.forward_references));
  if (features.limits.backward_references > 0) names.emplace_back("b-frames");
  if (features.max_tiles > 1) {
    names.emplace_back(features.chooses_tile_columns ? "tile-rows" : "tiles");
  }
  if (features.max_regions > 0) names.emplace_back("regions-of-interest");
  if (features.quality_levels > 1) names.emplace_back("presets");
  return names;
}

}  // namespace av1hw
