// SPDX-License-Identifier: LGPL-2.1-or-later
// What the device's encoder says of itself: configuration attributes.
#include "refdrv/va/encode_capabilities.h"

#include <va/va_enc_av1.h>

#include <algorithm>
#include <bit>
#include <span>
#include <string_view>

namespace refdrv::va {

namespace {

struct Bit {
  std::string_view name;
  uint32_t value;
};

constexpr Bit rate_control_bits[] = {
    {"CQP", VA_RC_CQP}, {"CBR", VA_RC_CBR},   {"VBR", VA_RC_VBR},
    {"ICQ", VA_RC_ICQ}, {"QVBR", VA_RC_QVBR}, {"TCBRC", VA_RC_TCBRC},
};

constexpr Bit packed_header_bits[] = {
    {"sequence", VA_ENC_PACKED_HEADER_SEQUENCE}, {"picture", VA_ENC_PACKED_HEADER_PICTURE},
    {"slice", VA_ENC_PACKED_HEADER_SLICE},       {"misc", VA_ENC_PACKED_HEADER_MISC},
    {"raw", VA_ENC_PACKED_HEADER_RAW_DATA},
};

uint32_t bits_of(std::span<const Bit> known, const std::vector<std::string>& words) {
  uint32_t bits = 0;
  for (const Bit& bit : known) {
    if (std::ranges::contains(words, bit.name)) bits |= bit.value;
  }
  return bits;
}

uint32_t tools_value(const EncoderProfile& encoder) {
  const auto support = [&](std::string_view tool) {
    return std::ranges::contains(encoder.tools, tool) ? VA_FEATURE_SUPPORTED & 3U : 0U;
  };
  VAConfigAttribValEncAV1 tools = {};
  tools.bits.support_128x128_superblock = support("128x128-superblock") & 3;
  tools.bits.support_filter_intra = support("filter-intra") & 3;
  tools.bits.support_intra_edge_filter = support("intra-edge-filter") & 3;
  tools.bits.support_interintra_compound = support("interintra-compound") & 3;
  tools.bits.support_masked_compound = support("masked-compound") & 3;
  tools.bits.support_warped_motion = support("warped-motion") & 3;
  tools.bits.support_palette_mode = support("palette-mode") & 3;
  tools.bits.support_dual_filter = support("dual-filter") & 3;
  tools.bits.support_jnt_comp = support("jnt-comp") & 3;
  tools.bits.support_ref_frame_mvs = support("ref-frame-mvs") & 3;
  tools.bits.support_superres = support("superres") & 3;
  tools.bits.support_restoration = support("restoration") & 3;
  tools.bits.support_allow_intrabc = support("allow-intrabc") & 3;
  tools.bits.support_cdef_channel_strength = support("cdef-channel-strength") & 3;
  return tools.value;
}

uint32_t filters_value(const EncoderProfile& encoder) {
  VAConfigAttribValEncAV1Ext1 value = {};
  value.bits.interpolation_filter = encoder.interpolation_filters & 31;
  value.bits.min_segid_block_size_accepted = encoder.segment_block & 255;
  value.bits.segment_feature_support = encoder.segment_features & 255;
  return value.value;
}

uint32_t sizes_value(const EncoderProfile& encoder) {
  VAConfigAttribValEncAV1Ext2 value = {};
  value.bits.tile_size_bytes_minus1 = (encoder.tile_size_bytes - 1) & 3;
  value.bits.obu_size_bytes_minus1 = (encoder.obu_size_bytes - 1) & 3;
  value.bits.tx_mode_support = encoder.tx_modes & 7;
  value.bits.max_tile_num_minus1 = (encoder.max_tiles - 1) & 0x1fff;
  return value.value;
}

uint32_t regions_value(const EncoderProfile& encoder) {
  if (encoder.roi_regions == 0) return VA_ATTRIB_NOT_SUPPORTED;
  VAConfigAttribValEncROI value = {};
  value.bits.num_roi_regions = encoder.roi_regions & 255;
  value.bits.roi_rc_qp_delta_support = encoder.roi_with_bitrate;
  return value.value;
}

}  // namespace

bool is_encode_entrypoint(VAEntrypoint entrypoint) {
  return entrypoint == VAEntrypointEncSlice || entrypoint == VAEntrypointEncSliceLP;
}

bool encodes(const DeviceProfile& device, VAEntrypoint entrypoint) {
  if (!std::ranges::contains(device.av1_profiles, 0U)) return false;
  return (entrypoint == VAEntrypointEncSlice && device.has_entry_point("EncSlice")) ||
         (entrypoint == VAEntrypointEncSliceLP && device.has_entry_point("EncSliceLP"));
}

uint32_t rate_controls(const EncoderProfile& encoder) {
  return bits_of(rate_control_bits, encoder.rate_controls);
}

uint32_t packed_headers(const EncoderProfile& encoder) {
  return bits_of(packed_header_bits, encoder.packed_headers);
}

uint32_t encode_attribute(const EncoderProfile& encoder, VAConfigAttribType type) {
  switch (type) {
  case VAConfigAttribRateControl: return rate_controls(encoder);
  case VAConfigAttribEncPackedHeaders: return packed_headers(encoder);
  case VAConfigAttribEncMaxRefFrames:
    return encoder.forward_references | encoder.backward_references << 16;
  case VAConfigAttribMaxPictureWidth: return encoder.max_size.width;
  case VAConfigAttribMaxPictureHeight: return encoder.max_size.height;
  case VAConfigAttribEncQualityRange: return encoder.quality_levels;
  case VAConfigAttribEncROI: return regions_value(encoder);
  case VAConfigAttribEncTileSupport: return 1;
  case VAConfigAttribEncAV1: return tools_value(encoder);
  case VAConfigAttribEncAV1Ext1: return filters_value(encoder);
  case VAConfigAttribEncAV1Ext2: return sizes_value(encoder);
  case VAConfigAttribEncDynamicScaling: return 0;
  default: return VA_ATTRIB_NOT_SUPPORTED;
  }
}

uint32_t surface_alignment(const EncoderProfile& encoder) {
  const auto log2 = [](uint32_t size) { return static_cast<uint32_t>(std::bit_width(size)) - 1; };
  if (encoder.alignment == Size{1, 1}) return 0;
  return log2(encoder.alignment.width) | log2(encoder.alignment.height) << 4;
}

}  // namespace refdrv::va
