// SPDX-License-Identifier: LGPL-2.1-or-later
// The pad's type and properties.
#include "bins/composite_pad.h"

#include <climits>
#include <format>
#include <string>

#include "composite/enum_types.h"

namespace av1hw {
namespace {

constexpr auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                GST_PARAM_CONTROLLABLE | GST_PARAM_MUTABLE_PLAYING);

GParamSpec* position_spec(const char* name, const char* blurb) {
  return g_param_spec_int(name, name, blurb, INT_MIN, INT_MAX, 0, flags);
}

// The blender allocates what it is asked for, and the process ends where there is no such memory.
GParamSpec* size_spec(const char* name, const char* blurb) {
  return g_param_spec_int(name, name, blurb, -1, longest_side, -1, flags);
}

void install_place_properties(GObjectClass* klass) {
  const auto install = [klass](PadProperty id, GParamSpec* spec) {
    g_object_class_install_property(klass, static_cast<guint>(id), spec);
  };
  install(PadProperty::Xpos,
          position_spec("xpos",
                        "Left edge of the picture in the output, in samples (set by the "
                        "bin where its layout is grid)"));
  install(PadProperty::Ypos,
          position_spec("ypos",
                        "Upper edge of the picture in the output, in samples (set by the "
                        "bin where its layout is grid)"));
  install(PadProperty::Width,
          size_spec("width",
                    "Width of the picture in the output, in samples (-1 and 0 = the "
                    "input's; set by the bin where its layout is grid)"));
  install(PadProperty::Height,
          size_spec("height",
                    "Height of the picture in the output, in samples (-1 and 0 = the "
                    "input's; set by the bin where its layout is grid)"));
}

void install_blend_properties(GObjectClass* klass) {
  const auto install = [klass](PadProperty id, GParamSpec* spec) {
    g_object_class_install_property(klass, static_cast<guint>(id), spec);
  };
  install(
      PadProperty::Alpha,
      g_param_spec_double("alpha", "alpha", "Opacity: 0 (not seen) to 1 (opaque)", 0, 1, 1, flags));
  install(PadProperty::Zorder,
          g_param_spec_uint("zorder", "zorder", "Order of the pictures: higher ones are on top", 0,
                            G_MAXUINT, 0, flags));
  install(PadProperty::SizingPolicy,
          g_param_spec_enum("sizing-policy", "sizing-policy",
                            "How the picture is fitted into its rectangle", sizing_policy_type(),
                            static_cast<int>(SizingPolicy::None), flags));
  install(PadProperty::Operator,
          g_param_spec_enum("operator", "operator", "How the picture is blended",
                            blend_operator_type(), static_cast<int>(BlendOperator::Over), flags));
  install(PadProperty::RepeatAfterEos,
          g_param_spec_boolean("repeat-after-eos", "repeat-after-eos",
                               "Keep showing the last picture of an input that ended or failed, "
                               "until all have ended",
                               FALSE, flags));
  install(PadProperty::MaxLastBufferRepeat,
          g_param_spec_uint64("max-last-buffer-repeat", "max-last-buffer-repeat",
                              "How long the last picture of a live input that stalls is shown, in "
                              "nanoseconds (18446744073709551615 = for ever)",
                              0, G_MAXUINT64, G_MAXUINT64,
                              static_cast<GParamFlags>(flags & ~GST_PARAM_CONTROLLABLE)));
}

}  // namespace

G_DEFINE_TYPE(Av1HwCompositePad, av1hw_composite_pad, GST_TYPE_GHOST_PAD)

static CompositeInput& impl_of(gpointer instance) {
  return *static_cast<Av1HwCompositePad*>(instance)->impl;
}

static void set_pad_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (!impl_of(object).set_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void get_pad_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  if (!impl_of(object).get_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void finalize_pad(GObject* object) {
  delete reinterpret_cast<Av1HwCompositePad*>(object)->impl;
  G_OBJECT_CLASS(av1hw_composite_pad_parent_class)->finalize(object);
}

static void av1hw_composite_pad_class_init(Av1HwCompositePadClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_pad_property;
  object_class->get_property = get_pad_property;
  object_class->finalize = finalize_pad;
  install_place_properties(object_class);
  install_blend_properties(object_class);
}

static void av1hw_composite_pad_init(Av1HwCompositePad*) {}

GstPad* new_composite_pad(GstPadTemplate* pad_template, guint index, CompositeOwner& owner) {
  const std::string name = std::format("sink_{}", index);
  auto* pad = GST_PAD(g_object_new(av1hw_composite_pad_get_type(), "name", name.c_str(),
                                   "direction", GST_PAD_SINK, "template", pad_template, nullptr));
  reinterpret_cast<Av1HwCompositePad*>(pad)->impl = new CompositeInput(pad, index, owner);
  g_object_set(pad, "zorder", index, nullptr);
  return pad;
}

CompositeInput& input_of(GstPad* pad) { return impl_of(pad); }

}  // namespace av1hw
