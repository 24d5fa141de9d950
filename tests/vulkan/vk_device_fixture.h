// SPDX-License-Identifier: LGPL-2.1-or-later
// One Vulkan device and one engine for the tests of a process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "memory/handles.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw::test {

// Opened as elements do, through libgstvulkan; with the validation layer where AV1HW_VK_VALIDATE is
// set.
class VulkanDevice {
 public:
  static VulkanDevice& get();
  // Why there is none; empty where there is.
  const std::string& absent() const { return absent_; }
  GstVulkanDevice* device() const { return device_; }
  GstVulkanQueue* queue() const { return queue_; }
  // One that copies and does nothing else; null where the device has none.
  GstVulkanQueue* copies() const { return copies_.get(); }
  // Of the two.
  std::vector<uint32_t> families() const;
  bool is_validated() const { return validated_; }
  // Of all tests but those with settings of their own: drivers take their time for kernels.
  CompositeEngine& engine();
  // What the validation layer said since the last call.
  std::vector<std::string> take_messages();
  // Before drivers are unloaded.
  void close();

 private:
  VulkanDevice();
  std::string open();
  bool enable_validation();
  void listen();

  std::string absent_;
  GstVulkanInstance* instance_ = nullptr;
  GstVulkanDevice* device_ = nullptr;
  GstVulkanQueue* queue_ = nullptr;
  GstHandle<GstVulkanQueue> copies_;
  bool validated_ = false;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
  std::unique_ptr<CompositeEngine> engine_;
};

}  // namespace av1hw::test
