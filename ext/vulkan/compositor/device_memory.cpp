// SPDX-License-Identifier: LGPL-2.1-or-later
// Buffers from VulkanMemoryAllocator, and the copies that a discrete device needs.
#include "vulkan/compositor/device_memory.h"

#include <algorithm>
#include <string>
#include <utility>

#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// Of addresses: what the widest load of a kernel needs, and cache lines.
constexpr VkDeviceSize buffer_alignment = 256;

VmaAllocationCreateInfo allocation_for(DeviceBuffer::Use use) {
  VmaAllocationCreateInfo info = {};
  info.usage = VMA_MEMORY_USAGE_AUTO;
  constexpr VmaAllocationCreateFlags written =
      VMA_ALLOCATION_CREATE_HOST_ACCESS_SEQUENTIAL_WRITE_BIT | VMA_ALLOCATION_CREATE_MAPPED_BIT;
  switch (use) {
  case DeviceBuffer::Use::Written:
    info.usage = VMA_MEMORY_USAGE_AUTO_PREFER_DEVICE;
    info.flags = written | VMA_ALLOCATION_CREATE_HOST_ACCESS_ALLOW_TRANSFER_INSTEAD_BIT;
    break;
  case DeviceBuffer::Use::Staged:
    info.usage = VMA_MEMORY_USAGE_AUTO_PREFER_HOST;
    info.flags = written;
    break;
  case DeviceBuffer::Use::OnDevice: info.usage = VMA_MEMORY_USAGE_AUTO_PREFER_DEVICE; break;
  case DeviceBuffer::Use::Read:
    info.usage = VMA_MEMORY_USAGE_AUTO_PREFER_HOST;
    info.flags = VMA_ALLOCATION_CREATE_HOST_ACCESS_RANDOM_BIT | VMA_ALLOCATION_CREATE_MAPPED_BIT;
    break;
  }
  return info;
}

void copy(VkCommandBuffer commands, const DeviceBuffer& from, const DeviceBuffer& to,
          VkDeviceSize bytes) {
  const VkBufferCopy region = {.srcOffset = 0, .dstOffset = 0, .size = bytes};
  vkCmdCopyBuffer(commands, from.get(), to.get(), 1, &region);
}

// A layer more or less is no reason for another allocation.
VkDeviceSize rounded(VkDeviceSize size) { return (size | 0xffff) + 1; }

}  // namespace

void record_barrier(VkCommandBuffer commands, VkPipelineStageFlags2 from, VkAccessFlags2 written,
                    VkPipelineStageFlags2 to, VkAccessFlags2 read) {
  VkMemoryBarrier2 memory = {};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2;
  memory.srcStageMask = from;
  memory.srcAccessMask = written;
  memory.dstStageMask = to;
  memory.dstAccessMask = read;
  VkDependencyInfo dependency = {};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  dependency.memoryBarrierCount = 1;
  dependency.pMemoryBarriers = &memory;
  vkCmdPipelineBarrier2(commands, &dependency);
}

Result<std::unique_ptr<DeviceMemory>> DeviceMemory::make(GstVulkanDevice* device,
                                                         std::span<const uint32_t> families) {
  std::unique_ptr<DeviceMemory> memory(new DeviceMemory);
  memory->device_ = device->device;
  for (const uint32_t family : families) {
    if (std::ranges::find(memory->families_, family) == memory->families_.end())
      memory->families_.push_back(family);
  }
  const VkPhysicalDeviceType type = device->physical_device->properties.deviceType;
  memory->discrete_ = type == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
  VmaVulkanFunctions functions = {};
  functions.vkGetInstanceProcAddr = vkGetInstanceProcAddr;
  functions.vkGetDeviceProcAddr = vkGetDeviceProcAddr;
  VmaAllocatorCreateInfo info = {};
  info.flags = VMA_ALLOCATOR_CREATE_BUFFER_DEVICE_ADDRESS_BIT;
  info.physicalDevice = gst_vulkan_device_get_physical_device(device);
  info.device = device->device;
  info.instance = device->instance->instance;
  info.vulkanApiVersion = VK_API_VERSION_1_3;
  info.pVulkanFunctions = &functions;
  if (const VkResult made = vmaCreateAllocator(&info, &memory->allocator_); made != VK_SUCCESS)
    return std::unexpected(vk_error(made, "vmaCreateAllocator"));
  return memory;
}

DeviceMemory::~DeviceMemory() { vmaDestroyAllocator(allocator_); }

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept { *this = std::move(other); }

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(allocator_, other.allocator_);
  std::swap(allocation_, other.allocation_);
  std::swap(buffer_, other.buffer_);
  std::swap(size_, other.size_);
  std::swap(address_, other.address_);
  std::swap(data_, other.data_);
  return *this;
}

DeviceBuffer::~DeviceBuffer() {
  if (buffer_ != VK_NULL_HANDLE) vmaDestroyBuffer(allocator_, buffer_, allocation_);
}

