// SPDX-License-Identifier: LGPL-2.1-or-later
// Linear DMA-BUFs as VkBuffers with addresses.
#include <format>

#include "vulkan/dmabuf/dma_allocation.h"
#include "vulkan/dmabuf/dma_objects.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

constexpr uint64_t page = 4096;

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

DmaBuffer::~DmaBuffer() {
  vkDestroyBuffer(device_->get(), buffer_, nullptr);
  vkFreeMemory(device_->get(), memory_, nullptr);
}

Result<std::unique_ptr<DmaBuffer>> DmaBuffer::import(DmaDevicePtr device, int fd, uint64_t bytes) {
  std::unique_ptr<DmaBuffer> made(new DmaBuffer(std::move(device)));
  if (Result<> done = made->make_buffer(bytes); !done) return std::unexpected(done.error());
  const ExternalNeeds needs = needs_of(made->device_->get(), made->buffer_);
  // A DMA-BUF has whole pages, so that none of the kernel's words is cut off.
  if (needs.memory.size > bytes || bytes % sizeof(uint32_t) != 0)
    return fail(ErrorCode::InvalidData,
                std::format("a DMA-BUF of {} bytes does not have whole pages", bytes));
  Result<VkDeviceMemory> memory = import_memory(
      *made->device_, fd, bytes,
      {.buffer = made->buffer_, .dedicated = made->device_->dedicated_buffers(DmaUse::Read)},
      needs);
  if (!memory) return std::unexpected(memory.error());
  made->memory_ = *memory;
  if (Result<> bound = made->bind(); !bound) return std::unexpected(bound.error());
  return made;
}

Result<std::unique_ptr<DmaBuffer>> DmaBuffer::make(DmaDevicePtr device, uint64_t bytes) {
  std::unique_ptr<DmaBuffer> made(new DmaBuffer(std::move(device)));
  if (Result<> done = made->make_buffer(round_up(bytes, page)); !done)
    return std::unexpected(done.error());
  const ExternalNeeds needs = needs_of(made->device_->get(), made->buffer_);
  Result<VkDeviceMemory> memory = allocate_dma_buf(
      *made->device_,
      {.buffer = made->buffer_, .dedicated = made->device_->dedicated_buffers(DmaUse::Make)},
      needs);
  if (!memory) return std::unexpected(memory.error());
  made->memory_ = *memory;
  if (Result<> bound = made->bind(); !bound) return std::unexpected(bound.error());
  return made;
}

Result<> DmaBuffer::make_buffer(uint64_t bytes) {
  const Result<VkBuffer> made = make_external_buffer(
      device_->get(), bytes, dma_buffer_usage, VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT);
  if (!made) return std::unexpected(made.error());
  buffer_ = *made;
  return {};
}

Result<> DmaBuffer::bind() {
  if (Result<> bound = vk_result(vkBindBufferMemory(device_->get(), buffer_, memory_, 0),
                                 "vkBindBufferMemory for a DMA-BUF");
      !bound) {
    return bound;
  }
  VkBufferDeviceAddressInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO;
  info.buffer = buffer_;
  address_ = vkGetBufferDeviceAddress(device_->get(), &info);
  return {};
}

}  // namespace av1hw
