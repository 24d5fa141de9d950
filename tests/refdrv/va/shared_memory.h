// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory behind a file descriptor, as a DMA-BUF is: a memfd, mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "refdrv/resynth/result.h"

namespace refdrv::va {

class SharedMemory {
 public:
  static Result<SharedMemory> allocate(size_t size);
  // Of somebody's descriptor, which stays theirs.
  static Result<SharedMemory> import(int fd);

  SharedMemory(SharedMemory&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        size_(other.size_),
        data_(std::exchange(other.data_, nullptr)) {}
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  // A descriptor for somebody to keep, or -1.
  int duplicate() const;

 private:
  explicit SharedMemory(int fd) : fd_(fd) {}
  Result<> map(size_t size);

  int fd_ = -1;
  size_t size_ = 0;
  uint8_t* data_ = nullptr;
};

}  // namespace refdrv::va
