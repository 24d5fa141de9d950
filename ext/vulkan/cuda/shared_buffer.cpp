// SPDX-License-Identifier: LGPL-2.1-or-later
// Allocates in Vulkan, exports as a file descriptor, and maps that in CUDA.
#include "vulkan/cuda/shared_buffer.h"

#include <unistd.h>

#include <optional>

#include "vulkan/external_memory.h"
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

std::optional<bool> support(VkPhysicalDevice device) {
  return external_buffer_support(device, usage, handle_type,
                                 VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT);
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

bool SharedBuffer::is_supported(VkPhysicalDevice device) { return support(device).has_value(); }

Result<std::unique_ptr<SharedBuffer>> SharedBuffer::make(GstVulkanDevice* device,
                                                         GstCudaContext* context,
                                                         VkDeviceSize size) {
  const std::optional<bool> only_dedicated = support(gst_vulkan_device_get_physical_device(device));
  if (!only_dedicated)
    return fail(ErrorCode::NotSupported, "the Vulkan driver does not share buffers with CUDA");
  std::unique_ptr<SharedBuffer> made(new SharedBuffer(device, context, size));
  if (Result<> done = made->make_buffer(*only_dedicated); !done)
    return std::unexpected(done.error());
  return made;
}

Result<> SharedBuffer::make_buffer(bool dedicated) {
  const Result<VkBuffer> made = make_external_buffer(device_->device, size_, usage, handle_type);
  if (!made) return std::unexpected(made.error());
  buffer_ = *made;
  return allocate(dedicated);
}

Result<> SharedBuffer::allocate(bool dedicated) {
  const VkDevice device = device_->device;
  const ExternalNeeds needs = needs_of(device, buffer_);
  dedicated |= needs.dedicated;
  const Result<VkDeviceMemory> memory = allocate_exportable(
      device_.get(), {.buffer = buffer_, .dedicated = dedicated}, needs, handle_type);
  if (!memory) return std::unexpected(memory.error());
  memory_ = *memory;
  allocated_ = needs.memory.size;
  if (Result<> done =
          vk_result(vkBindBufferMemory(device, buffer_, memory_, 0), "vkBindBufferMemory");
      !done) {
    return done;
  }
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
