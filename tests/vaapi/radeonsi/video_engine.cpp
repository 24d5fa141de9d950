// SPDX-License-Identifier: LGPL-2.1-or-later
// A preload before Mesa's amdgpu DRM shim: gives the simulated GPU a video engine.
//
// The shim answers for a Radeon RX 7900 XTX without its VCN 4. This adds what radeonsi asks of the
// kernel before it offers to decode: that the engine is there, its firmware, and what it takes.
#include <dlfcn.h>
#include <libdrm/amdgpu_drm.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstring>

namespace {

using Ioctl = int (*)(int, unsigned long, ...);

constexpr unsigned vcn_major = 4;
constexpr unsigned drm_type = 'd';

// Decoding and encoding share the queue that is named after encoding.
bool is_video_engine(uint32_t type) { return type == AMDGPU_HW_IP_VCN_ENC; }

template <typename T>
void answer(const drm_amdgpu_info& query, const T& value) {
  std::memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(query.return_pointer)), &value,
              std::min<size_t>(query.return_size, sizeof value));
}

drm_amdgpu_info_hw_ip engine() {
  drm_amdgpu_info_hw_ip ip = {};
  ip.hw_ip_version_major = vcn_major;
  ip.ib_start_alignment = 256;
  ip.ib_size_alignment = 64;
  ip.available_rings = 1;
  return ip;
}

// One that is recent enough for everything that Mesa knows of VCN 4.
drm_amdgpu_info_firmware firmware() {
  drm_amdgpu_info_firmware version = {};
  version.ver = 7U << 24 | 1U << 20 | 20U << 12 | 9U;
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

// Whether this is a query that the shim gets wrong, which is then answered.
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

}  // namespace

// The symbol that programs call, so it has to have this name and be visible.
extern "C" __attribute__((visibility("default"))) int ioctl(int fd, unsigned long request,
                                                            ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  constexpr unsigned info = DRM_COMMAND_BASE + DRM_AMDGPU_INFO;
  if ((request >> 8 & 0xff) == drm_type && (request & 0xff) == info &&
      answered(*static_cast<const drm_amdgpu_info*>(argument))) {
    return 0;
  }
  static const auto next = reinterpret_cast<Ioctl>(dlsym(RTLD_NEXT, "ioctl"));
  return next(fd, request, argument);
}
