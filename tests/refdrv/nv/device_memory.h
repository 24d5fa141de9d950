// SPDX-License-Identifier: LGPL-2.1-or-later
// Device memory: the driver reaches it through a mapping of its own, clients cannot.
//
// Addresses given to clients lie in reserved ranges without access, so a client that takes a
// device pointer for its own memory faults where it does so.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>

#include "refdrv/nv/cuda_types.h"
#include "refdrv/resynth/result.h"

namespace refdrv::nv {

// Bytes in a memfd, mapped for the driver.
class Backing {
 public:
  static Result<std::shared_ptr<Backing>> create(size_t size);
  // Shares the memory of a file descriptor, which stays the caller's.
  static Result<std::shared_ptr<Backing>> import(int fd);
  Backing(int fd, std::span<uint8_t> bytes) : fd_(fd), bytes_(bytes) {}
  Backing(const Backing&) = delete;
  Backing& operator=(const Backing&) = delete;
  ~Backing();

  std::span<uint8_t> bytes() const { return bytes_; }
  Result<int> export_fd() const;

 private:
  int fd_;
  std::span<uint8_t> bytes_;
};

// The address space of the device. Thread-safe.
class REFDRV_SHARED DeviceMemory {
 public:
  explicit DeviceMemory(uint64_t capacity) : capacity_(capacity) {}
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  ~DeviceMemory();

  // Fails with Fault::System when the device has no more.
  // `stream_ordered`: as of cuMemAllocAsync, which NVENC does not take.
  Result<CUdeviceptr> allocate(size_t size, bool stream_ordered = false);
  Result<> free(CUdeviceptr address);
  // An address for a part of memory that is somebody else's, until free().
  Result<CUdeviceptr> import(std::shared_ptr<Backing> backing, size_t offset, size_t size);

  // What lies behind a range; an error where it is not whole inside one allocation.
  Result<std::span<uint8_t>> bytes(CUdeviceptr address, size_t size) const;
  bool contains(CUdeviceptr address) const;
  bool is_stream_ordered(CUdeviceptr address) const;

  // Virtual memory management.
  Result<CUdeviceptr> reserve(size_t size);
  Result<> unreserve(CUdeviceptr address, size_t size);
  Result<> map(CUdeviceptr address, size_t size, size_t offset, std::shared_ptr<Backing> backing);
  Result<> unmap(CUdeviceptr address, size_t size);
  std::shared_ptr<Backing> backing_at(CUdeviceptr address) const;

  uint64_t used() const;

 private:
  struct Range {
    size_t size = 0;
    size_t offset = 0;                 // into backing
    std::shared_ptr<Backing> backing;  // empty: reserved only
    bool allocated = false;            // by allocate(), in one piece
    bool stream_ordered = false;
  };
  using Ranges = std::map<CUdeviceptr, Range>;

  Ranges::const_iterator find(CUdeviceptr address) const;

  const uint64_t capacity_;
  mutable std::mutex mutex_;
  Ranges ranges_;
  std::map<CUdeviceptr, size_t> reservations_;
  uint64_t used_ = 0;
};

}  // namespace refdrv::nv
