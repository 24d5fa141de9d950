// SPDX-License-Identifier: LGPL-2.1-or-later
// The structures of VK_KHR_external_memory.
#include "vulkan/external_memory.h"

#include <bit>

#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

std::optional<uint32_t> own_memory(const GstVulkanDevice* device, uint32_t allowed) {
  const VkPhysicalDeviceMemoryProperties& memory = device->physical_device->memory_properties;
  for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
    if ((allowed & (1u << i)) &&
        (memory.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT))
      return i;
  }
  if (allowed == 0) return std::nullopt;
  return static_cast<uint32_t>(std::countr_zero(allowed));
}

// `ask` is vkGetBufferMemoryRequirements2 or that of images.
template <typename Info, typename Ask>
ExternalNeeds ask_needs(VkDevice device, const Info& info, Ask ask) {
  VkMemoryDedicatedRequirements dedicated = {};
  dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
  VkMemoryRequirements2 memory = {};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
  memory.pNext = &dedicated;
  ask(device, &info, &memory);
  return {memory.memoryRequirements,
          dedicated.requiresDedicatedAllocation || dedicated.prefersDedicatedAllocation};
}

}  // namespace

std::optional<bool> external_buffer_support(VkPhysicalDevice device, VkBufferUsageFlags usage,
                                            ExternalHandle handle,
                                            VkExternalMemoryFeatureFlagBits feature) {
  VkPhysicalDeviceExternalBufferInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO;
  info.usage = usage;
  info.handleType = handle;
  VkExternalBufferProperties properties = {};
  properties.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES;
  vkGetPhysicalDeviceExternalBufferProperties(device, &info, &properties);
  const VkExternalMemoryFeatureFlags features =
      properties.externalMemoryProperties.externalMemoryFeatures;
  if (!(features & feature)) return std::nullopt;
  return (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) != 0;
}

Result<VkBuffer> make_external_buffer(VkDevice device, VkDeviceSize bytes, VkBufferUsageFlags usage,
                                      ExternalHandle handle) {
  VkExternalMemoryBufferCreateInfo external = {};
  external.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO;
  external.handleTypes = handle;
  VkBufferCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.pNext = &external;
  info.size = bytes;
  info.usage = usage;
  VkBuffer buffer = VK_NULL_HANDLE;
  if (Result<> made = vk_result(vkCreateBuffer(device, &info, nullptr, &buffer),
                                "vkCreateBuffer for shared memory");
      !made) {
    return std::unexpected(made.error());
  }
  return buffer;
}

ExternalNeeds needs_of(VkDevice device, VkBuffer buffer) {
  VkBufferMemoryRequirementsInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2;
  info.buffer = buffer;
  return ask_needs(device, info, vkGetBufferMemoryRequirements2);
}

ExternalNeeds needs_of(VkDevice device, VkImage image) {
  VkImageMemoryRequirementsInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2;
  info.image = image;
  return ask_needs(device, info, vkGetImageMemoryRequirements2);
}

Result<VkDeviceMemory> allocate_for(VkDevice device, const ExternalOwner& owner, bool dedicated,
                                    VkDeviceSize bytes, uint32_t type, const void* chain) {
  VkMemoryDedicatedAllocateInfo own = {};
  own.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO;
  own.pNext = chain;
  own.buffer = owner.buffer;
  own.image = owner.image;
  VkMemoryAllocateFlagsInfo addressable = {};
  addressable.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO;
  addressable.pNext = dedicated ? &own : chain;
  if (owner.buffer) addressable.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.pNext = &addressable;
  info.allocationSize = bytes;
  info.memoryTypeIndex = type;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  if (Result<> done = vk_result(vkAllocateMemory(device, &info, nullptr, &memory),
                                "vkAllocateMemory for shared memory");
      !done) {
    return std::unexpected(done.error());
  }
  return memory;
}

Result<VkDeviceMemory> allocate_exportable(GstVulkanDevice* device, const ExternalOwner& owner,
                                           const ExternalNeeds& needs, ExternalHandle handle) {
  const std::optional<uint32_t> type = own_memory(device, needs.memory.memoryTypeBits);
  if (!type) return fail(ErrorCode::NotSupported, "the GPU has no memory that can be shared");
  VkExportMemoryAllocateInfo exported = {};
  exported.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO;
  exported.handleTypes = handle;
  return allocate_for(device->device, owner, owner.dedicated || needs.dedicated, needs.memory.size,
                      *type, &exported);
}

}  // namespace av1hw
