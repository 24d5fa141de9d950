// SPDX-License-Identifier: LGPL-2.1-or-later
// The Vulkan instance, device and queue that an element works on, shared with its pipeline.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <mutex>
#include <string>

#include "base/result.h"
#include "memory/handles.h"

namespace av1hw {

using InstanceRef = GstHandle<GstVulkanInstance>;
using DeviceRef = GstHandle<GstVulkanDevice>;
using QueueRef = GstHandle<GstVulkanQueue>;

// What open() found; each holds a reference.
struct OpenVulkan {
  DeviceRef device;
  QueueRef queue;
  QueueRef copies;        // a queue that does nothing else; null where there is none
  bool software = false;  // the driver runs on the CPU
};

class VkContexts {
 public:
  explicit VkContexts(GstElement* element) : element_(element) {}

  // GstElementClass::set_context.
  void set_context(GstContext* context);
  // A context query of a neighbour; false: not one for Vulkan, or nothing is open.
  bool handle_query(GstQuery* query) const;

  // `wanted`: "vk1" (av1hw-info's ids: the driver's order), a PCI address ("0000:03:00.0"), a part
  // of the device's name, or nothing: what the pipeline has, else the first that is not the CPU's.
  // Unavailable: no such device, or the pipeline has another.
  Result<OpenVulkan> open(const std::string& wanted);
  void close();
  // Device loss: the next open() makes a device of our own, and tells the pipeline.
  void forget_device();

 private:
  Result<> ensure_instance();
  Result<DeviceRef> shared_device(const std::string& wanted);
  Result<DeviceRef> new_device(const std::string& wanted);
  void tell_pipeline(GstVulkanDevice* device);

  GstElement* const element_;
  // Contexts are set by any thread.
  mutable std::mutex lock_;
  InstanceRef instance_;
  DeviceRef device_;
  QueueRef queue_;
};

}  // namespace av1hw
