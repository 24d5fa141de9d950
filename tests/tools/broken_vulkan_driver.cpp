// SPDX-License-Identifier: LGPL-2.1-or-later
// A Vulkan driver that crashes as soon as the loader asks it for its version; or, built with HANG,
// never answers.
#include <unistd.h>

#include <csignal>
#include <cstdint>

extern "C" __attribute__((visibility("default"))) int vk_icdNegotiateLoaderICDInterfaceVersion(
    uint32_t*) {
#ifdef HANG
  for (;;) pause();
#else
  raise(SIGSEGV);
  return -1;
#endif
}
