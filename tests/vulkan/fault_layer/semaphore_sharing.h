// SPDX-License-Identifier: LGPL-2.1-or-later
// Timeline semaphores that go to another API as file descriptors, for a driver that exports none:
// to the reference driver of CUDA (tests/refdrv), in the same process.
#pragma once

#include <vulkan/vulkan.h>

#include <functional>

namespace av1hw::test {

inline constexpr const char* sharing_extension = VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME;

// Of a device: the driver's, "vkWaitSemaphores" for one.
using FindFunction = std::function<PFN_vkVoidFunction(const char* name)>;

// Whether this is asked of timelines as file descriptors.
bool asks_for_timelines(const VkPhysicalDeviceExternalSemaphoreInfo* info);

// `info` without what the driver does not know; it is changed while this lives.
class WithoutExport {
 public:
  explicit WithoutExport(const VkSemaphoreCreateInfo* info);
  WithoutExport(const WithoutExport&) = delete;
  WithoutExport& operator=(const WithoutExport&) = delete;
  ~WithoutExport();

 private:
  VkBaseOutStructure* before_ = nullptr;
  VkBaseOutStructure* removed_ = nullptr;
};

// vkGetSemaphoreFdKHR.
VkResult share_semaphore(VkDevice device, const FindFunction& find, VkSemaphore semaphore, int* fd);

// The driver's answer to vkEnumerateDeviceExtensionProperties, and one more.
using Enumerate = std::function<VkResult(uint32_t* count, VkExtensionProperties* extensions)>;
VkResult enumerate_with_sharing(const Enumerate& driver, uint32_t* count,
                                VkExtensionProperties* extensions);

}  // namespace av1hw::test
