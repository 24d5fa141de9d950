// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoder shell's GObject side: classes, properties, and virtual functions of one line.
#include "elements/decoder_element.h"

#include <gst/video/gstvideodecoder.h>

#include "elements/decoder_shell.h"

namespace av1hw {
namespace {

struct DecoderObject {
  GstVideoDecoder parent;
  DecoderShell* shell;
};

struct DecoderClass {
  GstVideoDecoderClass parent;
  const DecoderDescriptor* descriptor;
};

DecoderShell& self(gpointer object) { return *reinterpret_cast<DecoderObject*>(object)->shell; }

GstVideoDecoderClass* parent_class() {
  return GST_VIDEO_DECODER_CLASS(g_type_class_peek(GST_TYPE_VIDEO_DECODER));
}

constexpr const char* sink_caps =
    "video/x-av1, stream-format=(string){ obu-stream, annexb }, "
    "alignment=(string){ tu, frame, obu }";

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (!self(object).set_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  if (!self(object).get_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void finalize(GObject* object) {
  delete reinterpret_cast<DecoderObject*>(object)->shell;
  G_OBJECT_CLASS(parent_class())->finalize(object);
}

void set_context(GstElement* element, GstContext* context) {
  self(element).set_context(context);
  GST_ELEMENT_CLASS(parent_class())->set_context(element, context);
}

void install_virtual_functions(GstVideoDecoderClass* klass) {
  klass->open = [](GstVideoDecoder* d) -> gboolean { return self(d).open(); };
  klass->close = [](GstVideoDecoder* d) -> gboolean {
    self(d).close();
    return TRUE;
  };
  klass->start = [](GstVideoDecoder* d) -> gboolean { return self(d).start(); };
  klass->stop = [](GstVideoDecoder* d) -> gboolean { return self(d).stop(); };
  klass->set_format = [](GstVideoDecoder* d, GstVideoCodecState* state) -> gboolean {
    return self(d).set_format(state);
  };
  klass->handle_frame = [](GstVideoDecoder* d, GstVideoCodecFrame* frame) {
    return self(d).handle_frame(CodecFrameHandle{frame});
  };
  klass->sink_event = [](GstVideoDecoder* d, GstEvent* event) -> gboolean {
    return self(d).sink_event(event);
  };
  klass->flush = [](GstVideoDecoder* d) -> gboolean { return self(d).flush(); };
  klass->drain = [](GstVideoDecoder* d) { return self(d).drain(); };
  klass->finish = [](GstVideoDecoder* d) { return self(d).drain(); };
  klass->decide_allocation = [](GstVideoDecoder* d, GstQuery* query) -> gboolean {
    return self(d).decide_allocation(query);
  };
  klass->sink_query = [](GstVideoDecoder* d, GstQuery* query) -> gboolean {
    return self(d).handle_query(query) || parent_class()->sink_query(d, query);
  };
  klass->src_query = [](GstVideoDecoder* d, GstQuery* query) -> gboolean {
    return self(d).handle_query(query) || parent_class()->src_query(d, query);
  };
}

void class_init(gpointer g_class, gpointer class_data) {
  auto* klass = static_cast<DecoderClass*>(g_class);
  klass->descriptor = static_cast<const DecoderDescriptor*>(class_data);
  const DecoderDescriptor& descriptor = *klass->descriptor;
  GObjectClass* object_class = G_OBJECT_CLASS(g_class);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_decoder_properties(object_class, descriptor.properties);
  install_virtual_functions(&klass->parent);

  GstElementClass* element_class = GST_ELEMENT_CLASS(g_class);
  element_class->set_context = set_context;
  gst_element_class_set_metadata(element_class, descriptor.long_name.c_str(),
                                 descriptor.klass.c_str(), descriptor.description.c_str(),
                                 "The av1hw authors");
  const CapsHandle sink{gst_caps_from_string(sink_caps)};
  const CapsHandle source{gst_caps_from_string(descriptor.source_caps.c_str())};
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink.get()));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, source.get()));
}

void instance_init(GTypeInstance* instance, gpointer g_class) {
  auto* object = reinterpret_cast<DecoderObject*>(instance);
  const DecoderDescriptor& descriptor = *static_cast<DecoderClass*>(g_class)->descriptor;
  object->shell = new DecoderShell(GST_VIDEO_DECODER(instance), descriptor.create,
                                   descriptor.create_memory ? descriptor.create_memory() : nullptr);
}

}  // namespace

void register_decoder_element(GstPlugin* plugin, DecoderDescriptor descriptor) {
  // Class data of a static type: it lives as long as the process.
  auto* kept = new DecoderDescriptor(std::move(descriptor));
  GTypeInfo info = {};
  info.class_size = sizeof(DecoderClass);
  info.class_init = class_init;
  info.class_data = kept;
  info.instance_size = sizeof(DecoderObject);
  info.instance_init = instance_init;
  RegisteredElement element = kept->element;
  element.type = g_type_register_static(GST_TYPE_VIDEO_DECODER, kept->type_name.c_str(), &info,
                                        static_cast<GTypeFlags>(0));
  register_codec_element(plugin, std::move(element), kept->rank);
}

}  // namespace av1hw
