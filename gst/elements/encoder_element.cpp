// SPDX-License-Identifier: LGPL-2.1-or-later
// The GObject class of encoder elements: thunks into EncoderShell.
#include "elements/encoder_element.h"

#include <utility>

#include "elements/driver_watch.h"

namespace av1hw {
namespace {

constexpr guint stats_property = first_other_property;
constexpr guint driver_timeout_property = first_other_property + 1;

struct EncoderElement {
  GstVideoEncoder parent;
  EncoderShell* shell;
};

struct EncoderElementClass {
  GstVideoEncoderClass parent;
  const EncoderDescriptor* descriptor;  // lives as long as the class, which is for ever
};

template <typename T>
EncoderShell& shell_of(T* instance) {
  return *reinterpret_cast<EncoderElement*>(instance)->shell;
}

gpointer parent_class() { return g_type_class_peek(GST_TYPE_VIDEO_ENCODER); }

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  if (id == driver_timeout_property)
    shell_of(object).set_driver_timeout(g_value_get_uint(value));
  else
    shell_of(object).set_property(id, value);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  if (id == stats_property)
    g_value_take_boxed(value, shell_of(object).stats().release());
  else if (id == driver_timeout_property)
    g_value_set_uint(value, shell_of(object).driver_timeout());
  else
    shell_of(object).get_property(id, value);
}

void finalize(GObject* object) {
  delete reinterpret_cast<EncoderElement*>(object)->shell;
  G_OBJECT_CLASS(parent_class())->finalize(object);
}

void set_context(GstElement* element, GstContext* context) {
  shell_of(element).set_context(context);
  GST_ELEMENT_CLASS(parent_class())->set_context(element, context);
}

void install_virtual_functions(GstVideoEncoderClass* klass) {
  klass->open = [](GstVideoEncoder* e) -> gboolean { return shell_of(e).open(); };
  klass->close = [](GstVideoEncoder* e) -> gboolean {
    shell_of(e).close();
    return TRUE;
  };
  klass->start = [](GstVideoEncoder* e) -> gboolean { return shell_of(e).start(); };
  klass->stop = [](GstVideoEncoder* e) -> gboolean { return shell_of(e).stop(); };
  klass->set_format = [](GstVideoEncoder* e, GstVideoCodecState* state) -> gboolean {
    return shell_of(e).set_format(state);
  };
  klass->handle_frame = [](GstVideoEncoder* e, GstVideoCodecFrame* frame) {
    return shell_of(e).handle_frame(frame);
  };
  klass->finish = [](GstVideoEncoder* e) { return shell_of(e).finish(); };
  klass->flush = [](GstVideoEncoder* e) -> gboolean { return shell_of(e).flush(); };
  klass->getcaps = [](GstVideoEncoder* e, GstCaps* filter) {
    return shell_of(e).sink_caps(filter).release();
  };
  klass->propose_allocation = [](GstVideoEncoder* e, GstQuery* query) -> gboolean {
    return shell_of(e).propose_allocation(query);
  };
  klass->sink_event = [](GstVideoEncoder* e, GstEvent* event) -> gboolean {
    return shell_of(e).sink_event(event);
  };
  klass->src_event = [](GstVideoEncoder* e, GstEvent* event) -> gboolean {
    return shell_of(e).source_event(event);
  };
  klass->sink_query = [](GstVideoEncoder* e, GstQuery* query) -> gboolean {
    return shell_of(e).handle_query(query) ||
           GST_VIDEO_ENCODER_CLASS(parent_class())->sink_query(e, query);
  };
  klass->src_query = [](GstVideoEncoder* e, GstQuery* query) -> gboolean {
    return shell_of(e).handle_query(query) ||
           GST_VIDEO_ENCODER_CLASS(parent_class())->src_query(e, query);
  };
}

void add_pad_template(GstElementClass* klass, const char* name, GstPadDirection direction,
                      const char* caps_string) {
  const CapsHandle caps{gst_caps_from_string(caps_string)};
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps.get()));
}

void install_properties(GObjectClass* klass, const EncoderDescriptor& d) {
  klass->set_property = set_property;
  klass->get_property = get_property;
  klass->finalize = finalize;
  install_encoder_properties(klass, d.type_name.c_str(), d.properties);
  g_object_class_install_property(
      klass, stats_property,
      g_param_spec_boxed("stats", "Statistics",
                         "Frames, bytes, frames held back (latency) and copies by kind since the "
                         "element was started",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  if (d.create_memory) {
    g_object_class_install_property(klass, driver_timeout_property, make_driver_timeout_spec());
  }
}

void class_init(gpointer g_class, gpointer data) {
  auto* klass = static_cast<EncoderElementClass*>(g_class);
  klass->descriptor = static_cast<const EncoderDescriptor*>(data);
  const EncoderDescriptor& d = *klass->descriptor;
  install_properties(G_OBJECT_CLASS(g_class), d);

  GstElementClass* element_class = GST_ELEMENT_CLASS(g_class);
  element_class->set_context = set_context;
  gst_element_class_set_metadata(element_class, d.long_name.c_str(), d.klass.c_str(),
                                 d.description.c_str(), "The av1hw authors");
  add_pad_template(element_class, "sink", GST_PAD_SINK, d.sink_caps.c_str());
  add_pad_template(element_class, "src", GST_PAD_SRC, encoder_src_caps);

  install_virtual_functions(&klass->parent);
}

void instance_init(GTypeInstance* instance, gpointer g_class) {
  auto* self = reinterpret_cast<EncoderElement*>(instance);
  self->shell =
      new EncoderShell(&self->parent, *static_cast<EncoderElementClass*>(g_class)->descriptor);
}

GType register_type(const EncoderDescriptor& descriptor) {
  const GTypeInfo info = {
      sizeof(EncoderElementClass), nullptr, nullptr,       class_init, nullptr, &descriptor,
      sizeof(EncoderElement),      0,       instance_init, nullptr};
  const GType type = g_type_register_static(GST_TYPE_VIDEO_ENCODER, descriptor.type_name.c_str(),
                                            &info, static_cast<GTypeFlags>(0));
  const GInterfaceInfo preset_info = {nullptr, nullptr, nullptr};
  g_type_add_interface_static(type, GST_TYPE_PRESET, &preset_info);
  return type;
}

}  // namespace

void register_encoder_element(GstPlugin* plugin, EncoderDescriptor descriptor,
                              RegisteredElement element, guint rank) {
  descriptor.device = element.device;
  // GTypes live as long as the process does, and so does what they point to.
  const auto* kept = new EncoderDescriptor(std::move(descriptor));
  element.type = register_type(*kept);
  element.name = kept->name;
  element.direction = CodecDirection::Encode;
  register_codec_element(plugin, std::move(element), rank);
}

}  // namespace av1hw
