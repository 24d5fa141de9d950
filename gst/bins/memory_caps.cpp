// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads, orders and restricts the memory that raw caps name.
#include "bins/memory_caps.h"

namespace av1hw {
namespace {

std::string memory_in(const GstCapsFeatures* features) {
  if (!features) return GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
  if (gst_caps_features_is_any(features)) return {};
  for (guint i = 0; i < gst_caps_features_get_size(features); i++) {
    const std::string name = gst_caps_features_get_nth(features, i);
    if (name.starts_with("memory:")) return name;
  }
  return GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
}

bool is_raw_in_device_memory(const GstCaps* caps, guint i) {
  if (!gst_structure_has_name(gst_caps_get_structure(caps, i), "video/x-raw")) return false;
  const std::string memory = memory_in(gst_caps_get_features(caps, i));
  return !memory.empty() && memory != GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY;
}

void append(GstCaps* to, const GstCaps* from, guint i) {
  gst_caps_append_structure_full(to, gst_structure_copy(gst_caps_get_structure(from, i)),
                                 gst_caps_features_copy(gst_caps_get_features(from, i)));
}

}  // namespace

std::string memory_of(const GstCaps* caps) {
  if (!caps || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return {};
  return memory_in(gst_caps_get_features(caps, 0));
}

bool in_device_memory(const GstCaps* caps) {
  return caps && !gst_caps_is_any(caps) && !gst_caps_is_empty(caps) &&
         is_raw_in_device_memory(caps, 0);
}

CapsHandle device_memory_first(const GstCaps* caps) {
  if (gst_caps_is_any(caps)) return CapsHandle(gst_caps_new_any());
  CapsHandle ordered(gst_caps_new_empty());
  for (const bool device : {true, false}) {
    for (guint i = 0; i < gst_caps_get_size(caps); i++) {
      if (is_raw_in_device_memory(caps, i) == device) append(ordered.get(), caps, i);
    }
  }
  return ordered;
}

CapsHandle system_memory_only(const GstCaps* caps) {
  const CapsHandle system(gst_caps_new_empty_simple("video/x-raw"));
  return CapsHandle(
      gst_caps_intersect_full(const_cast<GstCaps*>(caps), system.get(), GST_CAPS_INTERSECT_FIRST));
}

void set_memory(GstCaps* caps, const std::string& memory) {
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    gst_caps_set_features(caps, i,
                          memory.empty() ? gst_caps_features_new_any()
                                         : gst_caps_features_new_single(memory.c_str()));
  }
}

}  // namespace av1hw
