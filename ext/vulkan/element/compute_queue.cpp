// SPDX-License-Identifier: LGPL-2.1-or-later
// Remembers a device's queue at the device. Weakly, as a queue holds on to its device.
#include "vulkan/element/compute_queue.h"

#include <mutex>

namespace av1hw {
namespace {

GWeakRef* known_queue(GstVulkanDevice* device) {
  static const GQuark key = g_quark_from_static_string("av1hw-compute-queue");
  auto* known = static_cast<GWeakRef*>(g_object_get_qdata(G_OBJECT(device), key));
  if (known) return known;
  known = g_new0(GWeakRef, 1);
  g_weak_ref_init(known, nullptr);
  g_object_set_qdata_full(G_OBJECT(device), key, known, [](gpointer data) {
    g_weak_ref_clear(static_cast<GWeakRef*>(data));
    g_free(data);
  });
  return known;
}

}  // namespace

GstHandle<GstVulkanQueue> compute_queue(GstVulkanDevice* device) {
  static std::mutex lock;
  const std::scoped_lock guard(lock);
  GWeakRef* known = known_queue(device);
  GstHandle<GstVulkanQueue> queue(static_cast<GstVulkanQueue*>(g_weak_ref_get(known)));
  if (!queue) {
    queue.reset(gst_vulkan_device_select_queue(device, VK_QUEUE_COMPUTE_BIT));
    g_weak_ref_set(known, queue.get());
  }
  return queue;
}

}  // namespace av1hw
