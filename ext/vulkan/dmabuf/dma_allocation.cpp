// SPDX-License-Identifier: LGPL-2.1-or-later
// vkAllocateMemory with what imports, or allows to export, a DMA-BUF.
#include "vulkan/dmabuf/dma_allocation.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <optional>
#include <string>

#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

constexpr VkExternalMemoryHandleTypeFlagBits handle_type =
    VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;

// `chain` goes behind what the owner asks for.
Result<VkDeviceMemory> allocate(const DmaDevice& device, const DmaOwner& owner, bool dedicated,
                                uint64_t bytes, uint32_t type, const void* chain) {
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
  if (Result<> done = vk_result(vkAllocateMemory(device.get(), &info, nullptr, &memory),
                                "vkAllocateMemory for a DMA-BUF");
      !done) {
    return std::unexpected(done.error());
  }
  return memory;
}

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

DmaNeeds needs_from(const VkMemoryRequirements2& memory,
                    const VkMemoryDedicatedRequirements& dedicated) {
  return {memory.memoryRequirements,
          dedicated.requiresDedicatedAllocation || dedicated.prefersDedicatedAllocation};
}

}  // namespace

DmaNeeds needs_of(const DmaDevice& device, VkBuffer buffer) {
  VkMemoryDedicatedRequirements dedicated = {};
  dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
  VkMemoryRequirements2 memory = {};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
  memory.pNext = &dedicated;
  VkBufferMemoryRequirementsInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2;
  info.buffer = buffer;
  vkGetBufferMemoryRequirements2(device.get(), &info, &memory);
  return needs_from(memory, dedicated);
}

DmaNeeds needs_of(const DmaDevice& device, VkImage image) {
  VkMemoryDedicatedRequirements dedicated = {};
  dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
  VkMemoryRequirements2 memory = {};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
  memory.pNext = &dedicated;
  VkImageMemoryRequirementsInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2;
  info.image = image;
  vkGetImageMemoryRequirements2(device.get(), &info, &memory);
  return needs_from(memory, dedicated);
}

Result<VkDeviceMemory> import_memory(const DmaDevice& device, int fd, uint64_t bytes,
                                     const DmaOwner& owner, const DmaNeeds& needs) {
  const Result<uint32_t> types = device.memory_types(fd);
  if (!types) return std::unexpected(types.error());
  const uint32_t allowed = *types & needs.memory.memoryTypeBits;
  if (allowed == 0)
    return fail(ErrorCode::NotSupported, "a DMA-BUF is in memory that the GPU does not reach");
  VkImportMemoryFdInfoKHR imported = {};
  imported.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR;
  imported.handleType = handle_type;
  imported.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (imported.fd < 0)
    return fail(ErrorCode::Busy, "a DMA-BUF can't be imported: no descriptors are left");
  // What has an allocation of its own takes it as long as it is itself.
  const bool dedicated = owner.dedicated || needs.dedicated;
  Result<VkDeviceMemory> memory =
      allocate(device, owner, dedicated, dedicated ? needs.memory.size : bytes,
               static_cast<uint32_t>(std::countr_zero(allowed)), &imported);
  // Only of what was imported the descriptor is the driver's.
  if (!memory) close(imported.fd);
  return memory;
}

Result<VkDeviceMemory> allocate_exportable(const DmaDevice& device, const DmaOwner& owner,
                                           const DmaNeeds& needs) {
  const std::optional<uint32_t> type = own_memory(device.gst(), needs.memory.memoryTypeBits);
  if (!type) return fail(ErrorCode::NotSupported, "the GPU has no memory for DMA-BUFs");
  VkExportMemoryAllocateInfo exported = {};
  exported.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO;
  exported.handleTypes = handle_type;
  return allocate(device, owner, owner.dedicated || needs.dedicated, needs.memory.size, *type,
                  &exported);
}

}  // namespace av1hw