Result<DeviceBuffer> DeviceBuffer::make(const DeviceMemory& memory, Use use, VkDeviceSize size) {
  VkBufferCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = size;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
               VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  // Buffers lose nothing by being shared, and a transfer of ownership would be two barriers a
  // frame.
  if (memory.families().size() > 1) {
    info.sharingMode = VK_SHARING_MODE_CONCURRENT;
    info.queueFamilyIndexCount = static_cast<uint32_t>(memory.families().size());
    info.pQueueFamilyIndices = memory.families().data();
  }
  const VmaAllocationCreateInfo allocation = allocation_for(use);
  DeviceBuffer made;
  made.allocator_ = memory.allocator();
  VmaAllocationInfo place = {};
  if (const VkResult result =
          vmaCreateBufferWithAlignment(memory.allocator(), &info, &allocation, buffer_alignment,
                                       &made.buffer_, &made.allocation_, &place);
      result != VK_SUCCESS) {
    return std::unexpected(
        vk_error(result, "vmaCreateBufferWithAlignment for " + std::to_string(size) + " bytes"));
  }
  made.size_ = size;
  made.data_ = static_cast<uint8_t*>(place.pMappedData);
  VkBufferDeviceAddressInfo address = {};
  address.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO;
  address.buffer = made.buffer_;
  made.address_ = vkGetBufferDeviceAddress(memory.device(), &address);
  return made;
}

Result<> DeviceBuffer::reserve(const DeviceMemory& memory, VkDeviceSize size) {
  if (size_ >= size) return {};
  *this = {};
  Result<DeviceBuffer> made = make(memory, Use::OnDevice, size);
  if (!made) return std::unexpected(made.error());
  *this = std::move(*made);
  return {};
}

Result<> DeviceBuffer::flush(VkDeviceSize bytes) const {
  return vk_result(vmaFlushAllocation(allocator_, allocation_, 0, bytes), "vmaFlushAllocation");
}

Result<> DeviceBuffer::invalidate(VkDeviceSize bytes) const {
  return vk_result(vmaInvalidateAllocation(allocator_, allocation_, 0, bytes),
                   "vmaInvalidateAllocation");
}

Result<> UploadBuffer::reserve(const DeviceMemory& memory, VkDeviceSize size, bool staged) {
  if (device_.size() >= size) return {};
  *this = {};
  Result<DeviceBuffer> made = DeviceBuffer::make(
      memory, staged ? DeviceBuffer::Use::OnDevice : DeviceBuffer::Use::Written, rounded(size));
  if (!made) return std::unexpected(made.error());
  device_ = std::move(*made);
  if (device_.data()) return {};
  made = DeviceBuffer::make(memory, DeviceBuffer::Use::Staged, rounded(size));
  if (!made) return std::unexpected(made.error());
  staging_ = std::move(*made);
  return {};
}

Result<> UploadBuffer::record(VkCommandBuffer commands, VkDeviceSize bytes) const {
  if (!is_staged()) return device_.flush(bytes);
  if (Result<> flushed = staging_.flush(bytes); !flushed) return flushed;
  copy(commands, staging_, device_, bytes);
  return {};
}

Result<> DownloadBuffer::reserve(const DeviceMemory& memory, VkDeviceSize size) {
  if (host_.size() >= size) return {};
  *this = {};
  Result<DeviceBuffer> made = DeviceBuffer::make(memory, DeviceBuffer::Use::Read, rounded(size));
  if (!made) return std::unexpected(made.error());
  host_ = std::move(*made);
  if (!memory.is_discrete()) return {};
  // Single words over a bus are slow; copies are not.
  made = DeviceBuffer::make(memory, DeviceBuffer::Use::OnDevice, rounded(size));
  if (!made) return std::unexpected(made.error());
  device_ = std::move(*made);
  return {};
}

void DownloadBuffer::record(VkCommandBuffer commands, VkDeviceSize bytes) const {
  VkPipelineStageFlags2 stage = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT;
  VkAccessFlags2 access = VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT;
  if (device_.get()) {
    record_barrier(commands, stage, access, VK_PIPELINE_STAGE_2_COPY_BIT,
                   VK_ACCESS_2_TRANSFER_READ_BIT);
    copy(commands, device_, host_, bytes);
    stage = VK_PIPELINE_STAGE_2_COPY_BIT;
    access = VK_ACCESS_2_TRANSFER_WRITE_BIT;
  }
  record_barrier(commands, stage, access, VK_PIPELINE_STAGE_2_HOST_BIT, VK_ACCESS_2_HOST_READ_BIT);
}

Result<const uint8_t*> DownloadBuffer::read(VkDeviceSize bytes) const {
  if (Result<> ready = host_.invalidate(bytes); !ready) return std::unexpected(ready.error());
  return host_.data();
}

}  // namespace av1hw
