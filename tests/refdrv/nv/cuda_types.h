// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA's types: those of nv-codec-headers, and the few that it leaves out.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>

#include <cstddef>
#include <cstdint>

// What clients see, and what libnvcuvid.so.1 uses of libcuda.so.1.
#define REFDRV_SHARED __attribute__((visibility("default")))
#define REFDRV_API extern "C" REFDRV_SHARED

namespace refdrv::nv {

// cudaError_enum, of which the headers have four values.
constexpr auto success = CUDA_SUCCESS;
constexpr auto invalid_value = static_cast<CUresult>(1);
constexpr auto out_of_memory = static_cast<CUresult>(2);
constexpr auto not_initialized = static_cast<CUresult>(3);
constexpr auto no_device = static_cast<CUresult>(100);
constexpr auto invalid_device = static_cast<CUresult>(101);
constexpr auto invalid_context = static_cast<CUresult>(201);
constexpr auto invalid_handle = static_cast<CUresult>(400);
constexpr auto illegal_address = static_cast<CUresult>(700);
constexpr auto not_permitted = static_cast<CUresult>(800);
constexpr auto not_supported = static_cast<CUresult>(801);
constexpr auto device_lost = static_cast<CUresult>(46);  // CUDA_ERROR_DEVICE_UNAVAILABLE
constexpr auto unknown_error = CUDA_ERROR_UNKNOWN;

// Device attributes that the headers leave out.
constexpr int attribute_virtual_memory = 102;    // VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED
constexpr int attribute_posix_fd_handles = 103;  // HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED
constexpr int attribute_stream_waits = 122;      // CAN_USE_64_BIT_STREAM_MEM_OPS

constexpr auto memory_type_unified = static_cast<CUmemorytype>(4);

// Virtual memory management.
using MemHandle = unsigned long long;  // CUmemGenericAllocationHandle
constexpr int location_device = 1;
constexpr int handle_posix_fd = 1;

struct MemLocation {
  int type;
  int id;
};

struct MemAllocationProp {
  int type;
  int requested_handle_types;
  MemLocation location;
  void* win32_handle_meta_data;
  struct {
    unsigned char compression_type;
    unsigned char gpu_direct_rdma_capable;
    unsigned short usage;
    unsigned char reserved[4];
  } flags;
};

struct MemAccessDesc {
  MemLocation location;
  int flags;  // 1: read, 3: read and write
};

}  // namespace refdrv::nv
