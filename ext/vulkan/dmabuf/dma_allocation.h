// SPDX-License-Identifier: LGPL-2.1-or-later
// Device memory that is a DMA-BUF.
#pragma once

#include "base/result.h"
#include "vulkan/dmabuf/dma_device.h"

namespace av1hw {

// What the memory is for: one of the two.
struct DmaOwner {
  VkBuffer buffer = VK_NULL_HANDLE;  // gets an address
  VkImage image = VK_NULL_HANDLE;
  bool dedicated = false;  // whatever the object itself asks for
};

// What an object asks for.
struct DmaNeeds {
  VkMemoryRequirements memory = {};
  bool dedicated = false;
};
DmaNeeds needs_of(const DmaDevice& device, VkBuffer buffer);
DmaNeeds needs_of(const DmaDevice& device, VkImage image);

// `fd` stays the caller's. `bytes`: of the DMA-BUF.
Result<VkDeviceMemory> import_memory(const DmaDevice& device, int fd, uint64_t bytes,
                                     const DmaOwner& owner, const DmaNeeds& needs);
// In the device's own memory, where that is allowed.
Result<VkDeviceMemory> allocate_exportable(const DmaDevice& device, const DmaOwner& owner,
                                           const DmaNeeds& needs);

}  // namespace av1hw
