// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens the device as elements do, and hears what the validation layer says.
#include "vk_device_fixture.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/unique_handle.h"
#include "vulkan/element/compute_queue.h"

namespace av1hw::test {
namespace {

constexpr const char* validation_layer = "VK_LAYER_KHRONOS_validation";

// What is said of the tests themselves: their own images are small, and formats are asked for that
// are not there.
constexpr std::array not_ours = {"This is a very small allocation",
                                 "vkGetPhysicalDeviceImageFormatProperties(): Returned error",
                                 "extension VK_EXT_debug_utils",
                                 // of libgstvulkan's, which the tests copy with
                                 "VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT"};

std::mutex messages_lock;
std::vector<std::string> messages;

VKAPI_ATTR VkBool32 VKAPI_CALL note(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                    VkDebugUtilsMessageTypeFlagsEXT,
                                    const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  const std::string_view text = data->pMessage;
  if (!std::ranges::any_of(not_ours, [&](const char* each) { return text.contains(each); })) {
    const std::lock_guard lock(messages_lock);
    messages.emplace_back(text);
  }
  return VK_FALSE;
}

}  // namespace

VulkanDevice& VulkanDevice::get() {
  static VulkanDevice device;
  return device;
}

VulkanDevice::VulkanDevice() {
  absent_ = open();
  if (absent_.empty()) return;
  close();
  std::fprintf(stderr, "SKIPPED: no Vulkan device to test with: %s\n", absent_.c_str());
}

bool VulkanDevice::enable_validation() {
  return gst_vulkan_instance_fill_info(instance_, nullptr) &&
         gst_vulkan_instance_enable_layer(instance_, validation_layer) &&
         gst_vulkan_instance_enable_extension(instance_, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
}

void VulkanDevice::listen() {
  const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
      vkGetInstanceProcAddr(instance_->instance, "vkCreateDebugUtilsMessengerEXT"));
  VkDebugUtilsMessengerCreateInfoEXT info = {};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
  info.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                         VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                     VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = note;
  create(instance_->instance, &info, nullptr, &messenger_);
}

std::string VulkanDevice::open() {
  GError* raw = nullptr;
  const auto reason = [&raw](const char* otherwise) {
    const GErrorPtr error(raw);
    return std::string(error ? error->message : otherwise);
  };
  instance_ = gst_vulkan_instance_new();
  if (g_getenv("AV1HW_VK_VALIDATE")) {
    validated_ = enable_validation();
    if (!validated_) return "the layer VK_LAYER_KHRONOS_validation is not installed";
  }
  if (!gst_vulkan_instance_open(instance_, &raw)) return reason("no instance");
  if (validated_) listen();
  if (instance_->n_physical_devices == 0) return "no device";
  device_ = gst_vulkan_device_new_with_index(instance_, 0);
  // What sharing takes; without it there is none.
  for (const char* name :
       {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME}) {
    if (gst_vulkan_physical_device_get_extension_info(device_->physical_device, name, nullptr))
      gst_vulkan_device_enable_extension(device_, name);
  }
  if (!open_with_copy_queue(device_, &raw)) return reason("the device can't be opened");
  queue_ = gst_vulkan_device_select_queue(device_, VK_QUEUE_COMPUTE_BIT);
  if (!queue_) return "no queue that computes";
  copies_ = copy_queue(device_);
  return "";
}

std::vector<uint32_t> VulkanDevice::families() const {
  std::vector<uint32_t> families = {queue_->family};
  if (copies_) families.push_back(copies_->family);
  return families;
}

CompositeEngine& VulkanDevice::engine() {
  if (!engine_) {
    auto made = CompositeEngine::make(device_, queue_);
    if (!made) g_error("%s", made.error().message.c_str());
    engine_ = std::move(*made);
  }
  return *engine_;
}

void VulkanDevice::close() {
  engine_.reset();
  if (messenger_ != VK_NULL_HANDLE) {
    const auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance_->instance, "vkDestroyDebugUtilsMessengerEXT"));
    destroy(instance_->instance, std::exchange(messenger_, VK_NULL_HANDLE), nullptr);
  }
  copies_.reset();
  gst_clear_object(&queue_);
  gst_clear_object(&device_);
  gst_clear_object(&instance_);
}

std::vector<std::string> VulkanDevice::take_messages() {
  const std::lock_guard lock(messages_lock);
  return std::exchange(messages, {});
}

}  // namespace av1hw::test
