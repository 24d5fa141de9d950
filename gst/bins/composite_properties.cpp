// SPDX-License-Identifier: LGPL-2.1-or-later
// Installs av1compositebin's properties, and moves values to and from its settings.
#include "bins/composite_properties.h"

#include <climits>

namespace av1hw {
namespace {

constexpr auto at_rest =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
constexpr auto live = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                               GST_PARAM_MUTABLE_PLAYING);

GType layout_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(CompositeLayout::Manual), "Where the pads' properties say", "manual"},
      {static_cast<int>(CompositeLayout::Grid),
       "Cells of one size, row by row in the order of the pads; they follow as pads come and go",
       "grid"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("Av1HwCompositeLayout", values);
  return type;
}

GType output_type() {
  static const GEnumValue values[] = {{static_cast<int>(CompositeOutput::Auto),
                                       "AV1, unless downstream takes raw video only", "auto"},
                                      {static_cast<int>(CompositeOutput::Av1), "AV1", "av1"},
                                      {static_cast<int>(CompositeOutput::Raw), "Raw video", "raw"},
                                      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("Av1HwCompositeOutput", values);
  return type;
}

GType blender_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(BlenderChoice::Auto), "vkcompositor where a GPU is there, else compositor",
       "auto"},
      {static_cast<int>(BlenderChoice::Vk), "vkcompositor, also where the CPU has to play the GPU",
       "vk"},
      {static_cast<int>(BlenderChoice::Cpu), "GStreamer's compositor, in system memory", "cpu"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("Av1HwCompositeBlender", values);
  return type;
}

GType background_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(CompositeBackground::Checker), "Checker pattern", "checker"},
      {static_cast<int>(CompositeBackground::Black), "Black", "black"},
      {static_cast<int>(CompositeBackground::White), "White", "white"},
      {static_cast<int>(CompositeBackground::Transparent), "Transparent", "transparent"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("Av1HwCompositeBackground", values);
  return type;
}

void install(GObjectClass* klass, CompositeProperty id, GParamSpec* spec) {
  g_object_class_install_property(klass, static_cast<guint>(id), spec);
}

void install_picture_properties(GObjectClass* klass) {
  install(klass, CompositeProperty::Layout,
          g_param_spec_enum("layout", "Layout", "Who places the pictures", layout_type(),
                            static_cast<int>(CompositeLayout::Grid), live));
  install(klass, CompositeProperty::Width,
          g_param_spec_int("width", "Width",
                           "Width of the output in samples (0 = what downstream insists on, else "
                           "in a grid the largest input's, else what the inputs' places need)",
                           0, longest_side, 0, at_rest));
  install(klass, CompositeProperty::Height,
          g_param_spec_int("height", "Height",
                           "Height of the output in samples (0 = what downstream insists on, else "
                           "in a grid the largest input's, else what the inputs' places need)",
                           0, longest_side, 0, at_rest));
  install(klass, CompositeProperty::Framerate,
          gst_param_spec_fraction("framerate", "Frame rate",
                                  "Frames a second of the output (0/1 = the highest of the inputs "
                                  "that are there at first)",
                                  0, 1, INT_MAX, 1, 0, 1, at_rest));
  install(klass, CompositeProperty::Background,
          g_param_spec_enum("background", "Background", "What shows where no picture is",
                            background_type(), static_cast<int>(CompositeBackground::Black), live));
}

}  // namespace

void install_composite_properties(GObjectClass* klass) {
  install_picture_properties(klass);
  install(klass, CompositeProperty::Output,
          g_param_spec_enum("output", "Output", "What comes out of the source pad", output_type(),
                            static_cast<int>(CompositeOutput::Auto), at_rest));
  install(klass, CompositeProperty::Compositor,
          g_param_spec_enum("compositor", "Compositor", "Which element blends", blender_type(),
                            static_cast<int>(BlenderChoice::Auto), at_rest));
  install(klass, CompositeProperty::ForceLive,
          g_param_spec_boolean("force-live", "Force live",
                               "Put out frames on time whatever the inputs do, even if none is "
                               "live, and go on when all have ended",
                               FALSE, at_rest));
  install(klass, CompositeProperty::IgnoreInactivePads,
          g_param_spec_boolean("ignore-inactive-pads", "Ignore inactive pads",
                               "Where an input is live: do not wait for inputs that have not sent "
                               "anything yet",
                               FALSE, at_rest));
  install(klass, CompositeProperty::Latency,
          g_param_spec_uint64("latency", "Latency",
                              "Where an input is live: how much longer to wait for late inputs, "
                              "in nanoseconds",
                              0, G_MAXINT64, 0, live));
  install_policy_properties(klass, first_composite_policy_id);
}

