// SPDX-License-Identifier: LGPL-2.1-or-later
// The fences that the kernel keeps with a DMA-BUF, as file descriptors.
#pragma once

#include <optional>
#include <utility>

namespace av1hw {

// A descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// What must have happened before a DMA-BUF may be read (who writes it is done), or written (who
// reads it is done as well). Nothing: the kernel does not tell; the descriptor may be no DMA-BUF,
// or the kernel older than 6.0.
std::optional<Fd> export_sync_file(int dma_buf, bool for_write);
// That what will have happened then is a write. False: the kernel does not take it.
bool import_sync_file(int dma_buf, int sync_file);
// Both of them. Without a descriptor: they can't be merged.
Fd merge_sync_files(int first, int second);

// Has it happened? At most so long, in milliseconds, is waited. Sync files, and DMA-BUFs
// themselves.
bool wait_for_descriptor(int fd, bool for_write, int milliseconds);

}  // namespace av1hw
