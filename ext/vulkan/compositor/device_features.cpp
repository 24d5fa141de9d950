// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstvulkan turns on every feature of Vulkan 1.0 to 1.3 that a device has, so that what it has
// is what counts.
#include "vulkan/compositor/device_features.h"

#include <string>
#include <utility>

namespace av1hw {
namespace {

struct Features {
  VkPhysicalDeviceFeatures2 core = {};
  VkPhysicalDeviceVulkan11Features v11 = {};
  VkPhysicalDeviceVulkan12Features v12 = {};
  VkPhysicalDeviceVulkan13Features v13 = {};
};

void ask(VkPhysicalDevice device, Features& features) {
  features.core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  features.v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  features.v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  features.v13.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES;
  features.core.pNext = &features.v11;
  features.v11.pNext = &features.v12;
  features.v12.pNext = &features.v13;
  vkGetPhysicalDeviceFeatures2(device, &features.core);
}

const char* missing_feature(const Features& features) {
  const struct {
    VkBool32 has;
    const char* name;
  } needed[] = {
      {features.core.features.shaderInt64, "shaderInt64"},
      {features.core.features.shaderStorageImageWriteWithoutFormat,
       "shaderStorageImageWriteWithoutFormat"},
      {features.v11.storageBuffer16BitAccess, "storageBuffer16BitAccess"},
      {features.v12.storageBuffer8BitAccess, "storageBuffer8BitAccess"},
      {features.v12.bufferDeviceAddress, "bufferDeviceAddress"},
      {features.v12.timelineSemaphore, "timelineSemaphore"},
      {features.v12.runtimeDescriptorArray, "runtimeDescriptorArray"},
      {features.v12.descriptorBindingPartiallyBound, "descriptorBindingPartiallyBound"},
      {features.v12.shaderSampledImageArrayNonUniformIndexing,
       "shaderSampledImageArrayNonUniformIndexing"},
      {features.v13.synchronization2, "synchronization2"},
  };
  for (const auto& feature : needed) {
    if (!feature.has) return feature.name;
  }
  return nullptr;
}

}  // namespace

std::string compositor_obstacle(VkPhysicalDevice device) {
  VkPhysicalDeviceProperties properties = {};
  vkGetPhysicalDeviceProperties(device, &properties);
  const std::string name = properties.deviceName;
  if (properties.apiVersion < VK_API_VERSION_1_3) {
    return "compositing needs Vulkan 1.3, which " + name + " does not have: use a newer driver";
  }
  // What filters: a tile's invocations, and what they have in common.
  if (properties.limits.maxComputeWorkGroupInvocations < 256 ||
      properties.limits.maxComputeSharedMemorySize < 16384) {
    return "compositing needs workgroups of 256 invocations with 16 KiB in common, which " + name +
           " does not have: use another device";
  }
  Features features;
  ask(device, features);
  if (const char* missing = missing_feature(features)) {
    return "compositing needs Vulkan's feature " + std::string(missing) + ", which " + name +
           " does not have: use a newer driver or another device";
  }
  return {};
}

Result<> check_compositor_device(GstVulkanDevice* device, GstVulkanQueue* queue) {
  std::string obstacle = compositor_obstacle(gst_vulkan_device_get_physical_device(device));
  if (!obstacle.empty()) return fail(ErrorCode::NotSupported, std::move(obstacle));
  const GstVulkanPhysicalDevice* physical = device->physical_device;
  if (queue->family >= physical->n_queue_families ||
      !(physical->queue_family_props[queue->family].queueFlags & VK_QUEUE_COMPUTE_BIT)) {
    return fail(ErrorCode::NotSupported, "queue family " + std::to_string(queue->family) + " of " +
                                             physical->properties.deviceName + " can't compute");
  }
  return {};
}

}  // namespace av1hw