bool set_composite_property(CompositeSettings& s, guint id, const GValue* value) {
  switch (static_cast<CompositeProperty>(id)) {
  case CompositeProperty::Layout:
    s.layout = static_cast<CompositeLayout>(g_value_get_enum(value));
    return true;
  case CompositeProperty::Output:
    s.output = static_cast<CompositeOutput>(g_value_get_enum(value));
    return true;
  case CompositeProperty::Width: s.width = g_value_get_int(value); return true;
  case CompositeProperty::Height: s.height = g_value_get_int(value); return true;
  case CompositeProperty::Framerate:
    s.framerate_num = gst_value_get_fraction_numerator(value);
    s.framerate_den = gst_value_get_fraction_denominator(value);
    return true;
  case CompositeProperty::Background:
    s.background = static_cast<CompositeBackground>(g_value_get_enum(value));
    return true;
  case CompositeProperty::Compositor:
    s.blender = static_cast<BlenderChoice>(g_value_get_enum(value));
    return true;
  case CompositeProperty::ForceLive: s.force_live = g_value_get_boolean(value); return true;
  case CompositeProperty::IgnoreInactivePads:
    s.ignore_inactive_pads = g_value_get_boolean(value);
    return true;
  case CompositeProperty::Latency: s.latency = g_value_get_uint64(value); return true;
  }
  return false;
}

bool get_composite_property(const CompositeSettings& s, guint id, GValue* value) {
  switch (static_cast<CompositeProperty>(id)) {
  case CompositeProperty::Layout: g_value_set_enum(value, static_cast<int>(s.layout)); return true;
  case CompositeProperty::Output: g_value_set_enum(value, static_cast<int>(s.output)); return true;
  case CompositeProperty::Width: g_value_set_int(value, s.width); return true;
  case CompositeProperty::Height: g_value_set_int(value, s.height); return true;
  case CompositeProperty::Framerate:
    gst_value_set_fraction(value, s.framerate_num, s.framerate_den);
    return true;
  case CompositeProperty::Background:
    g_value_set_enum(value, static_cast<int>(s.background));
    return true;
  case CompositeProperty::Compositor:
    g_value_set_enum(value, static_cast<int>(s.blender));
    return true;
  case CompositeProperty::ForceLive: g_value_set_boolean(value, s.force_live); return true;
  case CompositeProperty::IgnoreInactivePads:
    g_value_set_boolean(value, s.ignore_inactive_pads);
    return true;
  case CompositeProperty::Latency: g_value_set_uint64(value, s.latency); return true;
  }
  return false;
}

bool CompositeBin::set_property(guint id, const GValue* value, const GParamSpec*) {
  CompositeSettings settings;
  {
    std::lock_guard guard(lock_);
    if (id >= first_composite_policy_id)
      return set_policy_property(
          settings_.policy, static_cast<PolicyProperty>(id - first_composite_policy_id), value);
    if (!set_composite_property(settings_, id, value)) return false;
    settings = settings_;
  }
  switch (static_cast<CompositeProperty>(id)) {
  case CompositeProperty::Layout: arrange(); break;
  case CompositeProperty::Width:
  case CompositeProperty::Height:
  case CompositeProperty::Framerate:
    update_output_caps();
    arrange();
    break;
  case CompositeProperty::Background:
  case CompositeProperty::Latency:
    if (const ElementHandle blender = this->blender())
      g_object_set(blender.get(), "background", static_cast<int>(settings.background), "latency",
                   settings.latency, nullptr);
    break;
  default: break;
  }
  return true;
}

bool CompositeBin::get_property(guint id, GValue* value) const {
  if (id >= first_composite_policy_id) {
    const auto property = static_cast<PolicyProperty>(id - first_composite_policy_id);
    switch (property) {
    case PolicyProperty::Chosen: g_value_set_string(value, chosen_text().c_str()); return true;
    case PolicyProperty::Report: g_value_take_boxed(value, report().release()); return true;
    case PolicyProperty::Stats: g_value_take_boxed(value, stats().release()); return true;
    default: break;
    }
    std::lock_guard guard(lock_);
    return get_policy_property(settings_.policy, property, value);
  }
  std::lock_guard guard(lock_);
  return get_composite_property(settings_, id, value);
}

// What is set here holds for every codec bin inside; what is not leaves the encoder's own alone.
void CompositeBin::apply_policy(GObject* codec_bin) const {
  Policy policy;
  {
    std::lock_guard guard(lock_);
    policy = settings_.policy;
  }
  const std::pair<const char*, PolicyProperty> properties[] = {
      {"backend", PolicyProperty::Backend},
      {"allow", PolicyProperty::Allow},
      {"deny", PolicyProperty::Deny},
      {"device", PolicyProperty::Device},
      {"require-hardware", PolicyProperty::RequireHardware}};
  for (const auto& [name, id] : properties) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(codec_bin), name);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    get_policy_property(policy, id, &value);
    const bool empty_string = G_VALUE_HOLDS_STRING(&value) && !*g_value_get_string(&value);
    if (!empty_string && !g_param_value_defaults(spec, &value))
      g_object_set_property(codec_bin, name, &value);
    g_value_unset(&value);
  }
}

}  // namespace av1hw
