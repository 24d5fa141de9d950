// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of the Vulkan probe: every answer is kept as it was given, nothing is judged here.
#include "vulkan/vk_probe.h"

#include <glib.h>

#include <algorithm>
#include <utility>

#include "vulkan/vk_pci.h"
#include "vulkan/vk_uuid.h"
#include "vulkan/vk_video_probe.h"
#ifdef AV1HW_VKCOMPOSITOR
#include "vulkan/compositor/device_features.h"
#include "vulkan/cuda/image_bridge.h"
#endif

namespace av1hw {
namespace {

class Instance {
 public:
  explicit Instance(VkInstance instance) : instance_(instance) {}
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() { vkDestroyInstance(instance_, nullptr); }
  VkInstance get() const { return instance_; }

 private:
  VkInstance instance_;
};

std::string instance_reason(VkResult status) {
  if (status == VK_ERROR_INCOMPATIBLE_DRIVER) {
    return "Vulkan drivers are installed, but none could be loaded (VK_ERROR_INCOMPATIBLE_DRIVER): "
           "VK_LOADER_DEBUG=error,warn says why";
  }
  return "no Vulkan instance could be made (VkResult " + std::to_string(status) +
         "): VK_LOADER_DEBUG=error,warn says why";
}

VkResult make_instance(VkInstance* instance) {
  VkApplicationInfo application = {};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "av1hw";
  application.apiVersion = VK_API_VERSION_1_3;
  VkInstanceCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  return vkCreateInstance(&info, nullptr, instance);
}

std::vector<std::string> ask_extensions(VkPhysicalDevice device) {
  uint32_t count = 0;
  if (vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr) != VK_SUCCESS)
    return {};
  std::vector<VkExtensionProperties> extensions(count);
  if (vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data()) < 0)
    return {};
  extensions.resize(std::min<size_t>(count, extensions.size()));
  std::vector<std::string> names;
  for (const VkExtensionProperties& extension : extensions)
    names.emplace_back(extension.extensionName);
  return names;
}

void ask_properties(VkPhysicalDevice device, VkDeviceAnswers& answers) {
  const auto has = [&](const char* name) {
    return std::find(answers.extensions.begin(), answers.extensions.end(), name) !=
           answers.extensions.end();
  };
  VkPhysicalDeviceProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  VkPhysicalDeviceDriverProperties driver = {};
  driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
  properties.pNext = &driver;
  VkPhysicalDeviceDrmPropertiesEXT drm = {};
  drm.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRM_PROPERTIES_EXT;
  if (has(VK_EXT_PHYSICAL_DEVICE_DRM_EXTENSION_NAME))
    drm.pNext = std::exchange(properties.pNext, &drm);
  vkGetPhysicalDeviceProperties2(device, &properties);
  answers.name = properties.properties.deviceName;
  answers.type = properties.properties.deviceType;
  answers.api_version = properties.properties.apiVersion;
  answers.driver_name = driver.driverName;
  answers.driver_info = driver.driverInfo;
  if (drm.hasRender) answers.render_minor = drm.renderMinor;
  answers.pci = pci_address(device);
  answers.uuid = device_uuid(device);
}

VkVideoCodecOperationFlagsKHR ask_queues(VkPhysicalDevice device) {
  uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties2(device, &count, nullptr);
  VkQueueFamilyVideoPropertiesKHR no_video = {};
  no_video.sType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_VIDEO_PROPERTIES_KHR;
  std::vector<VkQueueFamilyVideoPropertiesKHR> video(count, no_video);
  VkQueueFamilyProperties2 plain = {};
  plain.sType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_PROPERTIES_2;
  std::vector<VkQueueFamilyProperties2> families(count, plain);
  for (uint32_t i = 0; i < count; i++) families[i].pNext = &video[i];
  vkGetPhysicalDeviceQueueFamilyProperties2(device, &count, families.data());
  VkVideoCodecOperationFlagsKHR operations = 0;
  for (const VkQueueFamilyVideoPropertiesKHR& family : video)
    operations |= family.videoCodecOperations;
  return operations;
}

VkDeviceAnswers ask_device(VkInstance instance, VkPhysicalDevice device, int ordinal) {
  VkDeviceAnswers answers;
  answers.ordinal = ordinal;
  answers.extensions = ask_extensions(device);
  ask_properties(device, answers);
#ifdef AV1HW_VKCOMPOSITOR
  answers.composites = compositor_obstacle(device).empty();
  if (answers.composites) answers.cuda_formats = cuda_image_formats(device);
#endif
  const auto has = [&](const char* name) {
    return std::find(answers.extensions.begin(), answers.extensions.end(), name) !=
           answers.extensions.end();
  };
  if (!has(VK_KHR_VIDEO_QUEUE_EXTENSION_NAME)) return answers;
  answers.queue_operations = ask_queues(device);
  if (has(VK_KHR_VIDEO_DECODE_AV1_EXTENSION_NAME))
    ask_av1_profiles(instance, device, false, answers.profiles);
  if (has(VK_KHR_VIDEO_ENCODE_AV1_EXTENSION_NAME))
    ask_av1_profiles(instance, device, true, answers.profiles);
  return answers;
}

}  // namespace

VkAnswers probe_vulkan() {
  VkAnswers answers;
  VkInstance handle = VK_NULL_HANDLE;
  if (const VkResult status = make_instance(&handle); status != VK_SUCCESS) {
    answers.error = instance_reason(status);
    return answers;
  }
  const Instance instance(handle);
  uint32_t count = 0;
  vkEnumeratePhysicalDevices(instance.get(), &count, nullptr);
  std::vector<VkPhysicalDevice> devices(count);
  if (vkEnumeratePhysicalDevices(instance.get(), &count, devices.data()) < 0) count = 0;
  devices.resize(std::min<size_t>(count, devices.size()));
  int ordinal = 0;
  for (const VkPhysicalDevice device : devices)
    answers.devices.push_back(ask_device(instance.get(), device, ordinal++));
  return answers;
}

}  // namespace av1hw
