// SPDX-License-Identifier: LGPL-2.1-or-later
// vkQueueSubmit2 and what waits for it.
#include "vulkan/compositor/submission.h"

#include <array>
#include <string>

#include "vulkan/lost_device.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// A device that takes longer for a frame is taken to be gone.
constexpr uint64_t patience_nanoseconds = 20'000'000'000;
// The CPU shares its time with others, and compiles kernels while a frame waits.
constexpr uint64_t cpu_patience_nanoseconds = 120'000'000'000;

bool is_cpu(const GstVulkanDevice* device) {
  return device->physical_device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

uint64_t patience(const GstVulkanDevice* device) {
  return is_cpu(device) ? cpu_patience_nanoseconds : patience_nanoseconds;
}

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
                std::span<const VkSemaphoreSubmitInfo> signals, const VkSemaphoreSubmitInfo& done,
                const VkSemaphoreSubmitInfo* between) {
  VkCommandBufferSubmitInfo buffer = {};
  buffer.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO;
  buffer.commandBuffer = commands;
  std::array<VkSubmitInfo2, 2> batches = {};
  for (VkSubmitInfo2& batch : batches) batch.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2;
  batches[0].waitSemaphoreInfoCount = static_cast<uint32_t>(waits.size());
  batches[0].pWaitSemaphoreInfos = waits.data();
  batches[0].commandBufferInfoCount = 1;
  batches[0].pCommandBufferInfos = &buffer;
  const uint32_t count = signals.empty() ? 1 : 2;
  VkSubmitInfo2& last = batches[count - 1];
  if (!signals.empty()) {
    batches[0].signalSemaphoreInfoCount = static_cast<uint32_t>(signals.size());
    batches[0].pSignalSemaphoreInfos = signals.data();
    last.waitSemaphoreInfoCount = between ? 1 : 0;
    last.pWaitSemaphoreInfos = between;
  }
  last.signalSemaphoreInfoCount = 1;
  last.pSignalSemaphoreInfos = &done;
  gst_vulkan_queue_submit_lock(queue);
  const VkResult result = vkQueueSubmit2(queue->queue, count, batches.data(), VK_NULL_HANDLE);
  gst_vulkan_queue_submit_unlock(queue);
  return vk_result(result, "vkQueueSubmit2");
}

Result<> signal_after_all(GstVulkanQueue* queue, const SemaphorePoint& point) {
  const VkSemaphoreSubmitInfo signal = submit_info(point, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT);
  VkSubmitInfo2 batch = {};
  batch.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2;
  batch.signalSemaphoreInfoCount = 1;
  batch.pSignalSemaphoreInfos = &signal;
  gst_vulkan_queue_submit_lock(queue);
  const VkResult result = vkQueueSubmit2(queue->queue, 1, &batch, VK_NULL_HANDLE);
  gst_vulkan_queue_submit_unlock(queue);
  return vk_result(result, "vkQueueSubmit2");
}

bool looks_at_semaphores_afterwards(const GstVulkanDevice* device) { return is_cpu(device); }

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
  const VkResult result = vkWaitSemaphores(device->device, &info, patience(device));
  if (result == VK_SUCCESS) return {};
  if (result == VK_TIMEOUT) mark_hanging(device);
  return std::unexpected(vk_error(result, std::string("vkWaitSemaphores for ") + what));
}

}  // namespace av1hw
