// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Vulkan call's answer means to a caller.
#pragma once

#include <vulkan/vulkan_core.h>

#include <string>

#include "base/result.h"

namespace av1hw {

// "VK_ERROR_DEVICE_LOST", or "VkResult -4".
std::string vk_result_name(VkResult result);

// `call`: what was called, "vkQueueSubmit2". `result` is no success.
Error vk_error(VkResult result, const std::string& call);

// Nothing, or the error. What is positive (VK_SUBOPTIMAL_KHR, ...) is no error.
inline Result<> vk_result(VkResult result, const char* call) {
  if (result >= VK_SUCCESS) return {};
  return std::unexpected(vk_error(result, call));
}

}  // namespace av1hw
