// SPDX-License-Identifier: LGPL-2.1-or-later
// Buffer barriers between the queue's family and everybody else's.
#include "vulkan/compositor/foreign_buffers.h"

#include <algorithm>

namespace av1hw {
namespace {

VkBufferMemoryBarrier2 barrier_of(VkBuffer buffer, uint32_t from, uint32_t to) {
  VkBufferMemoryBarrier2 barrier = {};
  barrier.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER_2;
  // Of the kernel's stage, as the waits for whoever had the buffer are.
  barrier.srcStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT;
  barrier.dstStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT;
  barrier.srcQueueFamilyIndex = from;
  barrier.dstQueueFamilyIndex = to;
  barrier.buffer = buffer;
  barrier.size = VK_WHOLE_SIZE;
  return barrier;
}

void record(VkCommandBuffer commands, const std::vector<VkBufferMemoryBarrier2>& barriers) {
  VkDependencyInfo dependency = {};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  dependency.bufferMemoryBarrierCount = static_cast<uint32_t>(barriers.size());
  dependency.pBufferMemoryBarriers = barriers.data();
  vkCmdPipelineBarrier2(commands, &dependency);
}

}  // namespace

QueueOwnership queue_ownership(GstVulkanQueue* queue) {
  QueueOwnership ownership;
  ownership.own = queue->family;
  if (gst_vulkan_device_is_extension_enabled(queue->device,
                                             VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME))
    ownership.foreign = VK_QUEUE_FAMILY_FOREIGN_EXT;
  return ownership;
}

void ForeignBuffers::add(std::span<const VkBuffer> buffers, bool written) {
  for (const VkBuffer buffer : buffers) {
    if (buffer == VK_NULL_HANDLE) continue;
    const auto known = std::ranges::find(buffers_, buffer, &Buffer::buffer);
    if (known == buffers_.end())
      buffers_.push_back({buffer, written});
    else
      known->written |= written;
  }
}

void ForeignBuffers::record_acquire(VkCommandBuffer commands, const QueueOwnership& ownership) {
  if (buffers_.empty()) return;
  barriers_.clear();
  for (const Buffer& each : buffers_) {
    barriers_.push_back(barrier_of(each.buffer, ownership.foreign, ownership.own));
    barriers_.back().dstAccessMask =
        each.written ? VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT : VK_ACCESS_2_SHADER_STORAGE_READ_BIT;
  }
  record(commands, barriers_);
}

void ForeignBuffers::record_release(VkCommandBuffer commands, const QueueOwnership& ownership) {
  if (buffers_.empty()) return;
  barriers_.clear();
  for (const Buffer& each : buffers_) {
    barriers_.push_back(barrier_of(each.buffer, ownership.own, ownership.foreign));
    // Others come after the frame's semaphore, not within the queue.
    barriers_.back().dstStageMask = VK_PIPELINE_STAGE_2_NONE;
    if (each.written) barriers_.back().srcAccessMask = VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT;
  }
  record(commands, barriers_);
}

}  // namespace av1hw
