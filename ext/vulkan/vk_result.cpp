// SPDX-License-Identifier: LGPL-2.1-or-later
// Sorts VkResults by what a caller can do about them, and says what a user can.
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

struct Meaning {
  VkResult result;
  const char* name;
  ErrorCode code;
  const char* advice;
};

constexpr const char* fewer = "use fewer or smaller pictures, or another device";
constexpr const char* see_driver = "see what the driver supports (vulkaninfo)";

constexpr Meaning meanings[] = {
    {VK_NOT_READY, "VK_NOT_READY", ErrorCode::Busy, "try again"},
    {VK_TIMEOUT, "VK_TIMEOUT", ErrorCode::DeviceLost, "open the device again"},
    {VK_ERROR_OUT_OF_HOST_MEMORY, "VK_ERROR_OUT_OF_HOST_MEMORY", ErrorCode::OutOfMemory,
     "free system memory"},
    {VK_ERROR_OUT_OF_DEVICE_MEMORY, "VK_ERROR_OUT_OF_DEVICE_MEMORY", ErrorCode::Busy, fewer},
    {VK_ERROR_TOO_MANY_OBJECTS, "VK_ERROR_TOO_MANY_OBJECTS", ErrorCode::Busy, fewer},
    {VK_ERROR_FRAGMENTED_POOL, "VK_ERROR_FRAGMENTED_POOL", ErrorCode::Busy, fewer},
    {VK_ERROR_OUT_OF_POOL_MEMORY, "VK_ERROR_OUT_OF_POOL_MEMORY", ErrorCode::Busy, fewer},
    {VK_ERROR_FRAGMENTATION, "VK_ERROR_FRAGMENTATION", ErrorCode::Busy, fewer},
    {VK_ERROR_DEVICE_LOST, "VK_ERROR_DEVICE_LOST", ErrorCode::DeviceLost, "open the device again"},
    {VK_ERROR_INITIALIZATION_FAILED, "VK_ERROR_INITIALIZATION_FAILED", ErrorCode::Unavailable,
     "see what the driver reports (VK_LOADER_DEBUG=error,warn)"},
    {VK_ERROR_MEMORY_MAP_FAILED, "VK_ERROR_MEMORY_MAP_FAILED", ErrorCode::Busy, fewer},
    {VK_ERROR_EXTENSION_NOT_PRESENT, "VK_ERROR_EXTENSION_NOT_PRESENT", ErrorCode::NotSupported,
     see_driver},
    {VK_ERROR_FEATURE_NOT_PRESENT, "VK_ERROR_FEATURE_NOT_PRESENT", ErrorCode::NotSupported,
     see_driver},
    {VK_ERROR_INCOMPATIBLE_DRIVER, "VK_ERROR_INCOMPATIBLE_DRIVER", ErrorCode::NotSupported,
     see_driver},
    {VK_ERROR_FORMAT_NOT_SUPPORTED, "VK_ERROR_FORMAT_NOT_SUPPORTED", ErrorCode::NotSupported,
     see_driver},
    {VK_ERROR_INVALID_EXTERNAL_HANDLE, "VK_ERROR_INVALID_EXTERNAL_HANDLE", ErrorCode::NotSupported,
     "the memory is of another device or kind"},
};

const Meaning* meaning_of(VkResult result) {
  for (const Meaning& meaning : meanings) {
    if (meaning.result == result) return &meaning;
  }
  return nullptr;
}

}  // namespace

std::string vk_result_name(VkResult result) {
  const Meaning* meaning = meaning_of(result);
  return meaning ? meaning->name : "VkResult " + std::to_string(result);
}

Error vk_error(VkResult result, const std::string& call) {
  const Meaning* meaning = meaning_of(result);
  std::string message = call + " answered " + vk_result_name(result);
  if (!meaning) return {ErrorCode::Failed, std::move(message)};
  return {meaning->code, std::move(message) + ": " + meaning->advice};
}

}  // namespace av1hw
