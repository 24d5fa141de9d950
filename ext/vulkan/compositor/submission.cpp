// SPDX-License-Identifier: LGPL-2.1-or-later
// vkQueueSubmit2 and what waits for it.
#include "vulkan/compositor/submission.h"

#include <string>

#include "vulkan/lost_device.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// A device that takes longer for a frame is taken to be gone.
constexpr uint64_t patience_nanoseconds = 20'000'000'000;

}  // namespace

VkSemaphoreSubmitInfo submit_info(const SemaphorePoint& point, VkPipelineStageFlags2 stages) {
  VkSemaphoreSubmitInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO;
  info.semaphore = point.semaphore;
  info.value = point.value;
  info.stageMask = stages;
  return info;
}

Result<> submit(GstVulkanQueue* queue, VkCommandBuffer commands,
                std::span<const VkSemaphoreSubmitInfo> waits,
                std::span<const VkSemaphoreSubmitInfo> signals) {
  VkCommandBufferSubmitInfo buffer = {};
  buffer.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO;
  buffer.commandBuffer = commands;
  VkSubmitInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2;
  info.waitSemaphoreInfoCount = static_cast<uint32_t>(waits.size());
  info.pWaitSemaphoreInfos = waits.data();
  info.commandBufferInfoCount = 1;
  info.pCommandBufferInfos = &buffer;
  info.signalSemaphoreInfoCount = static_cast<uint32_t>(signals.size());
  info.pSignalSemaphoreInfos = signals.data();
  gst_vulkan_queue_submit_lock(queue);
  const VkResult result = vkQueueSubmit2(queue->queue, 1, &info, VK_NULL_HANDLE);
  gst_vulkan_queue_submit_unlock(queue);
  return vk_result(result, "vkQueueSubmit2");
}

void wait_idle(GstVulkanQueue* queue) {
  gst_vulkan_queue_submit_lock(queue);
  vkQueueWaitIdle(queue->queue);
  gst_vulkan_queue_submit_unlock(queue);
}

Result<> wait_for(GstVulkanDevice* device, const SemaphorePoint& point, const char* what) {
  VkSemaphoreWaitInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
  info.semaphoreCount = 1;
  info.pSemaphores = &point.semaphore;
  info.pValues = &point.value;
  const VkResult result = vkWaitSemaphores(device->device, &info, patience_nanoseconds);
  if (result == VK_SUCCESS) return {};
  if (result == VK_TIMEOUT) mark_hanging(device);
  return std::unexpected(vk_error(result, std::string("vkWaitSemaphores for ") + what));
}

}  // namespace av1hw
