// SPDX-License-Identifier: LGPL-2.1-or-later
// Preloaded beside Mesa's DRM shim, which exports no buffers: a memfd is what each becomes.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace {

// The shim's buffers tell no size; this is more than any of the tests'.
constexpr off_t size = 64 << 20;
// None of the shim's own, which counts from 1.
std::atomic<uint32_t> next_handle{1u << 20};

}  // namespace

// Of libdrm.
extern "C" __attribute__((visibility("default"))) int drmPrimeHandleToFD(int, uint32_t, uint32_t,
                                                                         int* prime_fd) {
  const int fd = memfd_create("prime", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, size) != 0) return -errno;
  *prime_fd = fd;
  return 0;
}

extern "C" __attribute__((visibility("default"))) int drmPrimeFDToHandle(int, int,
                                                                         uint32_t* handle) {
  *handle = next_handle++;
  return 0;
}
