// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames in Vulkan images for elements that read CUDA memory.
#pragma once

#include <vulkan/vulkan_core.h>

#include <string>
#include <vector>

namespace av1hw {

// The formats of frames whose images `device` copies into buffers that it shares with CUDA, and
// that libgstvulkan has images for; empty: the driver exports no memory, or this was built without
// CUDA.
std::vector<std::string> cuda_image_formats(VkPhysicalDevice device);

// The MemoryBridge from Vulkan to CUDA.
void register_image_bridge();

}  // namespace av1hw
