// SPDX-License-Identifier: LGPL-2.1-or-later
// The queue that all elements on a device compute on.
#pragma once

#include "memory/handles.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

// Null where none computes. GstVulkanQueue has the lock that those hold who submit, so there must
// be but one for each VkQueue; libgstvulkan makes another with each call.
GstHandle<GstVulkanQueue> compute_queue(GstVulkanDevice* device);

}  // namespace av1hw
