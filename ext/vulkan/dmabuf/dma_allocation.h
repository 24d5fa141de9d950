// SPDX-License-Identifier: LGPL-2.1-or-later
// Device memory that is a DMA-BUF.
#pragma once

#include "base/result.h"
#include "vulkan/dmabuf/dma_device.h"
#include "vulkan/external_memory.h"

namespace av1hw {

// `fd` stays the caller's. `bytes`: of the DMA-BUF.
Result<VkDeviceMemory> import_memory(const DmaDevice& device, int fd, uint64_t bytes,
                                     const ExternalOwner& owner, const ExternalNeeds& needs);
// To be exported as a DMA-BUF.
Result<VkDeviceMemory> allocate_dma_buf(const DmaDevice& device, const ExternalOwner& owner,
                                        const ExternalNeeds& needs);

}  // namespace av1hw
