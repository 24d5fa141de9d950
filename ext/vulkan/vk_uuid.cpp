// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks for the UUID.
#include "vulkan/vk_uuid.h"

#include "base/uuid.h"

namespace av1hw {

std::string device_uuid(VkPhysicalDevice device) {
  VkPhysicalDeviceIDProperties id = {};
  id.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
  VkPhysicalDeviceProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &id;
  vkGetPhysicalDeviceProperties2(device, &properties);
  return uuid_text(id.deviceUUID);
}

}  // namespace av1hw
