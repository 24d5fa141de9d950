// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps CUDA's streams and Vulkan's queue in order, for one element.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/result.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/cuda/cuda_driver.h"
#include "vulkan/cuda/shared_counter.h"
#include "vulkan/cuda/shared_timeline.h"

namespace av1hw {

// Each stream has a timeline that it signals: the values of one that several signalled would not
// grow in order. Vulkan's queue counts in memory, or has a timeline as well.
class CudaSync {
 public:
  // Both are referenced, and are the same GPU. Where the driver shares no timeline semaphores, the
  // CPU waits instead; why is in obstacle().
  static Result<std::unique_ptr<CudaSync>> make(GstVulkanDevice* device, GstCudaContext* context);
  // Waits until no stream needs the semaphores any more; Vulkan must not either.
  ~CudaSync();
  CudaSync(const CudaSync&) = delete;
  CudaSync& operator=(const CudaSync&) = delete;

  const std::string& obstacle() const { return obstacle_; }
  // For what has no stream of its own.
  GstCudaStream* own_stream() const { return own_stream_.get(); }

  // When all is done that `stream` has been given by now. Nothing: it is already. So it is for the
  // default stream (null), as libgstcuda's elements wait for what they do there. The context is
  // current, here, in next_mark() and in hold_back().
  Result<std::optional<SemaphorePoint>> after(GstCudaStream* stream);
  // What Vulkan is to write or to signal next, the faster first. Neither: the CPU must wait.
  std::optional<MemoryMark> next_mark();
  std::optional<SemaphorePoint> next_signal();
  // `stream` goes on once Vulkan has come so far. NotSupported: it can't wait for a mark, and there
  // will be no further one.
  Result<> hold_back(GstCudaStream* stream, const MemoryMark& mark);
  Result<> hold_back(GstCudaStream* stream, const SemaphorePoint& point);
  // Lets all go on that wait for Vulkan: once its device is lost nothing else does, and CUDA waits
  // for them wherever it frees memory.
  void let_go();

 private:
  struct Stream {
    CudaStreamRef stream;
    std::unique_ptr<SharedTimeline> timeline;
  };

  CudaSync(GstVulkanDevice* device, GstCudaContext* context);
  Result<bool> is_idle(GstCudaStream* stream) const;
  Result<SharedTimeline*> timeline_of(GstCudaStream* stream);
  Result<std::unique_ptr<SharedTimeline>> timeline_left_over();

  const GstHandle<GstVulkanDevice> device_;
  const CudaContextRef context_;
  CudaStreamRef own_stream_;
  std::map<GstCudaStream*, Stream> streams_;
  std::unique_ptr<SharedTimeline> vulkan_;
  std::unique_ptr<SharedCounter> counter_, retired_;
  bool counter_tried_ = false;  // made with the first mark: not all ask for any
  std::string obstacle_;
  const CudaStreamQuery query_ = cuda_stream_query();
};

inline CUstream stream_handle(GstCudaStream* stream) {
  return stream ? gst_cuda_stream_get_handle(stream) : nullptr;
}

}  // namespace av1hw
