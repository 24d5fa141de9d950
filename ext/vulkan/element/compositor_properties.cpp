// SPDX-License-Identifier: LGPL-2.1-or-later
// vkcompositor: properties and statistics.
#include "vulkan/element/compositor.h"

namespace av1hw {

bool Compositor::set_property(guint id, const GValue* value) {
  if (static_cast<CompositorProperty>(id) == CompositorProperty::IgnoreInactivePads) {
    gst_aggregator_set_ignore_inactive_pads(GST_AGGREGATOR(element_), g_value_get_boolean(value));
    return true;
  }
  GST_OBJECT_LOCK(element_);
  bool known = true;
  switch (static_cast<CompositorProperty>(id)) {
  case CompositorProperty::Background:
    settings_.background = static_cast<BackgroundKind>(g_value_get_enum(value));
    break;
  case CompositorProperty::BackgroundColor:
    settings_.background_colour = g_value_get_uint(value);
    break;
  case CompositorProperty::BlendGamma:
    settings_.blend_gamma = static_cast<BlendGamma>(g_value_get_enum(value));
    break;
  case CompositorProperty::Device: {
    const char* device = g_value_get_string(value);
    settings_.device = device ? device : "";
    break;
  }
  default: known = false;
  }
  GST_OBJECT_UNLOCK(element_);
  return known;
}

bool Compositor::get_property(guint id, GValue* value) const {
  const Settings s = settings();
  switch (static_cast<CompositorProperty>(id)) {
  case CompositorProperty::Background:
    g_value_set_enum(value, static_cast<int>(s.background));
    return true;
  case CompositorProperty::BackgroundColor:
    g_value_set_uint(value, s.background_colour);
    return true;
  case CompositorProperty::BlendGamma:
    g_value_set_enum(value, static_cast<int>(s.blend_gamma));
    return true;
  case CompositorProperty::Device:
    g_value_set_string(value, s.device.empty() ? nullptr : s.device.c_str());
    return true;
  case CompositorProperty::IgnoreInactivePads:
    g_value_set_boolean(value, gst_aggregator_get_ignore_inactive_pads(GST_AGGREGATOR(element_)));
    return true;
  case CompositorProperty::Stats: g_value_take_boxed(value, stats().release()); return true;
  }
  return false;
}

Compositor::Settings Compositor::settings() const {
  GST_OBJECT_LOCK(element_);
  Settings settings = settings_;
  GST_OBJECT_UNLOCK(element_);
  return settings;
}

StructureHandle Compositor::stats() const {
  StructureHandle stats(gst_structure_new(
      "av1hw-compositor-stats", "frames", G_TYPE_UINT64, counts_.frames.load(), "layers",
      G_TYPE_UINT64, counts_.layers.load(), "hidden-layers", G_TYPE_UINT64,
      counts_.hidden_layers.load(), "device-losses", G_TYPE_UINT64, counts_.device_losses.load(),
      "lost-pictures", G_TYPE_UINT64, counts_.lost_pictures.load(), nullptr));
  moves_.add_to(stats.get());
  return stats;
}

}  // namespace av1hw
