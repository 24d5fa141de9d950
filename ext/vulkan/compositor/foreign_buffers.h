// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory that belongs to other APIs between frames: taken over before the kernel, given back after.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <span>
#include <vector>

namespace av1hw {

// Queue families that memory passes between.
struct QueueOwnership {
  uint32_t own = 0;
  // VK_QUEUE_FAMILY_FOREIGN_EXT, or _EXTERNAL where the device was opened without that extension.
  uint32_t foreign = VK_QUEUE_FAMILY_EXTERNAL;
};
QueueOwnership queue_ownership(GstVulkanQueue* queue);

// Of one frame. Each is there once, however many planes and layers are in it.
class ForeignBuffers {
 public:
  void clear() { buffers_.clear(); }
  // VK_NULL_HANDLEs are passed over.
  void add(std::span<const VkBuffer> buffers, bool written);
  void record_acquire(VkCommandBuffer commands, const QueueOwnership& ownership);
  void record_release(VkCommandBuffer commands, const QueueOwnership& ownership);

 private:
  struct Buffer {
    VkBuffer buffer = VK_NULL_HANDLE;
    bool written = false;
  };
  std::vector<Buffer> buffers_;
  std::vector<VkBufferMemoryBarrier2> barriers_;  // kept for their memory
};

}  // namespace av1hw
