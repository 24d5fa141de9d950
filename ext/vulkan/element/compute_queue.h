// SPDX-License-Identifier: LGPL-2.1-or-later
// The queues that all elements on a device compute on, and copy on.
#pragma once

#include "memory/handles.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

// Null where none computes. GstVulkanQueue has the lock that those hold who submit, so there must
// be but one for each VkQueue; libgstvulkan makes another with each call. `neighbours`, which may
// be null, is the one that others submit to: it becomes that of all elements here, where it
// computes and they have none yet.
GstHandle<GstVulkanQueue> compute_queue(GstVulkanDevice* device,
                                        GstVulkanQueue* neighbours = nullptr);

// One that can do nothing but copy, so that it works beside the other. Null where the device has
// none, or was opened without. It must be open.
GstHandle<GstVulkanQueue> copy_queue(GstVulkanDevice* device);

// gst_vulkan_device_open(), with a queue for copy_queue() where the device has memory of its own
// and such queues. For a device that nobody else knows yet.
bool open_with_copy_queue(GstVulkanDevice* device, GError** error);

}  // namespace av1hw
