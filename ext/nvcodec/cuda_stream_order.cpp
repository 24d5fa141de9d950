// SPDX-License-Identifier: LGPL-2.1-or-later
// An event, recorded on the stream that writes, for which the one that reads waits.
#include "nvcodec/cuda_stream_order.h"

#include <utility>

namespace av1hw {

CudaStreamOrder::~CudaStreamOrder() {
  if (!event_) return;
  const CurrentCudaContext current(device_.context(), *device_.calls());
  if (current) CuEventDestroy(event_);
}

// Once: what is missing then will not come.
bool CudaStreamOrder::is_ready() {
  if (event_ || failed_) return !failed_;
  failed_ = true;
  Result<DynamicLibrary> library = DynamicLibrary::open("libcuda.so.1");
  if (!library || !library->find("cuStreamWaitEvent", stream_wait_event_)) return false;
  library_ = std::move(*library);
  const DriverCall call(*device_.calls(), "cuEventCreate");
  failed_ = CuEventCreate(&event_, CU_EVENT_DISABLE_TIMING) != CUDA_SUCCESS;
  if (failed_) event_ = nullptr;
  return !failed_;
}

// A wait holds for what was recorded when it was asked for: the event can be used again at once.
bool CudaStreamOrder::wait_on_device(CUstream writer) {
  const CurrentCudaContext current(device_.context(), *device_.calls());
  if (!current || !is_ready()) return false;
  const DriverCall call(*device_.calls(), "cuEventRecord or cuStreamWaitEvent");
  return CuEventRecord(event_, writer) == CUDA_SUCCESS &&
         stream_wait_event_(device_.stream_handle(), event_, CU_EVENT_WAIT_DEFAULT) == CUDA_SUCCESS;
}

// Memory without a stream is written on CUDA's default one, which all of libgstcuda's wait for.
void CudaStreamOrder::follow(GstCudaMemory* memory) {
  if (!GST_MEMORY_FLAG_IS_SET(memory, GST_CUDA_MEMORY_TRANSFER_NEED_SYNC)) return;
  GstCudaStream* const writer = gst_cuda_memory_get_stream(memory);
  if (!writer || writer == device_.stream()) return;
  if (wait_on_device(gst_cuda_stream_get_handle(writer))) return;
  const DriverCall call(*device_.calls(), "cuStreamSynchronize");
  gst_cuda_memory_sync(memory);
}

}  // namespace av1hw
