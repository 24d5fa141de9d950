// SPDX-License-Identifier: LGPL-2.1-or-later
// libcuda: allocation of device and page-locked host memory.
#include <sys/mman.h>

#include <map>

#include "refdrv/nv/driver.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

size_t round_up(size_t value, size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

CUresult allocate(Driver& driver, const char* call, CUdeviceptr* address, size_t size,
                  bool stream_ordered = false) {
  if (!address || size == 0) return driver.misuse(call, "no size, or nowhere to put the address");
  const auto allocated = driver.memory().allocate(size, stream_ordered);
  if (!allocated) return driver.failure(call, allocated.error());
  *address = *allocated;
  driver.machine().counters().add("bytes_allocated", size);
  driver.machine().counters().raise("most_bytes_in_use", driver.memory().used());
  return success;
}

// After what the stream was given, or every stream, where no stream is named.
CUresult release(Driver& driver, const char* call, CUdeviceptr address, CUstream stream = nullptr) {
  if (address == 0) return success;
  driver.catch_up(stream);
  const auto freed = driver.memory().free(address);
  return freed ? success : driver.failure(call, freed.error());
}

// Page-locked host memory, by address.
class HostMemory {
 public:
  void* allocate(size_t size) {
    void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) return nullptr;
    const std::scoped_lock lock(mutex_);
    sizes_.emplace(address, size);
    return address;
  }
  bool free(void* address) {
    const std::scoped_lock lock(mutex_);
    const auto found = sizes_.find(address);
    if (found == sizes_.end()) return false;
    munmap(address, found->second);
    sizes_.erase(found);
    return true;
  }

 private:
  std::mutex mutex_;
  std::map<void*, size_t> sizes_;
};

// Never destroyed, as the driver.
HostMemory& host_memory = *new HostMemory;

}  // namespace

REFDRV_API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  return allocate(*driver, __func__, address, size);
}

REFDRV_API CUresult cuMemAllocPitch_v2(CUdeviceptr* address, size_t* pitch, size_t width,
                                       size_t height, unsigned element_size) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!pitch || width == 0 || height == 0) return driver->misuse(__func__, "an empty picture");
  if (element_size != 4 && element_size != 8 && element_size != 16) {
    return driver->misuse(__func__, "the element size must be 4, 8 or 16");
  }
  *pitch = round_up(width, driver->machine().profile().pitch_alignment);
  return allocate(*driver, __func__, address, *pitch * height);
}

REFDRV_API CUresult cuMemAllocAsync(CUdeviceptr* address, size_t size, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!is_stream(*driver, stream)) {
    return driver->misuse(__func__, "no such stream", invalid_handle);
  }
  return allocate(*driver, __func__, address, size, true);
}

REFDRV_API CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!is_stream(*driver, stream)) {
    return driver->misuse(__func__, "no such stream", invalid_handle);
  }
  return release(*driver, __func__, address, stream);
}

REFDRV_API CUresult cuMemFree_v2(CUdeviceptr address) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  return release(*driver, __func__, address);
}

REFDRV_API CUresult cuMemGetInfo_v2(size_t* free_bytes, size_t* total_bytes) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!free_bytes || !total_bytes) return invalid_value;
  *total_bytes = driver->machine().profile().memory_bytes;
  *free_bytes = *total_bytes - driver->memory().used();
  return success;
}

REFDRV_API CUresult cuMemAllocHost_v2(void** address, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!address || size == 0) return driver->misuse(__func__, "no size, or nowhere to put it");
  *address = host_memory.allocate(size);
  return *address ? success : out_of_memory;
}

REFDRV_API CUresult cuMemHostAlloc(void** address, size_t size, unsigned) {
  return cuMemAllocHost_v2(address, size);
}

REFDRV_API CUresult cuMemFreeHost(void* address) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  return host_memory.free(address) ? success
                                   : driver->misuse(__func__, "not allocated by cuMemAllocHost");
}
