// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstvulkan's pool of images, for elements that submit in other threads meanwhile.
#pragma once

#include "memory/handles.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

// A GstVulkanImageBufferPool, which producers may configure for images of their own (a Vulkan
// decoder does). libgstvulkan 1.26 brings a new image into its first layout on a GstVulkanQueue
// that it makes for itself, of the same VkQueue that elements share and with another lock: this
// one makes images while the elements' lock is held (vulkan/element/compute_queue.h).
PoolHandle make_image_pool(GstVulkanDevice* device);

}  // namespace av1hw
