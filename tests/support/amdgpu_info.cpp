// SPDX-License-Identifier: LGPL-2.1-or-later
// ioctl() of a preload: see amdgpu_info.h.
#include "amdgpu_info.h"

#include <dlfcn.h>

#include <cstdarg>

using Ioctl = int (*)(int, unsigned long, ...);

// The symbol that programs call, so it has to have this name and be visible.
extern "C" __attribute__((visibility("default"))) int ioctl(int fd, unsigned long request,
                                                            ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  constexpr unsigned drm_type = 'd';
  constexpr unsigned info = DRM_COMMAND_BASE + DRM_AMDGPU_INFO;
  if ((request >> 8 & 0xff) == drm_type && (request & 0xff) == info &&
      av1hw::test::answered(*static_cast<const drm_amdgpu_info*>(argument))) {
    return 0;
  }
  static const auto next = reinterpret_cast<Ioctl>(dlsym(RTLD_NEXT, "ioctl"));
  return next(fd, request, argument);
}
