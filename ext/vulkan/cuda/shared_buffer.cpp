// SPDX-License-Identifier: LGPL-2.1-or-later
// Allocates in Vulkan, exports as a file descriptor, and maps that in CUDA.
#include "vulkan/cuda/shared_buffer.h"

#include <unistd.h>

#include <optional>

#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

constexpr VkBufferUsageFlags usage =
    VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
    VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
constexpr VkExternalMemoryHandleTypeFlagBits handle_type =
    VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
// CUDA_EXTERNAL_MEMORY_DEDICATED
constexpr unsigned imported_dedicated = 1;

// Must such a buffer have an allocation of its own? Nothing: it can't be exported at all.
std::optional<bool> needs_dedicated(VkPhysicalDevice device) {
  VkPhysicalDeviceExternalBufferInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO;
  info.usage = usage;
  info.handleType = handle_type;
  VkExternalBufferProperties properties = {};
  properties.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES;
  vkGetPhysicalDeviceExternalBufferProperties(device, &info, &properties);
  const VkExternalMemoryFeatureFlags features =
      properties.externalMemoryProperties.externalMemoryFeatures;
  if (!(features & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT)) return std::nullopt;
  return (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) != 0;
}

VkMemoryRequirements2 requirements_of(VkDevice device, VkBuffer buffer,
                                      VkMemoryDedicatedRequirements& dedicated) {
  VkBufferMemoryRequirementsInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2;
  info.buffer = buffer;
  dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
  VkMemoryRequirements2 requirements = {};
  requirements.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
  requirements.pNext = &dedicated;
  vkGetBufferMemoryRequirements2(device, &info, &requirements);
  return requirements;
}

// The device's own memory.
std::optional<uint32_t> memory_type(const GstVulkanPhysicalDevice* device, uint32_t allowed) {
  const VkPhysicalDeviceMemoryProperties& memory = device->memory_properties;
  for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
    if ((allowed & (1u << i)) &&
        (memory.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT))
      return i;
  }
  return std::nullopt;
}

}  // namespace

SharedBuffer::SharedBuffer(GstVulkanDevice* device, GstCudaContext* context, VkDeviceSize size)
    : device_(GST_VULKAN_DEVICE(gst_object_ref(device))),
      context_(cuda_ref(context)),
      size_(size) {}

SharedBuffer::~SharedBuffer() {
  if (imported_) {
    const PushedCuda current(context_.get());
    if (cuda_address_) CuMemFree(cuda_address_);
    CuDestroyExternalMemory(imported_);
  }
  vkDestroyBuffer(device_->device, buffer_, nullptr);
  vkFreeMemory(device_->device, memory_, nullptr);
}

Result<std::unique_ptr<SharedBuffer>> SharedBuffer::make(GstVulkanDevice* device,
                                                         GstCudaContext* context,
                                                         VkDeviceSize size) {
  const std::optional<bool> only_dedicated =
      needs_dedicated(gst_vulkan_device_get_physical_device(device));
  if (!only_dedicated)
    return fail(ErrorCode::NotSupported, "the Vulkan driver does not share buffers with CUDA");
  std::unique_ptr<SharedBuffer> made(new SharedBuffer(device, context, size));
  if (Result<> done = made->make_buffer(*only_dedicated); !done)
    return std::unexpected(done.error());
  return made;
}

Result<> SharedBuffer::make_buffer(bool dedicated) {
  VkExternalMemoryBufferCreateInfo external = {};
  external.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO;
  external.handleTypes = handle_type;
  VkBufferCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.pNext = &external;
  info.size = size_;
  info.usage = usage;
  if (Result<> made =
          vk_result(vkCreateBuffer(device_->device, &info, nullptr, &buffer_), "vkCreateBuffer");
      !made) {
    return made;
  }
  return allocate(dedicated);
}

Result<> SharedBuffer::allocate(bool dedicated) {
  VkMemoryDedicatedRequirements wishes = {};
  const VkMemoryRequirements needs =
      requirements_of(device_->device, buffer_, wishes).memoryRequirements;
  dedicated |= wishes.requiresDedicatedAllocation || wishes.prefersDedicatedAllocation;
  const std::optional<uint32_t> type = memory_type(device_->physical_device, needs.memoryTypeBits);
  if (!type) return fail(ErrorCode::NotSupported, "the GPU has no memory for shared buffers");

  VkMemoryDedicatedAllocateInfo own = {};
  own.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO;
  own.buffer = buffer_;
  VkExportMemoryAllocateInfo exported = {};
  exported.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO;
  exported.pNext = dedicated ? &own : nullptr;
  exported.handleTypes = handle_type;
  VkMemoryAllocateFlagsInfo addressable = {};
  addressable.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO;
  addressable.pNext = &exported;
  addressable.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
  VkMemoryAllocateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.pNext = &addressable;
  info.allocationSize = needs.size;
  info.memoryTypeIndex = *type;
  const VkDevice device = device_->device;
  Result<> done = vk_result(vkAllocateMemory(device, &info, nullptr, &memory_), "vkAllocateMemory");
  if (!done) return done;
  allocated_ = needs.size;
  done = vk_result(vkBindBufferMemory(device, buffer_, memory_, 0), "vkBindBufferMemory");
  if (!done) return done;
  VkBufferDeviceAddressInfo place = {};
  place.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO;
  place.buffer = buffer_;
  address_ = vkGetBufferDeviceAddress(device, &place);
  return map_into_cuda(dedicated);
}

Result<> SharedBuffer::map_into_cuda(bool dedicated) {
  const auto get_fd = device_function<PFN_vkGetMemoryFdKHR>(
      device_.get(), VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, "vkGetMemoryFdKHR");
  if (!get_fd)
    return fail(ErrorCode::NotSupported,
                "the Vulkan device was opened without VK_KHR_external_memory_fd");
  VkMemoryGetFdInfoKHR info = {};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR;
  info.memory = memory_;
  info.handleType = handle_type;
  int fd = -1;
  if (Result<> got = vk_result(get_fd(device_->device, &info, &fd), "vkGetMemoryFdKHR"); !got)
    return got;

  const PushedCuda current(context_.get());
  Result<> done = current.check();
  if (done) {
    CUDA_EXTERNAL_MEMORY_HANDLE_DESC handle = {};
    handle.type = CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD;
    handle.handle.fd = fd;
    handle.size = allocated_;
    handle.flags = dedicated ? imported_dedicated : 0;
    done = cuda_result(CuImportExternalMemory(&imported_, &handle), "cuImportExternalMemory");
  }
  if (!done) {
    // Only of what was imported the descriptor is CUDA's.
    close(fd);
    return done;
  }
  CUDA_EXTERNAL_MEMORY_BUFFER_DESC range = {};
  range.size = size_;
  return cuda_result(CuExternalMemoryGetMappedBuffer(&cuda_address_, imported_, &range),
                     "cuExternalMemoryGetMappedBuffer");
}

}  // namespace av1hw
