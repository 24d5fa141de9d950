// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a device can run the compositor's kernel at all.
#pragma once

#include "vulkan/gst_vulkan.h"

#include "base/result.h"

namespace av1hw {

// NotSupported: names what the device lacks. It is open.
Result<> check_compositor_device(GstVulkanDevice* device, GstVulkanQueue* queue);

}  // namespace av1hw
