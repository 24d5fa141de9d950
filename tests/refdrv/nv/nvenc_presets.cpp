// SPDX-License-Identifier: LGPL-2.1-or-later
// The configurations that NVENC's presets and tunings stand for.
#include <algorithm>

#include "refdrv/nv/nvenc_caps.h"

namespace refdrv::nv {

namespace {

const GUID presets[] = {
    NV_ENC_PRESET_P1_GUID, NV_ENC_PRESET_P2_GUID, NV_ENC_PRESET_P3_GUID, NV_ENC_PRESET_P4_GUID,
    NV_ENC_PRESET_P5_GUID, NV_ENC_PRESET_P6_GUID, NV_ENC_PRESET_P7_GUID,
};

constexpr uint32_t default_gop = 250;
constexpr uint32_t default_bitrate = 5'000'000;
constexpr uint32_t high_quality_max_bitrate = 10'000'000;
constexpr uint32_t default_quantizer_intra = 95;
constexpr uint32_t default_quantizer_inter = 115;

NV_ENC_RC_PARAMS rate_control(NV_ENC_TUNING_INFO tuning) {
  NV_ENC_RC_PARAMS rate = {};
  rate.version = NV_ENC_RC_PARAMS_VER;
  rate.constQP = {default_quantizer_inter, default_quantizer_inter, default_quantizer_intra};
  rate.averageBitRate = default_bitrate;
  switch (tuning) {
  case NV_ENC_TUNING_INFO_LOW_LATENCY:
  case NV_ENC_TUNING_INFO_ULTRA_LOW_LATENCY:
    rate.rateControlMode = NV_ENC_PARAMS_RC_CBR;
    rate.zeroReorderDelay = 1;
    rate.lowDelayKeyFrameScale = tuning == NV_ENC_TUNING_INFO_LOW_LATENCY ? 2 : 1;
    break;
  default:
    rate.rateControlMode = NV_ENC_PARAMS_RC_VBR;
    rate.maxBitRate = high_quality_max_bitrate;
    break;
  }
  return rate;
}

}  // namespace

std::span<const GUID> nvenc_presets() { return presets; }

Outcome<NV_ENC_CONFIG> preset_config(const GUID& preset, NV_ENC_TUNING_INFO tuning) {
  const bool known =
      std::ranges::any_of(presets, [&](const GUID& each) { return same(each, preset); });
  if (!known) return misuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "no such preset");
  if (tuning <= NV_ENC_TUNING_INFO_UNDEFINED || tuning >= NV_ENC_TUNING_INFO_COUNT) {
    return misuse(NV_ENC_ERR_INVALID_PARAM,
                  std::format("tuningInfo is {}", static_cast<int>(tuning)));
  }
  if (tuning == NV_ENC_TUNING_INFO_LOSSLESS) {
    return refuse(NV_ENC_ERR_UNSUPPORTED_PARAM, "AV1 has no lossless encoding here");
  }
  const bool high_quality = tuning == NV_ENC_TUNING_INFO_HIGH_QUALITY;
  NV_ENC_CONFIG config = {};
  config.version = NV_ENC_CONFIG_VER;
  config.profileGUID = NV_ENC_AV1_PROFILE_MAIN_GUID;
  config.gopLength = high_quality ? default_gop : NVENC_INFINITE_GOPLENGTH;
  config.frameIntervalP = 1;
  config.frameFieldMode = NV_ENC_PARAMS_FRAME_FIELD_MODE_FRAME;
  config.rcParams = rate_control(tuning);
  auto& av1 = config.encodeCodecConfig.av1Config;
  av1.level = NV_ENC_LEVEL_AV1_AUTOSELECT;
  av1.chromaFormatIDC = 1;
  av1.repeatSeqHdr = 1;
  av1.idrPeriod = config.gopLength;
  av1.colorPrimaries = NV_ENC_VUI_COLOR_PRIMARIES_UNSPECIFIED;
  av1.transferCharacteristics = NV_ENC_VUI_TRANSFER_CHARACTERISTIC_UNSPECIFIED;
  av1.matrixCoefficients = NV_ENC_VUI_MATRIX_COEFFS_UNSPECIFIED;
  return config;
}

}  // namespace refdrv::nv
