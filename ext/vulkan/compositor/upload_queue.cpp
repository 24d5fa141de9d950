// SPDX-License-Identifier: LGPL-2.1-or-later
// A timeline counts the submissions.
#include "vulkan/compositor/upload_queue.h"

#include <utility>

#include "vulkan/compositor/frame_slot.h"
#include "vulkan/compositor/submission.h"
#include "vulkan/compositor/timeline.h"
#include "vulkan/vk_result.h"

namespace av1hw {

Result<std::unique_ptr<UploadQueue>> UploadQueue::make(GstVulkanQueue* queue, unsigned frames) {
  std::unique_ptr<UploadQueue> made(new UploadQueue);
  made->queue_.reset(GST_VULKAN_QUEUE(gst_object_ref(queue)));
  Result<SemaphoreHandle> timeline = make_timeline(queue->device->device);
  if (!timeline) return std::unexpected(timeline.error());
  made->timeline_ = std::move(*timeline);
  made->frames_.resize(frames);
  for (Frame& frame : made->frames_) {
    if (Result<> done = make_commands(queue, frame.pool, frame.commands); !done)
      return std::unexpected(done.error());
  }
  return made;
}

UploadQueue::~UploadQueue() {
  if (queue_ && !lost_) wait_idle(queue_.get());
}

Result<> UploadQueue::finish(size_t frame) {
  if (frames_[frame].value == 0) return {};
  return wait_for(queue_->device, {timeline_.get(), frames_[frame].value}, "an upload");
}

Result<VkCommandBuffer> UploadQueue::begin(size_t frame) {
  waits_.clear();
  if (Result<> begun = begin_commands(queue_->device->device, frames_[frame].pool.get(),
                                      frames_[frame].commands);
      !begun) {
    return std::unexpected(begun.error());
  }
  return frames_[frame].commands;
}

void UploadQueue::wait_before(const SemaphorePoint& point) {
  waits_.push_back(submit_info(point, VK_PIPELINE_STAGE_2_COPY_BIT));
}

Result<SemaphorePoint> UploadQueue::submit(size_t frame) {
  if (Result<> ended = vk_result(vkEndCommandBuffer(frames_[frame].commands), "vkEndCommandBuffer");
      !ended) {
    return std::unexpected(ended.error());
  }
  const SemaphorePoint done = {timeline_.get(), last_value_ + 1};
  const VkSemaphoreSubmitInfo signal = submit_info(done, VK_PIPELINE_STAGE_2_COPY_BIT);
  if (Result<> submitted = av1hw::submit(queue_.get(), frames_[frame].commands, waits_, {}, signal);
      !submitted) {
    return std::unexpected(submitted.error());
  }
  last_value_ = frames_[frame].value = done.value;
  return done;
}

}  // namespace av1hw
