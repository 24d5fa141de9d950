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

  // `wanted`: "vk1" (av1hw-info's ids: the driver's order), a PCI address ("0000:03:00.0"), a UUID
  // (vk_uuid.h), a part of the device's name, or nothing: what the pipeline has, else the first
  // that is not the CPU's.
  // Unavailable: no such device, or the pipeline has another.
  Result<OpenVulkan> open(const std::string& wanted);
  void close();
  // The pipeline's, or what was opened; null: neither is known by now. On any thread.
  DeviceRef device() const;
  // After a loss: the next open() takes the pipeline's device if that is another by now, or makes
  // one and tells the pipeline.
  void forget_device();
  // A query for a device while ours is lost: neither we nor who is beyond us should answer it.
  bool hides_lost_device(const GstQuery* query) const;
  // Does who is linked to `pad` work on a device that was lost?
  bool is_lost_at(GstPad* pad) const;

 private:
  Result<> ensure_instance();
  Result<DeviceRef> shared_device(const std::string& wanted);
  Result<DeviceRef> find_device(const std::string& wanted);
  QueueRef neighbours_queue() const;
  Result<DeviceRef> new_device(const std::string& wanted);
  void tell_pipeline(GstVulkanDevice* device);

  GstElement* const element_;
  // Contexts are set by any thread.
  mutable std::mutex lock_;
  InstanceRef instance_;
  DeviceRef device_;
  DeviceRef lost_;  // which the next open() replaces
  QueueRef queue_;
};

}  // namespace av1hw
