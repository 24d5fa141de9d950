// SPDX-License-Identifier: LGPL-2.1-or-later
// Remembers a device's queues at the device. Weakly, as a queue holds on to its device.
#include "vulkan/element/compute_queue.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace av1hw {
namespace {

// What a queue may do beside copying. Those of video are their elements', with a lock of their own.
constexpr VkQueueFlags other_work = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT |
                                    VK_QUEUE_VIDEO_DECODE_BIT_KHR | VK_QUEUE_VIDEO_ENCODE_BIT_KHR |
                                    VK_QUEUE_OPTICAL_FLOW_BIT_NV;

std::span<VkQueueFamilyProperties> families_of(GstVulkanDevice* device) {
  const GstVulkanPhysicalDevice* physical = device->physical_device;
  return {physical->queue_family_props, physical->n_queue_families};
}

std::optional<uint32_t> copy_family(GstVulkanDevice* device) {
  const auto families = families_of(device);
  for (uint32_t i = 0; i < families.size(); i++) {
    const VkQueueFlags flags = families[i].queueFlags;
    if ((flags & VK_QUEUE_TRANSFER_BIT) && !(flags & other_work)) return i;
  }
  return std::nullopt;
}

bool computes(GstVulkanDevice* device, const GstVulkanQueue& queue) {
  return queue.device == device &&
         (families_of(device)[queue.family].queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
}

bool has_queue_of(GstVulkanDevice* device, uint32_t family) {
  GArray* opened = gst_vulkan_device_queue_family_indices(device);
  bool found = false;
  for (guint i = 0; i < opened->len; i++) found |= g_array_index(opened, uint32_t, i) == family;
  g_array_unref(opened);
  return found;
}

GWeakRef* known_queue(GstVulkanDevice* device, const char* name) {
  const GQuark key = g_quark_from_static_string(name);
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

// `make` gives a new one.
template <typename Make>
GstHandle<GstVulkanQueue> the_queue(GstVulkanDevice* device, const char* name, Make make) {
  static std::mutex lock;
  const std::scoped_lock guard(lock);
  GWeakRef* known = known_queue(device, name);
  GstHandle<GstVulkanQueue> queue(static_cast<GstVulkanQueue*>(g_weak_ref_get(known)));
  if (!queue) {
    queue.reset(make());
    g_weak_ref_set(known, queue.get());
  }
  return queue;
}

}  // namespace

GstHandle<GstVulkanQueue> compute_queue(GstVulkanDevice* device, GstVulkanQueue* neighbours) {
  return the_queue(device, "av1hw-compute-queue", [&] {
    if (neighbours && computes(device, *neighbours))
      return static_cast<GstVulkanQueue*>(gst_object_ref(neighbours));
    return gst_vulkan_device_select_queue(device, VK_QUEUE_COMPUTE_BIT);
  });
}

GstHandle<GstVulkanQueue> copy_queue(GstVulkanDevice* device) {
  const std::optional<uint32_t> family = copy_family(device);
  if (!family || !has_queue_of(device, *family)) return nullptr;
  return the_queue(device, "av1hw-copy-queue",
                   [&] { return gst_vulkan_device_get_queue(device, *family, 0); });
}

// libgstvulkan (1.26) opens one queue for each kind of work, of the family that can do the most: so
// it copies where it draws, unless that family is not said to copy while it chooses.
bool open_with_copy_queue(GstVulkanDevice* device, GError** error) {
  const std::optional<uint32_t> wanted = copy_family(device);
  const VkPhysicalDeviceType type = device->physical_device->properties.deviceType;
  if (!wanted || type != VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)
    return gst_vulkan_device_open(device, error);
  const auto families = families_of(device);
  const std::vector<VkQueueFamilyProperties> real(families.begin(), families.end());
  for (uint32_t i = 0; i < families.size(); i++) {
    if (i != *wanted) families[i].queueFlags &= ~VkQueueFlags{VK_QUEUE_TRANSFER_BIT};
  }
  const bool opened = gst_vulkan_device_open(device, error);
  std::ranges::copy(real, families.begin());
  return opened;
}

}  // namespace av1hw
