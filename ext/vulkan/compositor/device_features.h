// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a device can run the compositor's kernel at all.
#pragma once

#include <string>

#include "base/result.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

// What a device lacks to run it, in words; empty: nothing.
std::string compositor_obstacle(VkPhysicalDevice device);

// NotSupported: names what the device lacks. It is open.
Result<> check_compositor_device(GstVulkanDevice* device, GstVulkanQueue* queue);

}  // namespace av1hw
