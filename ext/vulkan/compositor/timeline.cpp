// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes timeline semaphores.
#include "vulkan/compositor/timeline.h"

#include "vulkan/vk_result.h"

namespace av1hw {

Result<SemaphoreHandle> make_timeline(VkDevice device) {
  VkSemaphoreTypeCreateInfo type = {};
  type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  info.pNext = &type;
  VkSemaphore made = VK_NULL_HANDLE;
  if (Result<> done =
          vk_result(vkCreateSemaphore(device, &info, nullptr, &made), "vkCreateSemaphore");
      !done) {
    return std::unexpected(done.error());
  }
  return SemaphoreHandle(device, made);
}

}  // namespace av1hw
