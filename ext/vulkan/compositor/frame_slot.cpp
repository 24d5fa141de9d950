// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes the slots; nothing is made per frame once they are as large as frames need.
#include "vulkan/compositor/frame_slot.h"

#include <array>

#include "vulkan/vk_result.h"

namespace av1hw {

void FrameSlot::release() {
  images.clear();
  foreign.clear();
  for (GstBuffer* buffer : kept) gst_buffer_unref(buffer);
  kept.clear();
}

void FrameSlot::keep(GstBuffer* buffer) {
  if (buffer) kept.push_back(gst_buffer_ref(buffer));
}

Result<std::unique_ptr<FrameRing>> FrameRing::make(GstVulkanQueue* queue, unsigned frames,
                                                   VkDescriptorSetLayout layout,
                                                   uint32_t source_images, bool timestamps) {
  std::unique_ptr<FrameRing> ring(new FrameRing);
  ring->device_ = queue->device->device;
  ring->slots_.resize(frames);
  for (FrameSlot& slot : ring->slots_) {
    if (Result<> made = make_commands(queue, slot.pool, slot.commands); !made)
      return std::unexpected(made.error());
  }
  if (layout != VK_NULL_HANDLE) {
    if (Result<> made = ring->make_descriptors(layout, source_images); !made)
      return std::unexpected(made.error());
  }
  if (!timestamps) return ring;
  if (Result<> made = ring->make_queries(queue); !made) return std::unexpected(made.error());
  return ring;
}

Result<> make_commands(GstVulkanQueue* queue, CommandPoolHandle& pool, VkCommandBuffer& commands) {
  const VkDevice device = queue->device->device;
  VkCommandPoolCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  info.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
  info.queueFamilyIndex = queue->family;
  VkCommandBufferAllocateInfo allocate = {};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  if (Result<> made = vk_result(vkCreateCommandPool(device, &info, nullptr, &allocate.commandPool),
                                "vkCreateCommandPool");
      !made) {
    return made;
  }
  pool = CommandPoolHandle(device, allocate.commandPool);
  return vk_result(vkAllocateCommandBuffers(device, &allocate, &commands),
                   "vkAllocateCommandBuffers");
}

Result<> begin_commands(VkDevice device, VkCommandPool pool, VkCommandBuffer commands) {
  if (Result<> reset = vk_result(vkResetCommandPool(device, pool, 0), "vkResetCommandPool"); !reset)
    return reset;
  VkCommandBufferBeginInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  return vk_result(vkBeginCommandBuffer(commands, &info), "vkBeginCommandBuffer");
}

Result<> FrameRing::begin(const FrameSlot& slot) {
  if (Result<> begun = begin_commands(device_, slot.pool.get(), slot.commands); !begun)
    return begun;
  if (queries_.get() == VK_NULL_HANDLE) return {};
  vkCmdResetQueryPool(slot.commands, queries_.get(), query_of(slot), 2);
  vkCmdWriteTimestamp2(slot.commands, VK_PIPELINE_STAGE_2_TOP_OF_PIPE_BIT, queries_.get(),
                       query_of(slot));
  return {};
}

Result<> FrameRing::end(const FrameSlot& slot) {
  if (queries_.get() != VK_NULL_HANDLE) {
    vkCmdWriteTimestamp2(slot.commands, VK_PIPELINE_STAGE_2_BOTTOM_OF_PIPE_BIT, queries_.get(),
                         query_of(slot) + 1);
  }
  return vk_result(vkEndCommandBuffer(slot.commands), "vkEndCommandBuffer");
}

Result<> FrameRing::make_descriptors(VkDescriptorSetLayout layout, uint32_t source_images) {
  const uint32_t frames = static_cast<uint32_t>(slots_.size());
  const std::array<VkDescriptorPoolSize, 2> sizes = {
      {{VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, source_images * frames},
       {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, static_cast<uint32_t>(max_frame_planes) * frames}}};
  VkDescriptorPoolCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  info.maxSets = frames;
  info.poolSizeCount = sizes.size();
  info.pPoolSizes = sizes.data();
  VkDescriptorPool pool = VK_NULL_HANDLE;
  if (Result<> made = vk_result(vkCreateDescriptorPool(device_, &info, nullptr, &pool),
                                "vkCreateDescriptorPool");
      !made) {
    return made;
  }
  descriptors_ = DescriptorPoolHandle(device_, pool);
  const std::vector<VkDescriptorSetLayout> layouts(frames, layout);
  std::vector<VkDescriptorSet> sets(frames);
  VkDescriptorSetAllocateInfo allocate = {};
  allocate.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  allocate.descriptorPool = pool;
  allocate.descriptorSetCount = frames;
  allocate.pSetLayouts = layouts.data();
  if (Result<> made = vk_result(vkAllocateDescriptorSets(device_, &allocate, sets.data()),
                                "vkAllocateDescriptorSets");
      !made) {
    return made;
  }
  for (size_t i = 0; i < slots_.size(); i++) slots_[i].descriptors = sets[i];
  return {};
}

Result<> FrameRing::make_queries(GstVulkanQueue* queue) {
  const GstVulkanPhysicalDevice* physical = queue->device->physical_device;
  const uint32_t bits = physical->queue_family_props[queue->family].timestampValidBits;
  if (bits == 0) return {};
  tick_mask_ = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  tick_nanoseconds_ = physical->properties.limits.timestampPeriod;
  VkQueryPoolCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = 2 * static_cast<uint32_t>(slots_.size());
  VkQueryPool pool = VK_NULL_HANDLE;
  if (Result<> made =
          vk_result(vkCreateQueryPool(device_, &info, nullptr, &pool), "vkCreateQueryPool");
      !made) {
    return made;
  }
  queries_ = QueryPoolHandle(device_, pool);
  return {};
}

uint32_t FrameRing::query_of(const FrameSlot& slot) const {
  return 2 * static_cast<uint32_t>(&slot - slots_.data());
}

std::optional<uint64_t> FrameRing::device_time(const FrameSlot& slot) const {
  if (queries_.get() == VK_NULL_HANDLE) return std::nullopt;
  std::array<uint64_t, 2> ticks = {};
  if (vkGetQueryPoolResults(device_, queries_.get(), query_of(slot), 2, sizeof ticks, ticks.data(),
                            sizeof(uint64_t), VK_QUERY_RESULT_64_BIT) != VK_SUCCESS) {
    return std::nullopt;
  }
  const uint64_t passed = (ticks[1] - ticks[0]) & tick_mask_;
  return static_cast<uint64_t>(static_cast<double>(passed) * tick_nanoseconds_);
}

}  // namespace av1hw
