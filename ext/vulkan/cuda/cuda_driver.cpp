// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks CUDA's driver, which libgstcuda opens, for what that does not know.
#include "vulkan/cuda/cuda_driver.h"

#include <gmodule.h>

#include <array>
#include <format>
#include <string>

#include "vulkan/vk_uuid.h"

namespace av1hw {
namespace {

using Uuid = std::array<uint8_t, VK_UUID_SIZE>;
using GetUuid = CUresult(CUDAAPI*)(Uuid*, CUdevice);

// libgstcuda has the library open, so it stays where it is. Null: the driver lacks it.
template <typename Function>
Function find_function(const char* name) {
  GModule* library = g_module_open("libcuda.so.1", G_MODULE_BIND_LAZY);
  gpointer function = nullptr;
  if (!library || !g_module_symbol(library, name, &function)) return nullptr;
  return reinterpret_cast<Function>(function);
}

// Values of CUresult (CUDA driver API reference, "Data types").
ErrorCode code_of(CUresult status) {
  switch (static_cast<int>(status)) {
  case 2: return ErrorCode::Busy;  // out of memory
  case 100:                        // no device
  case 101: return ErrorCode::Unavailable;
  case 801: return ErrorCode::NotSupported;
  case 3:    // not initialised
  case 4:    // shutting down
  case 201:  // no such context
  case 214:  // uncorrectable memory error
  case 700:  // illegal address
  case 702:  // timeout
  case 709:  // context destroyed
  case 719:  // a kernel failed
  case 999: return ErrorCode::DeviceLost;
  default: return ErrorCode::Failed;
  }
}

}  // namespace

Error cuda_error(const char* call, CUresult status) {
  const char* name = nullptr;
  if (CuGetErrorName(status, &name) != CUDA_SUCCESS || !name) name = "an unknown error";
  return {code_of(status), std::format("{} answered {} ({})", call, name, int{status})};
}

CudaStreamQuery cuda_stream_query() { return find_function<CudaStreamQuery>("cuStreamQuery"); }

CudaStreamWait cuda_stream_wait(GstCudaContext* context) {
  // CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS, which is of the second version's functions.
  constexpr auto can_wait = static_cast<CUdevice_attribute>(122);
  guint ordinal = 0;
  g_object_get(context, "cuda-device-id", &ordinal, nullptr);
  CUdevice device = 0;
  int can = 0;
  if (CuDeviceGet(&device, static_cast<int>(ordinal)) != CUDA_SUCCESS ||
      CuDeviceGetAttribute(&can, can_wait, device) != CUDA_SUCCESS || !can)
    return nullptr;
  return find_function<CudaStreamWait>("cuStreamWaitValue64_v2");
}

Result<int> cuda_ordinal_of(GstVulkanPhysicalDevice* device) {
  if (!gst_cuda_load_library())
    return fail(ErrorCode::Unavailable, "libcuda.so.1 can't be used: install NVIDIA's driver");
  if (Result<> ready = cuda_result(CuInit(0), "cuInit"); !ready)
    return std::unexpected(ready.error());
  const GetUuid get_uuid = find_function<GetUuid>("cuDeviceGetUuid");
  if (!get_uuid) return fail(ErrorCode::Unavailable, "libcuda.so.1 lacks cuDeviceGetUuid");
  const Uuid wanted = device_uuid_bytes(device->device);
  int count = 0;
  if (Result<> counted = cuda_result(CuDeviceGetCount(&count), "cuDeviceGetCount"); !counted)
    return std::unexpected(counted.error());
  for (int ordinal = 0; ordinal < count; ordinal++) {
    CUdevice cuda = 0;
    Uuid uuid = {};
    if (CuDeviceGet(&cuda, ordinal) == CUDA_SUCCESS && get_uuid(&uuid, cuda) == CUDA_SUCCESS &&
        uuid == wanted)
      return ordinal;
  }
  return fail(ErrorCode::Unavailable, std::format("none of CUDA's {} devices is the GPU of {}",
                                                  count, device->properties.deviceName));
}

}  // namespace av1hw
