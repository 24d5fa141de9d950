// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory that goes to other APIs and devices as a file descriptor: what CUDA's and DMA-BUFs have in
// common.
#pragma once

#include <optional>

#include "base/result.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

using ExternalHandle = VkExternalMemoryHandleTypeFlagBits;

// Whether buffers of this usage have `feature` with such handles: true if only those that have an
// allocation of their own. Nothing: none has.
std::optional<bool> external_buffer_support(VkPhysicalDevice device, VkBufferUsageFlags usage,
                                            ExternalHandle handle,
                                            VkExternalMemoryFeatureFlagBits feature);

// Without memory yet; the caller's to destroy.
Result<VkBuffer> make_external_buffer(VkDevice device, VkDeviceSize bytes, VkBufferUsageFlags usage,
                                      ExternalHandle handle);

// What the memory is for: one of the two.
struct ExternalOwner {
  VkBuffer buffer = VK_NULL_HANDLE;  // gets an address
  VkImage image = VK_NULL_HANDLE;
  bool dedicated = false;  // whatever the object itself asks for
};

// What an object asks for.
struct ExternalNeeds {
  VkMemoryRequirements memory = {};
  bool dedicated = false;
};
ExternalNeeds needs_of(VkDevice device, VkBuffer buffer);
ExternalNeeds needs_of(VkDevice device, VkImage image);

// `chain` goes behind what the owner asks for. The caller's to free.
Result<VkDeviceMemory> allocate_for(VkDevice device, const ExternalOwner& owner, bool dedicated,
                                    VkDeviceSize bytes, uint32_t type, const void* chain);

// In the device's own memory, where that is allowed; of `needs.memory.size` bytes.
Result<VkDeviceMemory> allocate_exportable(GstVulkanDevice* device, const ExternalOwner& owner,
                                           const ExternalNeeds& needs, ExternalHandle handle);

}  // namespace av1hw
