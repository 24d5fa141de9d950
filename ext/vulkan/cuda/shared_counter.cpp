// SPDX-License-Identifier: LGPL-2.1-or-later
// cuStreamWaitValue64 on a VkBuffer of one number.
#include "vulkan/cuda/shared_counter.h"

#include <utility>

namespace av1hw {
namespace {

// CU_STREAM_WAIT_VALUE_GEQ
constexpr unsigned at_least = 0;

}  // namespace

SharedCounter::SharedCounter(std::unique_ptr<SharedBuffer> memory, CudaStreamWait function)
    : memory_(std::move(memory)), wait_function_(function) {}

Result<std::unique_ptr<SharedCounter>> SharedCounter::make(GstVulkanDevice* device,
                                                           GstCudaContext* context,
                                                           CUstream stream) {
  const CudaStreamWait function = cuda_stream_wait(context);
  if (!function) return fail(ErrorCode::NotSupported, "CUDA's driver has no cuStreamWaitValue64");
  Result<std::unique_ptr<SharedBuffer>> memory =
      SharedBuffer::make(device, context, sizeof(uint64_t));
  if (!memory) return std::unexpected(memory.error());
  std::unique_ptr<SharedCounter> made(new SharedCounter(std::move(*memory), function));
  if (Result<> done = made->write(0, stream); !done) return std::unexpected(done.error());
  return made;
}

Result<> SharedCounter::write(uint64_t value, CUstream stream) {
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = &value;
  copy.srcPitch = sizeof value;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = memory_->cuda_address();
  copy.dstPitch = sizeof value;
  copy.WidthInBytes = sizeof value;
  copy.Height = 1;
  if (Result<> copied = cuda_result(CuMemcpy2DAsync(&copy, stream), "cuMemcpy2DAsync"); !copied)
    return copied;
  return cuda_result(CuStreamSynchronize(stream), "cuStreamSynchronize");
}

Result<> SharedCounter::wait(CUstream stream, const MemoryMark& mark) {
  return cuda_result(
      wait_function_(stream, memory_->cuda_address() + mark.offset, mark.value, at_least),
      "cuStreamWaitValue64");
}

void SharedCounter::release(CUstream stream) { (void)write(value_, stream); }

}  // namespace av1hw
