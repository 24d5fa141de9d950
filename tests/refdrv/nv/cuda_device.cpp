// SPDX-License-Identifier: LGPL-2.1-or-later
// libcuda: initialisation, errors and the device's properties.
#include <cstdio>
#include <cstring>

#include "refdrv/nv/cuda_errors.h"
#include "refdrv/nv/driver.h"

using namespace refdrv;
using namespace refdrv::nv;

namespace {

CUresult check_device(Driver& driver, const char* call, CUdevice device) {
  return device == 0 ? success
                     : driver.misuse(call, "there is one device, number 0", invalid_device);
}

// domain:bus:device.function
struct PciAddress {
  unsigned domain = 0;
  unsigned bus = 0;
  unsigned device = 0;
};

PciAddress pci_address(const DeviceProfile& profile) {
  PciAddress address;
  std::sscanf(profile.pci_address.c_str(), "%x:%x:%x", &address.domain, &address.bus,
              &address.device);
  return address;
}

int attribute(const DeviceProfile& profile, int which) {
  switch (which) {
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: return profile.compute_capability.major;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: return profile.compute_capability.minor;
  case CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT: return static_cast<int>(profile.texture_alignment);
  case CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT: return 32;
  case CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID: return static_cast<int>(pci_address(profile).domain);
  case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID: return static_cast<int>(pci_address(profile).bus);
  case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID: return static_cast<int>(pci_address(profile).device);
  case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
  case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
  case attribute_virtual_memory:
  case attribute_posix_fd_handles:
  case attribute_stream_waits: return 1;
  default: return 0;
  }
}

}  // namespace

REFDRV_API CUresult cuInit(unsigned flags) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Nothing, driver)) return error;
  if (flags != 0) return driver->misuse(__func__, "flags must be 0");
  driver->initialized = true;
  return success;
}

REFDRV_API CUresult cuDriverGetVersion(int* version) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Nothing, driver)) return error;
  if (!version) return invalid_value;
  *version = driver->machine().profile().cuda_version;
  return success;
}

REFDRV_API CUresult cuGetErrorName(CUresult code, const char** name) {
  const auto* error = find_error(code);
  if (!name) return invalid_value;
  *name = error ? error->name : nullptr;
  return error ? success : invalid_value;
}

REFDRV_API CUresult cuGetErrorString(CUresult code, const char** text) {
  const auto* error = find_error(code);
  if (!text) return invalid_value;
  *text = error ? error->description : nullptr;
  return error ? success : invalid_value;
}

REFDRV_API CUresult cuDeviceGetCount(int* count) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!count) return invalid_value;
  *count = 1;
  return success;
}

REFDRV_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!device) return invalid_value;
  if (ordinal != 0) return invalid_device;
  *device = 0;
  return success;
}

REFDRV_API CUresult cuDeviceGetName(char* name, int size, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_device(*driver, __func__, device)) return error;
  if (!name || size <= 0) return invalid_value;
  std::snprintf(name, static_cast<size_t>(size), "%s", driver->machine().profile().name.c_str());
  return success;
}

REFDRV_API CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_device(*driver, __func__, device)) return error;
  if (!uuid) return invalid_value;
  std::memcpy(uuid->bytes, driver->machine().profile().uuid.data(), sizeof uuid->bytes);
  return success;
}

REFDRV_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
  return cuDeviceGetUuid_v2(uuid, device);
}

REFDRV_API CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute which, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_device(*driver, __func__, device)) return error;
  if (!value) return invalid_value;
  *value = attribute(driver->machine().profile(), which);
  return success;
}

REFDRV_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_device(*driver, __func__, device)) return error;
  if (!major || !minor) return invalid_value;
  *major = driver->machine().profile().compute_capability.major;
  *minor = driver->machine().profile().compute_capability.minor;
  return success;
}

REFDRV_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_device(*driver, __func__, device)) return error;
  if (!bytes) return invalid_value;
  *bytes = driver->machine().profile().memory_bytes;
  return success;
}

REFDRV_API CUresult cuDeviceGetPCIBusId(char* id, int size, CUdevice device) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (const auto error = check_device(*driver, __func__, device)) return error;
  if (!id || size <= 0) return invalid_value;
  std::snprintf(id, static_cast<size_t>(size), "%s",
                driver->machine().profile().pci_address.c_str());
  return success;
}

REFDRV_API CUresult cuDeviceGetByPCIBusId(CUdevice* device, const char* id) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!device || !id) return invalid_value;
  if (driver->machine().profile().pci_address != id) return invalid_device;
  *device = 0;
  return success;
}

REFDRV_API CUresult cuDeviceCanAccessPeer(int* can, CUdevice, CUdevice) {
  Driver* driver = nullptr;
  if (const auto error = enter(__func__, Needs::Init, driver)) return error;
  if (!can) return invalid_value;
  *can = 0;
  return success;
}
