// SPDX-License-Identifier: LGPL-2.1-or-later
// By which UUID a Vulkan device is known to other APIs.
#pragma once

#include <vulkan/vulkan_core.h>

#include <array>
#include <string>

namespace av1hw {

std::array<uint8_t, VK_UUID_SIZE> device_uuid_bytes(VkPhysicalDevice device);
// "01234567-89ab-...": CUDA has the same for the same GPU.
std::string device_uuid(VkPhysicalDevice device);

}  // namespace av1hw
