// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA beside Vulkan: which of its devices is the same GPU, contexts made current, and errors.
#pragma once

#include <gst/cuda/cuda-gst.h>
#include <gst/cuda/gstcuda.h>

#include <memory>

#include "base/result.h"
#include "memory/handles.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

using CudaContextRef = GstHandle<GstCudaContext>;

struct CudaStreamUnref {
  void operator()(GstCudaStream* stream) const { gst_cuda_stream_unref(stream); }
};
using CudaStreamRef = std::unique_ptr<GstCudaStream, CudaStreamUnref>;

inline CudaContextRef cuda_ref(GstCudaContext* context) {
  return CudaContextRef(static_cast<GstCudaContext*>(gst_object_ref(context)));
}

// Null stays null: CUDA's default stream.
inline CudaStreamRef cuda_ref(GstCudaStream* stream) {
  return CudaStreamRef(stream ? gst_cuda_stream_ref(stream) : nullptr);
}

// `call`: what was called, "cuImportExternalMemory". `status` is no success.
Error cuda_error(const char* call, CUresult status);

inline Result<> cuda_result(CUresult status, const char* call) {
  if (status == CUDA_SUCCESS) return {};
  return std::unexpected(cuda_error(call, status));
}

// The context is the thread's current one while this lives.
class PushedCuda {
 public:
  explicit PushedCuda(GstCudaContext* context) : pushed_(gst_cuda_context_push(context)) {}
  PushedCuda(const PushedCuda&) = delete;
  PushedCuda& operator=(const PushedCuda&) = delete;
  ~PushedCuda() {
    if (pushed_) gst_cuda_context_pop(nullptr);
  }
  Result<> check() const {
    if (pushed_) return {};
    return fail(ErrorCode::DeviceLost, "the CUDA context can't be made current");
  }

 private:
  const bool pushed_;
};

// cuStreamQuery, which libgstcuda does not have. The context is current.
using CudaStreamQuery = CUresult(CUDAAPI*)(CUstream);
CudaStreamQuery cuda_stream_query();  // null: the driver lacks it

// cuStreamWaitValue64, likewise. Null: the driver lacks it, or the context's device.
using CudaStreamWait = CUresult(CUDAAPI*)(CUstream, CUdeviceptr, uint64_t, unsigned);
CudaStreamWait cuda_stream_wait(GstCudaContext* context);

// By which number CUDA knows the GPU of a Vulkan device: their UUIDs are the same. Unavailable:
// CUDA does not run here, or not on that GPU.
Result<int> cuda_ordinal_of(GstVulkanPhysicalDevice* device);

// A function of an extension, or null where the device was opened without it.
template <typename Function>
Function device_function(GstVulkanDevice* device, const char* extension, const char* name) {
  if (!gst_vulkan_device_is_extension_enabled(device, extension)) return nullptr;
  return reinterpret_cast<Function>(gst_vulkan_device_get_proc_address(device, name));
}

}  // namespace av1hw
