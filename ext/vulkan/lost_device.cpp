// SPDX-License-Identifier: LGPL-2.1-or-later
// Marks at the GstVulkanDevice, and a weak reference to what took its place.
#include "vulkan/lost_device.h"

#include <utility>
#include <vector>

namespace av1hw {
namespace {

enum Mark : gint { none, lost, hanging };

GQuark quark() {
  static const GQuark mark = g_quark_from_static_string("av1hw-lost");
  return mark;
}

GQuark successor() {
  static const GQuark quark_of_successor = g_quark_from_static_string("av1hw-successor");
  return quark_of_successor;
}

Mark mark_of(GstVulkanDevice* device) {
  if (!device) return none;
  return static_cast<Mark>(GPOINTER_TO_INT(g_object_get_qdata(G_OBJECT(device), quark())));
}

}  // namespace

void mark_lost(GstVulkanDevice* device) {
  if (mark_of(device) == none) g_object_set_qdata(G_OBJECT(device), quark(), GINT_TO_POINTER(lost));
}

void mark_hanging(GstVulkanDevice* device) {
  g_object_set_qdata(G_OBJECT(device), quark(), GINT_TO_POINTER(hanging));
}

bool is_lost(GstVulkanDevice* device) { return mark_of(device) != none; }

bool is_hanging(GstVulkanDevice* device) { return mark_of(device) == hanging; }

std::mutex& successor_lock() {
  static std::mutex lock;
  return lock;
}

GstHandle<GstVulkanDevice> successor_of(GstVulkanDevice* lost) {
  auto* known = static_cast<GWeakRef*>(g_object_get_qdata(G_OBJECT(lost), successor()));
  if (!known) return nullptr;
  GstHandle<GstVulkanDevice> device(static_cast<GstVulkanDevice*>(g_weak_ref_get(known)));
  return is_lost(device.get()) ? nullptr : std::move(device);
}

void set_successor(GstVulkanDevice* lost, GstVulkanDevice* device) {
  auto* weak = g_new0(GWeakRef, 1);
  g_weak_ref_init(weak, device);
  g_object_set_qdata_full(G_OBJECT(lost), successor(), weak, [](gpointer data) {
    g_weak_ref_clear(static_cast<GWeakRef*>(data));
    g_free(data);
  });
}

void abandon(GstVulkanDevice* device, std::shared_ptr<void> object) {
  static std::mutex lock;
  // Never destroyed.
  static auto* const kept = new std::vector<std::pair<gpointer, std::shared_ptr<void>>>;
  GST_OBJECT_FLAG_SET(device, GST_OBJECT_FLAG_MAY_BE_LEAKED);
  const std::scoped_lock guard(lock);
  kept->emplace_back(gst_object_ref(device), std::move(object));
}

}  // namespace av1hw
