// SPDX-License-Identifier: LGPL-2.1-or-later
// The GObject of vkcompositor's sink pads: its type and properties.
#include <climits>

#include "composite/enum_types.h"
#include "vulkan/element/compositor_pad.h"

namespace av1hw {
namespace {

constexpr auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                GST_PARAM_CONTROLLABLE | GST_PARAM_MUTABLE_PLAYING);

class Installer {
 public:
  explicit Installer(GObjectClass* klass) : klass_(klass) {}

  void integer(CompositorPadProperty id, const char* name, const char* blurb, int min,
               int initial) {
    install(id, g_param_spec_int(name, name, blurb, min, INT_MAX, initial, flags));
  }
  void samples(CompositorPadProperty id, const char* name, const char* blurb) {
    install(id, g_param_spec_int(name, name, blurb, 0, INT_MAX, 0, flags));
  }
  void number(CompositorPadProperty id, const char* name, const char* blurb, double min, double max,
              double initial) {
    install(id, g_param_spec_double(name, name, blurb, min, max, initial, flags));
  }
  void choice(CompositorPadProperty id, const char* name, const char* blurb, GType type,
              int initial) {
    install(id, g_param_spec_enum(name, name, blurb, type, initial, flags));
  }
  void colour(CompositorPadProperty id, const char* name, const char* blurb, unsigned initial) {
    install(id, g_param_spec_uint(name, name, blurb, 0, UINT_MAX, initial, flags));
  }

 private:
  void install(CompositorPadProperty id, GParamSpec* spec) {
    g_object_class_install_property(klass_, static_cast<guint>(id), spec);
  }
  GObjectClass* klass_;
};

void install_place(Installer add) {
  add.integer(CompositorPadProperty::Xpos, "xpos",
              "Left edge of the picture on the canvas, in samples", INT_MIN, 0);
  add.integer(CompositorPadProperty::Ypos, "ypos",
              "Upper edge of the picture on the canvas, in samples", INT_MIN, 0);
  add.integer(CompositorPadProperty::Width, "width",
              "Width of the picture on the canvas, in samples (-1 and 0 = its own)", -1, -1);
  add.integer(CompositorPadProperty::Height, "height",
              "Height of the picture on the canvas, in samples (-1 and 0 = its own)", -1, -1);
  add.choice(CompositorPadProperty::SizingPolicy, "sizing-policy",
             "How the picture is fitted into its rectangle", sizing_policy_type(),
             static_cast<int>(SizingPolicy::None));
  add.samples(CompositorPadProperty::CropLeft, "crop-left",
              "Samples of the picture to leave out on its left");
  add.samples(CompositorPadProperty::CropRight, "crop-right",
              "Samples of the picture to leave out on its right");
  add.samples(CompositorPadProperty::CropTop, "crop-top",
              "Rows of the picture to leave out at its top");
  add.samples(CompositorPadProperty::CropBottom, "crop-bottom",
              "Rows of the picture to leave out at its bottom");
  add.choice(CompositorPadProperty::VideoDirection, "video-direction",
             "How the picture is turned by quarters and mirrored (auto = as the stream's tag says; "
             "custom = as it is)",
             GST_TYPE_VIDEO_ORIENTATION_METHOD, GST_VIDEO_ORIENTATION_IDENTITY);
  add.number(CompositorPadProperty::Rotation, "rotation",
             "Degrees by which the rectangle is turned about its centre, clockwise", -360, 360, 0);
}

void install_look(Installer add) {
  add.number(CompositorPadProperty::Alpha, "alpha", "Opacity: 0 (not seen) to 1 (opaque)", 0, 1, 1);
  add.choice(CompositorPadProperty::Operator, "operator", "How the picture is blended",
             blend_operator_type(), static_cast<int>(BlendOperator::Over));
  add.choice(CompositorPadProperty::ScaleFilter, "scale-filter", "How the picture is scaled",
             scale_filter_type(), static_cast<int>(ScaleFilter::Bilinear));
  add.number(CompositorPadProperty::CornerRadius, "corner-radius",
             "Radius of the rectangle's corners, in samples of the canvas", 0, 65536, 0);
  add.number(CompositorPadProperty::BorderWidth, "border-width",
             "Width of a border inside of the rectangle, in samples of the canvas", 0, 65536, 0);
  add.colour(CompositorPadProperty::BorderColor, "border-color",
             "The border's colour, as 0xAARRGGBB in the canvas's colorimetry", 0xff000000);
  add.choice(CompositorPadProperty::ToneMap, "tone-map",
             "How an HDR picture is brought to the range of an SDR canvas", tone_map_type(),
             static_cast<int>(ToneMap::Bt2390));
}

}  // namespace

G_DEFINE_TYPE(Av1HwVkCompositorPad, av1hw_vk_compositor_pad, GST_TYPE_VIDEO_AGGREGATOR_PAD)

static void set_pad_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (!compositor_pad_of(object).set_property(id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void get_pad_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  if (!compositor_pad_of(object).get_property(id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void finalize_pad(GObject* object) {
  delete reinterpret_cast<Av1HwVkCompositorPad*>(object)->impl;
  G_OBJECT_CLASS(av1hw_vk_compositor_pad_parent_class)->finalize(object);
}

// Frames are not mapped: the compositor itself knows where each kind of memory is.
static gboolean prepare_frame(GstVideoAggregatorPad*, GstVideoAggregator*, GstBuffer*,
                              GstVideoFrame*) {
  return TRUE;
}
static void clean_frame(GstVideoAggregatorPad*, GstVideoAggregator*, GstVideoFrame*) {}

static void av1hw_vk_compositor_pad_class_init(Av1HwVkCompositorPadClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_pad_property;
  object_class->get_property = get_pad_property;
  object_class->finalize = finalize_pad;
  install_place(Installer(object_class));
  install_look(Installer(object_class));
  klass->parent_class.prepare_frame = prepare_frame;
  klass->parent_class.clean_frame = clean_frame;
}

static void av1hw_vk_compositor_pad_init(Av1HwVkCompositorPad* self) {
  self->impl = new CompositorPad(&self->parent);
}

CompositorPad& compositor_pad_of(gpointer pad) {
  return *static_cast<Av1HwVkCompositorPad*>(pad)->impl;
}

}  // namespace av1hw
