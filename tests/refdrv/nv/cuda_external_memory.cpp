// SPDX-License-Identifier: LGPL-2.1-or-later
// libcuda: memory that another driver on the device allocated, here Mesa's Vulkan driver that runs
// on the CPU.
//
// What an opaque file descriptor is is the drivers' business: Mesa's (util/os_memory_fd.c) is a
// memfd that begins with its size and where in it the memory begins.
#include <unistd.h>

#include <cstring>
#include <format>
#include <map>

#include "refdrv/nv/driver.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

struct MesaHeader {
  size_t size;
  size_t offset;
};

struct Imported {
  std::shared_ptr<Backing> backing;
  size_t offset = 0, size = 0;
};

// By handle; what is mapped of them outlives them.
class ImportedMemory {
 public:
  CUexternalMemory add(Imported imported) {
    const std::scoped_lock lock(mutex_);
    const auto handle = reinterpret_cast<CUexternalMemory>(next_ += 16);
    imported_.emplace(handle, std::move(imported));
    return handle;
  }
  bool remove(CUexternalMemory handle) {
    const std::scoped_lock lock(mutex_);
    return imported_.erase(handle) > 0;
  }
  Imported find(CUexternalMemory handle) const {
    const std::scoped_lock lock(mutex_);
    const auto found = imported_.find(handle);
    return found != imported_.end() ? found->second : Imported();
  }

 private:
  mutable std::mutex mutex_;
  std::map<CUexternalMemory, Imported> imported_;
  uintptr_t next_ = 0x1000;
};

// Never destroyed, as the driver.
ImportedMemory& imported_memory = *new ImportedMemory;

}  // namespace

// The descriptor is the driver's from here on.
REFDRV_API CUresult cuImportExternalMemory(CUexternalMemory* handle,
                                           const CUDA_EXTERNAL_MEMORY_HANDLE_DESC* desc) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  if (!handle || !desc) return driver->misuse(__func__, "an argument is missing");
  if (desc->type != CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD) return not_supported;
  auto backing = Backing::import(desc->handle.fd);
  if (!backing) return driver->failure(__func__, backing.error());
  const size_t whole = (*backing)->bytes().size();
  MesaHeader header = {};
  if (whole < sizeof header) return driver->misuse(__func__, "the memory is not Mesa's");
  std::memcpy(&header, (*backing)->bytes().data(), sizeof header);
  if (header.size != whole || header.offset > whole || desc->size > whole - header.offset)
    return driver->misuse(__func__, "the memory is not Mesa's, or smaller than it is said to be");
  *handle = imported_memory.add({std::move(*backing), header.offset, desc->size});
  close(desc->handle.fd);
  return success;
}

REFDRV_API CUresult cuExternalMemoryGetMappedBuffer(CUdeviceptr* address, CUexternalMemory handle,
                                                    const CUDA_EXTERNAL_MEMORY_BUFFER_DESC* desc) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  const Imported imported = imported_memory.find(handle);
  if (!address || !desc || !imported.backing) return driver->misuse(__func__, "no such memory");
  if (desc->offset > imported.size || desc->size > imported.size - desc->offset) {
    return driver->misuse(__func__, std::format("{} bytes from {} exceed the memory's {}",
                                                desc->size, desc->offset, imported.size));
  }
  const auto mapped =
      driver->memory().import(imported.backing, imported.offset + desc->offset, desc->size);
  if (!mapped) return driver->failure(__func__, mapped.error());
  *address = *mapped;
  return success;
}

REFDRV_API CUresult cuDestroyExternalMemory(CUexternalMemory handle) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Context, driver)) return error;
  return imported_memory.remove(handle) ? success : driver->misuse(__func__, "no such memory");
}
