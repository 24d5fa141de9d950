// SPDX-License-Identifier: LGPL-2.1-or-later
// Elements share one queue of a device (vulkan/element/compute_queue.h).
#include "vulkan/element/image_wait.h"

#include "vulkan/compositor/submission.h"
#include "vulkan/element/compute_queue.h"
#include "vulkan/element/image_frames.h"
#include "vulkan/lost_device.h"

namespace av1hw {

void wait_for_images(GstBuffer* frame) {
  if (!ImageFrames::is_image(frame)) return;
  GstVulkanDevice* device =
      reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(frame, 0))->device;
  if (is_lost(device) || !looks_at_semaphores_afterwards(device)) return;
  if (const GstHandle<GstVulkanQueue> queue = compute_queue(device)) wait_idle(queue.get());
}

}  // namespace av1hw
