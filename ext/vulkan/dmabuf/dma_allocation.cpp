// SPDX-License-Identifier: LGPL-2.1-or-later
// vkAllocateMemory with what imports, or allows to export, a DMA-BUF.
#include "vulkan/dmabuf/dma_allocation.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>

namespace av1hw {
namespace {

constexpr ExternalHandle handle_type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;

}  // namespace

Result<VkDeviceMemory> import_memory(const DmaDevice& device, int fd, uint64_t bytes,
                                     const ExternalOwner& owner, const ExternalNeeds& needs) {
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
      allocate_for(device.get(), owner, dedicated, dedicated ? needs.memory.size : bytes,
                   static_cast<uint32_t>(std::countr_zero(allowed)), &imported);
  // Only of what was imported the descriptor is the driver's.
  if (!memory) close(imported.fd);
  return memory;
}

Result<VkDeviceMemory> allocate_dma_buf(const DmaDevice& device, const ExternalOwner& owner,
                                        const ExternalNeeds& needs) {
  return allocate_exportable(device.gst(), owner, needs, handle_type);
}

}  // namespace av1hw
