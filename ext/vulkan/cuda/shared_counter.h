// SPDX-License-Identifier: LGPL-2.1-or-later
// A number in memory that Vulkan's queue counts up, and CUDA's streams wait for.
#pragma once

#include <memory>

#include "base/result.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/cuda/cuda_driver.h"
#include "vulkan/cuda/shared_buffer.h"

namespace av1hw {

// Does for a queue and many streams what a SharedTimeline does, in a fiftieth of the time: of a
// semaphore that Vulkan signals, NVIDIA's driver 580 takes some 100 us to have a stream of CUDA
// know.
class SharedCounter {
 public:
  // NotSupported: the driver has no cuStreamWaitValue64. Both are referenced. The context is
  // current, here and below. `stream` is waited for.
  static Result<std::unique_ptr<SharedCounter>> make(GstVulkanDevice* device,
                                                     GstCudaContext* context, CUstream stream);

  // What Vulkan is to write next. Of one queue, as its values come in order.
  MemoryMark next() { return {memory_->buffer(), 0, ++value_}; }
  // Holds back what is given for `stream` from now on, until Vulkan has come to `mark`.
  Result<> wait(CUstream stream, const MemoryMark& mark);
  // Lets all streams go on: where Vulkan's device is lost nothing else does.
  void release(CUstream stream);

 private:
  SharedCounter(std::unique_ptr<SharedBuffer> memory, CudaStreamWait function);
  Result<> write(uint64_t value, CUstream stream);

  const std::unique_ptr<SharedBuffer> memory_;
  const CudaStreamWait wait_function_;
  uint64_t value_ = 0;
};

}  // namespace av1hw
