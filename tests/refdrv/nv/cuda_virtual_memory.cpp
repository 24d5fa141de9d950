// SPDX-License-Identifier: LGPL-2.1-or-later
// libcuda: memory that is created, exported, imported and mapped in separate steps.
#include <format>
#include <map>

#include "refdrv/nv/driver.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

constexpr size_t granularity = 2 << 20;

// What cuMemCreate made and cuMemRelease has not yet dropped.
class Handles {
 public:
  MemHandle add(std::shared_ptr<Backing> backing) {
    const std::scoped_lock lock(mutex_);
    handles_.emplace(++last_, std::move(backing));
    return last_;
  }
  std::shared_ptr<Backing> find(MemHandle handle) const {
    const std::scoped_lock lock(mutex_);
    const auto found = handles_.find(handle);
    return found != handles_.end() ? found->second : nullptr;
  }
  bool remove(MemHandle handle) {
    const std::scoped_lock lock(mutex_);
    return handles_.erase(handle) > 0;
  }

 private:
  mutable std::mutex mutex_;
  std::map<MemHandle, std::shared_ptr<Backing>> handles_;
  MemHandle last_ = 0;
};

// Never destroyed, as the driver.
Handles& handles = *new Handles;

CUresult result(Driver& driver, const char* call, const Result<>& outcome) {
  return outcome ? success : driver.failure(call, outcome.error());
}

CUresult check_size(Driver& driver, const char* call, size_t size) {
  if (size != 0 && size % granularity == 0) return success;
  return driver.misuse(call,
                       std::format("{} is no multiple of the granularity, {}", size, granularity));
}

MemAllocationProp device_memory_prop() {
  MemAllocationProp prop = {};
  prop.type = 1;  // pinned
  prop.requested_handle_types = handle_posix_fd;
  prop.location = {location_device, 0};
  return prop;
}

}  // namespace

REFDRV_API CUresult cuMemGetAllocationGranularity(size_t* size, const MemAllocationProp* prop,
                                                  int) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!size || !prop) return invalid_value;
  *size = granularity;
  return success;
}

REFDRV_API CUresult cuMemCreate(MemHandle* handle, size_t size, const MemAllocationProp* prop,
                                unsigned long long flags) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!handle || !prop || flags != 0) return driver->misuse(__func__, "an argument is missing");
  if (prop->location.type != location_device || prop->location.id != 0) {
    return driver->misuse(__func__, "memory is on device 0 only", invalid_device);
  }
  if (const auto error = check_size(*driver, __func__, size)) return error;
  auto backing = Backing::create(size);
  if (!backing) return driver->failure(__func__, backing.error());
  *handle = handles.add(std::move(*backing));
  driver->machine().counters().add("bytes_allocated", size);
  return success;
}

REFDRV_API CUresult cuMemRelease(MemHandle handle) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  return handles.remove(handle) ? success : driver->misuse(__func__, "no such memory");
}

REFDRV_API CUresult cuMemAddressReserve(CUdeviceptr* address, size_t size, size_t, CUdeviceptr,
                                        unsigned long long) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!address) return invalid_value;
  if (const auto error = check_size(*driver, __func__, size)) return error;
  const auto reserved = driver->memory().reserve(size);
  if (!reserved) return driver->failure(__func__, reserved.error());
  *address = *reserved;
  return success;
}

REFDRV_API CUresult cuMemAddressFree(CUdeviceptr address, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  return result(*driver, __func__, driver->memory().unreserve(address, size));
}

REFDRV_API CUresult cuMemMap(CUdeviceptr address, size_t size, size_t offset, MemHandle handle,
                             unsigned long long) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  auto backing = handles.find(handle);
  if (!backing) return driver->misuse(__func__, "no such memory");
  return result(*driver, __func__, driver->memory().map(address, size, offset, backing));
}

REFDRV_API CUresult cuMemUnmap(CUdeviceptr address, size_t size) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  return result(*driver, __func__, driver->memory().unmap(address, size));
}

REFDRV_API CUresult cuMemSetAccess(CUdeviceptr address, size_t size, const MemAccessDesc* access,
                                   size_t count) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!access || count == 0) return driver->misuse(__func__, "no access is described");
  const auto bytes = driver->memory().bytes(address, size);
  return bytes ? success : driver->failure(__func__, bytes.error());
}

REFDRV_API CUresult cuMemGetAccess(unsigned long long* flags, const MemLocation* location,
                                   CUdeviceptr address) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!flags || !location) return invalid_value;
  *flags = driver->memory().contains(address) ? 3 : 0;
  return success;
}

REFDRV_API CUresult cuMemGetAllocationPropertiesFromHandle(MemAllocationProp* prop,
                                                           MemHandle handle) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!prop || !handles.find(handle)) return driver->misuse(__func__, "no such memory");
  *prop = device_memory_prop();
  return success;
}

REFDRV_API CUresult cuMemRetainAllocationHandle(MemHandle* handle, void* address) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  auto backing = driver->memory().backing_at(reinterpret_cast<CUdeviceptr>(address));
  if (!handle || !backing) return driver->misuse(__func__, "no memory is mapped there");
  *handle = handles.add(std::move(backing));
  return success;
}

REFDRV_API CUresult cuMemExportToShareableHandle(void* os_handle, MemHandle handle, int type,
                                                 unsigned long long) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  const auto backing = handles.find(handle);
  if (!os_handle || !backing) return driver->misuse(__func__, "no such memory");
  if (type != handle_posix_fd) return not_supported;
  const auto fd = backing->export_fd();
  if (!fd) return driver->failure(__func__, fd.error());
  *static_cast<int*>(os_handle) = *fd;
  return success;
}

REFDRV_API CUresult cuMemImportFromShareableHandle(MemHandle* handle, void* os_handle, int type) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!handle) return invalid_value;
  if (type != handle_posix_fd) return not_supported;
  const auto fd = static_cast<int>(reinterpret_cast<intptr_t>(os_handle));
  auto backing = Backing::import(fd);
  if (!backing) return driver->failure(__func__, backing.error());
  *handle = handles.add(std::move(*backing));
  return success;
}
