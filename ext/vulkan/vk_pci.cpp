// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks for the PCI address, where the extension for it is there.
#include "vulkan/vk_pci.h"

#include <algorithm>
#include <cstring>
#include <format>
#include <vector>

namespace av1hw {
namespace {

bool has_extension(VkPhysicalDevice device, const char* name) {
  uint32_t count = 0;
  if (vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr) != VK_SUCCESS)
    return false;
  std::vector<VkExtensionProperties> extensions(count);
  if (vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data()) < 0)
    return false;
  extensions.resize(std::min<size_t>(count, extensions.size()));
  return std::ranges::any_of(extensions, [name](const VkExtensionProperties& extension) {
    return std::strcmp(extension.extensionName, name) == 0;
  });
}

}  // namespace

std::string pci_address(VkPhysicalDevice device) {
  if (!has_extension(device, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME)) return {};
  VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {};
  pci.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT;
  VkPhysicalDeviceProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &pci;
  vkGetPhysicalDeviceProperties2(device, &properties);
  return std::format("{:04x}:{:02x}:{:02x}.{:x}", pci.pciDomain, pci.pciBus, pci.pciDevice,
                     pci.pciFunction);
}

}  // namespace av1hw
