// SPDX-License-Identifier: LGPL-2.1-or-later
// A preload before Mesa's amdgpu DRM shim: gives the simulated GPU a video engine.
//
// The shim answers for a Radeon RX 7900 XTX without its VCN 4. This adds what radeonsi asks of the
// kernel before it offers to decode and encode: that the engine is there, its firmware, and what it
// takes. RADEONSI_VCN=5 in the environment makes it the next generation's, which codes B-frames.
#include <cstdlib>
#include <string_view>

#include "../../support/amdgpu_info.h"

namespace av1hw::test {
namespace {

unsigned vcn_major() {
  const char* asked = std::getenv("RADEONSI_VCN");
  return asked && asked == std::string_view("5") ? 5 : 4;
}

// Decoding and encoding share the queue that is named after encoding.
bool is_video_engine(uint32_t type) { return type == AMDGPU_HW_IP_VCN_ENC; }

drm_amdgpu_info_hw_ip engine() {
  drm_amdgpu_info_hw_ip ip = {};
  ip.hw_ip_version_major = vcn_major();
  ip.ib_start_alignment = 256;
  ip.ib_size_alignment = 64;
  ip.available_rings = 1;
  return ip;
}

// One that is recent enough for everything that Mesa knows of the engine.
drm_amdgpu_info_firmware firmware() {
  drm_amdgpu_info_firmware version = {};
  version.ver = vcn_major() == 5 ? 9U << 24 | 1U << 20 | 10U << 12 | 9U
                                 : 7U << 24 | 1U << 20 | 20U << 12 | 9U;
  return version;
}

drm_amdgpu_info_video_caps video_caps() {
  drm_amdgpu_info_video_caps caps = {};
  for (unsigned codec = AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_MPEG4_AVC;
       codec < AMDGPU_INFO_VIDEO_CAPS_CODEC_IDX_COUNT; codec++) {
    auto& info = caps.codec_info[codec];
    info.valid = 1;
    info.max_width = 8192;
    info.max_height = 4352;
    info.max_pixels_per_frame = info.max_width * info.max_height;
    info.max_level = 186;
  }
  return caps;
}

}  // namespace

bool answered(const drm_amdgpu_info& query) {
  switch (query.query) {
  case AMDGPU_INFO_HW_IP_INFO:
    if (!is_video_engine(query.query_hw_ip.type)) return false;
    answer(query, engine());
    return true;
  case AMDGPU_INFO_HW_IP_COUNT: {
    const uint32_t type = query.query_hw_ip.type;
    const bool there = type == AMDGPU_HW_IP_GFX || type == AMDGPU_HW_IP_COMPUTE;
    answer(query, static_cast<uint32_t>(there || is_video_engine(type)));
    return true;
  }
  case AMDGPU_INFO_FW_VERSION:
    if (query.query_fw.fw_type != AMDGPU_INFO_FW_VCN) return false;
    answer(query, firmware());
    return true;
  case AMDGPU_INFO_VIDEO_CAPS: answer(query, video_caps()); return true;
  default: return false;
  }
}

}  // namespace av1hw::test
