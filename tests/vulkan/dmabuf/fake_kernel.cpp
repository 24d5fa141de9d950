// SPDX-License-Identifier: LGPL-2.1-or-later
// Preloaded beside Mesa's DRM shim, which exports nothing: buffers become memfds, which answer the
// ioctls of DMA-BUFs, and fences become eventfds. Counts what is asked.
#include "fake_kernel.h"

#include <dlfcn.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

// The shim's buffers tell no size; this is more than any of the tests'.
constexpr off_t size = 64 << 20;
// None of the shim's own, which counts from 1.
std::atomic<uint32_t> next_handle{1u << 20};

FakeKernel state;

int fence() { return eventfd(state.busy ? 0 : 1, EFD_CLOEXEC); }

using Ioctl = int (*)(int, unsigned long, void*);
Ioctl next_ioctl() {
  static const auto next = reinterpret_cast<Ioctl>(dlsym(RTLD_NEXT, "ioctl"));
  return next;
}

}  // namespace

EXPORTED FakeKernel* av1hw_fake_kernel() { return &state; }

EXPORTED int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  switch (request) {
  case DMA_BUF_IOCTL_EXPORT_SYNC_FILE: {
    auto* asked = static_cast<dma_buf_export_sync_file*>(argument);
    (asked->flags & DMA_BUF_SYNC_WRITE ? state.exports_for_write : state.exports_for_read)++;
    asked->fd = fence();
    return 0;
  }
  case DMA_BUF_IOCTL_IMPORT_SYNC_FILE: {
    const auto* given = static_cast<dma_buf_import_sync_file*>(argument);
    if (state.refuse_imports) {
      errno = ENOTTY;
      return -1;
    }
    if (given->flags == DMA_BUF_SYNC_WRITE) state.imports++;
    return 0;
  }
  case SYNC_IOC_MERGE: {
    auto* merged = static_cast<sync_merge_data*>(argument);
    state.merges++;
    merged->fence = dup(merged->fd2);
    return 0;
  }
  default: return next_ioctl()(fd, request, argument);
  }
}

// Of libdrm.
EXPORTED int drmPrimeHandleToFD(int, uint32_t, uint32_t, int* prime_fd) {
  const int fd = memfd_create("prime", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, size) != 0) return -errno;
  *prime_fd = fd;
  return 0;
}

EXPORTED int drmPrimeFDToHandle(int, int, uint32_t* handle) {
  *handle = next_handle++;
  return 0;
}

EXPORTED int drmSyncobjExportSyncFile(int, uint32_t, int* sync_file) {
  state.semaphores_exported++;
  *sync_file = fence();
  return 0;
}

EXPORTED int drmSyncobjImportSyncFile(int, uint32_t, int) {
  state.semaphores_imported++;
  return 0;
}
