// SPDX-License-Identifier: LGPL-2.1-or-later
// What the encoder says that it can do, before it is initialised.
#include "refdrv/nv/nvenc_caps.h"

#include <algorithm>

namespace refdrv::nv {

namespace {

constexpr int rate_control_modes = NV_ENC_PARAMS_RC_VBR | NV_ENC_PARAMS_RC_CBR;
constexpr int each_and_middle = NV_ENC_BFRAME_REF_MODE_EACH | NV_ENC_BFRAME_REF_MODE_MIDDLE;
constexpr int macroblock = 16;
constexpr int macroblocks_per_second = 1'966'080;  // 8192x8192 at 7.5 a second
constexpr int long_term_references = 6;
constexpr int capacity_percent = 100;  // always so on Linux

constexpr NV_ENC_BUFFER_FORMAT formats[] = {
    NV_ENC_BUFFER_FORMAT_NV12,         NV_ENC_BUFFER_FORMAT_YV12,   NV_ENC_BUFFER_FORMAT_IYUV,
    NV_ENC_BUFFER_FORMAT_YUV420_10BIT, NV_ENC_BUFFER_FORMAT_ARGB,   NV_ENC_BUFFER_FORMAT_ABGR,
    NV_ENC_BUFFER_FORMAT_ARGB10,       NV_ENC_BUFFER_FORMAT_ABGR10, NV_ENC_BUFFER_FORMAT_AYUV,
};

bool is_ten_bits(NV_ENC_BUFFER_FORMAT format) {
  return format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT || format == NV_ENC_BUFFER_FORMAT_ARGB10 ||
         format == NV_ENC_BUFFER_FORMAT_ABGR10;
}

}  // namespace

std::span<const GUID> nvenc_profiles() {
  static const GUID profiles[] = {NV_ENC_AV1_PROFILE_MAIN_GUID};
  return profiles;
}

std::span<const NV_ENC_BUFFER_FORMAT> nvenc_formats() { return formats; }

bool takes_format(const DeviceProfile& profile, NV_ENC_BUFFER_FORMAT format) {
  if (is_ten_bits(format) && !std::ranges::contains(profile.nvenc_bit_depths, 10U)) return false;
  return std::ranges::contains(formats, format);
}

int nvenc_capability(const DeviceProfile& profile, NV_ENC_CAPS capability) {
  const auto& max = profile.nvenc_max_size;
  switch (capability) {
  case NV_ENC_CAPS_NUM_MAX_BFRAMES: return static_cast<int>(profile.nvenc_b_frames);
  case NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES: return rate_control_modes;
  case NV_ENC_CAPS_NUM_MAX_TEMPORAL_LAYERS: return static_cast<int>(profile.nvenc_temporal_layers);
  case NV_ENC_CAPS_SUPPORT_TEMPORAL_SVC: return profile.nvenc_temporal_layers > 1 ? 1 : 0;
  case NV_ENC_CAPS_LEVEL_MAX: return NV_ENC_LEVEL_AV1_73;
  case NV_ENC_CAPS_LEVEL_MIN: return NV_ENC_LEVEL_AV1_2;
  case NV_ENC_CAPS_WIDTH_MAX: return static_cast<int>(max.width);
  case NV_ENC_CAPS_HEIGHT_MAX: return static_cast<int>(max.height);
  case NV_ENC_CAPS_WIDTH_MIN: return static_cast<int>(profile.nvenc_min_size.width);
  case NV_ENC_CAPS_HEIGHT_MIN: return static_cast<int>(profile.nvenc_min_size.height);
  case NV_ENC_CAPS_MB_NUM_MAX:
    return static_cast<int>(max.width / macroblock * (max.height / macroblock));
  case NV_ENC_CAPS_MB_PER_SEC_MAX: return macroblocks_per_second;
  case NV_ENC_CAPS_NUM_MAX_LTR_FRAMES: return long_term_references;
  case NV_ENC_CAPS_DYNAMIC_QUERY_ENCODER_CAPACITY: return capacity_percent;
  case NV_ENC_CAPS_SUPPORT_BFRAME_REF_MODE: return each_and_middle;
  case NV_ENC_CAPS_NUM_ENCODER_ENGINES: return static_cast<int>(profile.nvenc_engines);
  case NV_ENC_CAPS_SUPPORT_10BIT_ENCODE:
    return std::ranges::contains(profile.nvenc_bit_depths, 10U) ? 1 : 0;
  case NV_ENC_CAPS_SUPPORT_QPELMV:
  case NV_ENC_CAPS_SUPPORT_DYN_RES_CHANGE:
  case NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE:
  case NV_ENC_CAPS_SUPPORT_DYN_FORCE_CONSTQP:
  case NV_ENC_CAPS_SUPPORT_SUBFRAME_READBACK:
  case NV_ENC_CAPS_SUPPORT_INTRA_REFRESH:
  case NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE:
  case NV_ENC_CAPS_SUPPORT_REF_PIC_INVALIDATION:
  case NV_ENC_CAPS_SUPPORT_LOOKAHEAD:
  case NV_ENC_CAPS_SUPPORT_TEMPORAL_AQ:
  case NV_ENC_CAPS_SUPPORT_MULTIPLE_REF_FRAMES: return 1;
  default: return 0;
  }
}

}  // namespace refdrv::nv
