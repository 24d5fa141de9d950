// SPDX-License-Identifier: LGPL-2.1-or-later
// A preload before Mesa's amdgpu DRM shim: gives the simulated GPU an engine that copies (SDMA).
#include <dlfcn.h>
#include <libdrm/amdgpu_drm.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstring>

namespace {

using Ioctl = int (*)(int, unsigned long, ...);

constexpr unsigned sdma_major = 6;
constexpr unsigned drm_type = 'd';

template <typename T>
void answer(const drm_amdgpu_info& query, const T& value) {
  std::memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(query.return_pointer)), &value,
              std::min<size_t>(query.return_size, sizeof value));
}

// Whether this is a query that the shim gets wrong, which is then answered.
bool answered(const drm_amdgpu_info& query) {
  const uint32_t type = query.query_hw_ip.type;
  if (query.query == AMDGPU_INFO_HW_IP_INFO && type == AMDGPU_HW_IP_DMA) {
    drm_amdgpu_info_hw_ip engine = {};
    engine.hw_ip_version_major = sdma_major;
    engine.ib_start_alignment = 256;
    engine.ib_size_alignment = 4;
    engine.available_rings = 1;
    answer(query, engine);
    return true;
  }
  if (query.query == AMDGPU_INFO_HW_IP_COUNT && type <= AMDGPU_HW_IP_DMA) {
    answer(query, uint32_t{1});
    return true;
  }
  return false;
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
