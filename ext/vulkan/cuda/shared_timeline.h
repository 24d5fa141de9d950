// SPDX-License-Identifier: LGPL-2.1-or-later
// A timeline semaphore of Vulkan that CUDA streams signal and wait for: no CPU waits.
#pragma once

#include <memory>

#include "base/result.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/cuda/cuda_driver.h"

namespace av1hw {

// Signalled by one side only, and there by one stream or queue: its values only grow.
class SharedTimeline {
 public:
  // NotSupported: the driver does not share timeline semaphores, or the device was opened without
  // VK_KHR_external_semaphore_fd. Both are referenced.
  static Result<std::unique_ptr<SharedTimeline>> make(GstVulkanDevice* device,
                                                      GstCudaContext* context);
  // Neither may be waiting for it any more.
  ~SharedTimeline();
  SharedTimeline(const SharedTimeline&) = delete;
  SharedTimeline& operator=(const SharedTimeline&) = delete;

  // What Vulkan is to signal next.
  SemaphorePoint next() { return {semaphore_, ++value_}; }
  // What it is once CUDA has done all that it has been given for `stream` by now. Here, and in
  // wait(), the context is current.
  Result<SemaphorePoint> signal(CUstream stream);
  // Holds back what is given for `stream` from now on.
  Result<> wait(CUstream stream, const SemaphorePoint& point);

 private:
  SharedTimeline(GstVulkanDevice* device, GstCudaContext* context);
  Result<> make_semaphore();
  Result<> import_into_cuda();

  const GstHandle<GstVulkanDevice> device_;
  const CudaContextRef context_;
  VkSemaphore semaphore_ = VK_NULL_HANDLE;
  CUexternalSemaphore imported_ = nullptr;
  uint64_t value_ = 0;
};

}  // namespace av1hw
