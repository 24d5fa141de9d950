// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a Vulkan device is on the PCI bus.
#pragma once

#include <vulkan/vulkan.h>

#include <string>

namespace av1hw {

// "0000:03:00.0"; empty: the driver does not say, or the device is not on that bus.
std::string pci_address(VkPhysicalDevice device);

}  // namespace av1hw
