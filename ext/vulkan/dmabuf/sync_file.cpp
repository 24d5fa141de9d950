// SPDX-License-Identifier: LGPL-2.1-or-later
// The ioctls of linux/dma-buf.h and linux/sync_file.h.
#include "vulkan/dmabuf/sync_file.h"

#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace av1hw {
namespace {

template <typename Argument>
bool call(int fd, unsigned long request, Argument& argument) {
  int result = 0;
  do {
    result = ioctl(fd, request, &argument);
  } while (result < 0 && (errno == EINTR || errno == EAGAIN));
  return result == 0;
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

std::optional<Fd> export_sync_file(int dma_buf, bool for_write) {
  dma_buf_export_sync_file argument = {};
  argument.flags = for_write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ;
  argument.fd = -1;
  if (!call(dma_buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, argument)) return std::nullopt;
  return Fd(argument.fd);
}

bool import_sync_file(int dma_buf, int sync_file) {
  dma_buf_import_sync_file argument = {};
  argument.flags = DMA_BUF_SYNC_WRITE;
  argument.fd = sync_file;
  return call(dma_buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, argument);
}

Fd merge_sync_files(int first, int second) {
  sync_merge_data argument = {};
  argument.fd2 = second;
  argument.fence = -1;
  return call(first, SYNC_IOC_MERGE, argument) ? Fd(argument.fence) : Fd();
}

bool wait_for_descriptor(int fd, bool for_write, int milliseconds) {
  // Of a DMA-BUF: readable once its writers are done, writable once all are.
  pollfd waited = {fd, static_cast<short>(for_write ? POLLOUT : POLLIN), 0};
  int result = 0;
  do {
    result = poll(&waited, 1, milliseconds);
  } while (result < 0 && (errno == EINTR || errno == EAGAIN));
  return result > 0;
}

}  // namespace av1hw
