// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies on a queue of their own, which run while another queue computes.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <memory>
#include <vector>

#include "base/result.h"
#include "memory/handles.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/compositor/vk_handle.h"

namespace av1hw {

// One command buffer for each frame in flight. To be called by one thread at a time.
class UploadQueue {
 public:
  // `queue` is referenced.
  static Result<std::unique_ptr<UploadQueue>> make(GstVulkanQueue* queue, unsigned frames);
  // Waits until the queue has nothing to do.
  ~UploadQueue();
  UploadQueue(const UploadQueue&) = delete;
  UploadQueue& operator=(const UploadQueue&) = delete;

  // Until what was last submitted with commands `frame` is done.
  Result<> finish(size_t frame);
  // These commands, begun. What they were must be done.
  Result<VkCommandBuffer> begin(size_t frame);
  // For the next submit().
  void wait_before(const SemaphorePoint& point);
  // Ends and submits them. Returns what a frame that reads the copies has to wait for.
  Result<SemaphorePoint> submit(size_t frame);
  // The device is gone: nothing is waited for any more.
  void abandon() { lost_ = true; }

 private:
  struct Frame {
    CommandPoolHandle pool;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    uint64_t value = 0;  // of the timeline once its copies are done
  };
  UploadQueue() = default;

  GstHandle<GstVulkanQueue> queue_;
  SemaphoreHandle timeline_;
  uint64_t last_value_ = 0;
  bool lost_ = false;
  std::vector<Frame> frames_;
  std::vector<VkSemaphoreSubmitInfo> waits_;
};

}  // namespace av1hw
