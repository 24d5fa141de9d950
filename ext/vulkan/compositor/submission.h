// SPDX-License-Identifier: LGPL-2.1-or-later
// Hands commands to a queue.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <span>

#include "base/result.h"
#include "vulkan/compositor/engine.h"

namespace av1hw {

VkSemaphoreSubmitInfo submit_info(const SemaphorePoint& point, VkPipelineStageFlags2 stages);

// Under the queue's lock, which all hold who submit to it. `done` is signalled after all of
// `signals`: whoever sees it may destroy these, which signals of one batch have no order for.
// `between`, where it is not null, is a point that `signals` has: what signals `done` waits for it,
// so that a driver can't make one batch of the two.
Result<> submit(GstVulkanQueue* queue, VkCommandBuffer commands,
                std::span<const VkSemaphoreSubmitInfo> waits,
                std::span<const VkSemaphoreSubmitInfo> signals, const VkSemaphoreSubmitInfo& done,
                const VkSemaphoreSubmitInfo* between = nullptr);

// Nothing but a signal, once all is done that the queue was given by now.
Result<> signal_after_all(GstVulkanQueue* queue, const SemaphorePoint& point);

// Mesa's queue looks at the semaphores of a batch after it has signalled them, where it has no
// timeline semaphores of the kernel's (vk_queue_submit_cleanup of vk_queue.c): that is lavapipe.
bool looks_at_semaphores_afterwards(const GstVulkanDevice* device);

// Until it has nothing to do.
void wait_idle(GstVulkanQueue* queue);

// Until a timeline has this value; DeviceLost after 20 seconds (120 on a device that is the CPU),
// and the device is marked as hanging (vulkan/lost_device.h). `what` is waited for.
Result<> wait_for(GstVulkanDevice* device, const SemaphorePoint& point, const char* what);

}  // namespace av1hw
