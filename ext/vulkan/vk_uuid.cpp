// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks for the UUID.
#include "vulkan/vk_uuid.h"

#include <algorithm>

#include "base/uuid.h"

namespace av1hw {

std::array<uint8_t, VK_UUID_SIZE> device_uuid_bytes(VkPhysicalDevice device) {
  VkPhysicalDeviceIDProperties id = {};
  id.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
  VkPhysicalDeviceProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &id;
  vkGetPhysicalDeviceProperties2(device, &properties);
  std::array<uint8_t, VK_UUID_SIZE> bytes;
  std::ranges::copy(id.deviceUUID, bytes.begin());
  return bytes;
}

std::string device_uuid(VkPhysicalDevice device) { return uuid_text(device_uuid_bytes(device)); }

}  // namespace av1hw
