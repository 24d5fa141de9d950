// SPDX-License-Identifier: LGPL-2.1-or-later
// The GObject of vkcompositor: class, properties, pad templates, and virtual functions of one line.
#include <climits>
#include <string>

#include "composite/enum_types.h"
#include "vulkan/element/compositor.h"
#include "vulkan/element/compositor_pad.h"

namespace av1hw {
namespace {

struct CompositorObject {
  GstVideoAggregator parent;
  Compositor* impl;
};
struct CompositorClass {
  GstVideoAggregatorClass parent;
};

Compositor& self(gpointer object) { return *reinterpret_cast<CompositorObject*>(object)->impl; }

GstAggregatorClass* parent_class() {
  return GST_AGGREGATOR_CLASS(g_type_class_peek(GST_TYPE_VIDEO_AGGREGATOR));
}

constexpr const char* any_size =
    "width=(int)[ 1, max ], height=(int)[ 1, max ], framerate=(fraction)[ 0/1, max ]";

template <typename Formats>
std::string raw_caps(const Formats& formats) {
  std::string list;
  for (const GstVideoFormat format : formats) {
    if (!list.empty()) list += ", ";
    list += gst_video_format_to_string(format);
  }
  return "video/x-raw, format=(string){ " + list + " }, " + any_size;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (!self(object).set_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  if (!self(object).get_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

void finalize(GObject* object) {
  delete reinterpret_cast<CompositorObject*>(object)->impl;
  G_OBJECT_CLASS(parent_class())->finalize(object);
}

void install_properties(GObjectClass* klass) {
  constexpr auto flags =
      static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_CONTROLLABLE |
                               GST_PARAM_MUTABLE_PLAYING);
  constexpr auto ready = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                  GST_PARAM_MUTABLE_READY);
  const auto install = [klass](CompositorProperty id, GParamSpec* spec) {
    g_object_class_install_property(klass, static_cast<guint>(id), spec);
  };
  install(
      CompositorProperty::Background,
      g_param_spec_enum("background", "background", "What is behind the pictures",
                        background_kind_type(), static_cast<int>(BackgroundKind::Checker), flags));
  install(CompositorProperty::BackgroundColor,
          g_param_spec_uint("background-color", "background-color",
                            "The colour of background=color, as 0xAARRGGBB in the canvas's "
                            "colorimetry",
                            0, UINT_MAX, 0xff000000, flags));
  install(CompositorProperty::BlendGamma,
          g_param_spec_enum("blend-gamma", "blend-gamma", "What is blended where pictures overlap",
                            blend_gamma_type(), static_cast<int>(BlendGamma::AsCoded), flags));
  install(
      CompositorProperty::Device,
      g_param_spec_string("device", "device",
                          "Which Vulkan device: av1hw-info's name for it (vk0), its PCI address, "
                          "or a part of its name; unset: the pipeline's, else the first that "
                          "is a GPU",
                          nullptr, ready));
  install(
      CompositorProperty::IgnoreInactivePads,
      g_param_spec_boolean("ignore-inactive-pads", "ignore-inactive-pads",
                           "Do not wait for pads that have received nothing yet", FALSE,
                           static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)));
  install(CompositorProperty::Stats,
          g_param_spec_boxed("stats", "stats",
                             "Frames, layers, and how frames were moved (see docs/zero-copy.md)",
                             GST_TYPE_STRUCTURE,
                             static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar* name,
                        const GstCaps* caps) {
  GstPad* pad =
      GST_ELEMENT_CLASS(parent_class())->request_new_pad(element, pad_template, name, caps);
  if (!pad) return nullptr;
  const auto take = [](GstPad* sink, GstPadProbeInfo* probe, gpointer compositor) {
    return self(compositor).take_picture(sink, probe);
  };
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, take, element, nullptr);
  gst_child_proxy_child_added(GST_CHILD_PROXY(element), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  return pad;
}

void release_pad(GstElement* element, GstPad* pad) {
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  GST_ELEMENT_CLASS(parent_class())->release_pad(element, pad);
}

void set_context(GstElement* element, GstContext* context) {
  self(element).set_context(context);
  GST_ELEMENT_CLASS(parent_class())->set_context(element, context);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
  if (change == GST_STATE_CHANGE_NULL_TO_READY && !self(element).open())
    return GST_STATE_CHANGE_FAILURE;
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(parent_class())->change_state(element, change);
  if (change == GST_STATE_CHANGE_READY_TO_NULL) self(element).close();
  return result;
}

void install_query_functions(GstAggregatorClass* klass) {
  klass->src_query = [](GstAggregator* a, GstQuery* query) -> gboolean {
    if (self(a).refuses_query(query)) return FALSE;
    return self(a).handle_query(query) || parent_class()->src_query(a, query);
  };
  klass->sink_query = [](GstAggregator* a, GstAggregatorPad* pad, GstQuery* query) -> gboolean {
    if (self(a).refuses_query(query)) return FALSE;
    return self(a).handle_query(query) || self(a).sink_query(GST_PAD_CAST(pad), query) ||
           parent_class()->sink_query(a, pad, query);
  };
  // Each buffer after the caps that it came with.
  klass->clip = [](GstAggregator*, GstAggregatorPad* pad, GstBuffer* buffer) {
    compositor_pad_of(pad).drm_stream().note_buffer(buffer);
    return buffer;
  };
  klass->sink_event = [](GstAggregator* a, GstAggregatorPad* pad, GstEvent* event) -> gboolean {
    compositor_pad_of(pad).sink_event(event);
    return parent_class()->sink_event(a, pad, event);
  };
}

void install_virtual_functions(GstVideoAggregatorClass* klass) {
  auto* aggregator = GST_AGGREGATOR_CLASS(klass);
  install_query_functions(aggregator);
  aggregator->update_src_caps = [](GstAggregator* a, GstCaps* allowed, GstCaps** caps) {
    *caps = self(a).update_src_caps(allowed).release();
    return GST_FLOW_OK;
  };
  aggregator->fixate_src_caps = [](GstAggregator* a, GstCaps* caps) {
    return self(a).fixate_src_caps(CapsHandle(caps)).release();
  };
  aggregator->decide_allocation = [](GstAggregator* a, GstQuery* query) -> gboolean {
    return self(a).decide_allocation(query);
  };
  aggregator->propose_allocation = [](GstAggregator* a, GstAggregatorPad*, GstQuery*,
                                      GstQuery* query) -> gboolean {
    return self(a).propose_allocation(query);
  };
  klass->create_output_buffer = [](GstVideoAggregator* a, GstBuffer** canvas) {
    return self(a).create_canvas(canvas);
  };
  klass->aggregate_frames = [](GstVideoAggregator* a, GstBuffer* canvas) {
    return self(a).aggregate_frames(canvas);
  };
}

void class_init(gpointer g_class, gpointer) {
  GObjectClass* object_class = G_OBJECT_CLASS(g_class);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class);
  install_virtual_functions(&static_cast<CompositorClass*>(g_class)->parent);

  GstElementClass* element_class = GST_ELEMENT_CLASS(g_class);
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  element_class->set_context = set_context;
  element_class->change_state = change_state;
  gst_element_class_set_static_metadata(
      element_class, "Compositor (Vulkan)", "Filter/Editor/Video/Compositor/Hardware",
      "Blends pictures onto a canvas in one dispatch of a Vulkan device", "The av1hw authors");
  const auto caps_of = [](const std::string& raw) {
    CapsHandle system(gst_caps_from_string(raw.c_str()));
    CapsHandle images = ImageFrames::caps_like(system.get());
    CapsHandle all = CudaFrames::add_caps(std::move(system));
    gst_caps_append(all.get(), images.release());
    gst_caps_append(all.get(), any_drm_caps().release());
    return all;
  };
  const CapsHandle sink = caps_of(raw_caps(composite_input_formats));
  const CapsHandle source = caps_of(raw_caps(composite_output_formats));
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new_with_gtype("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, sink.get(),
                                      av1hw_vk_compositor_pad_get_type()));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new_with_gtype("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                                                     source.get(), GST_TYPE_AGGREGATOR_PAD));
}

void instance_init(GTypeInstance* instance, gpointer) {
  reinterpret_cast<CompositorObject*>(instance)->impl =
      new Compositor(GST_VIDEO_AGGREGATOR(instance));
}

// sink_0::xpos in gst-launch-1.0's syntax.
GObject* child_by_index(GstChildProxy* proxy, guint index) {
  GST_OBJECT_LOCK(proxy);
  auto* child = static_cast<GObject*>(g_list_nth_data(GST_ELEMENT(proxy)->sinkpads, index));
  if (child) gst_object_ref(child);
  GST_OBJECT_UNLOCK(proxy);
  return child;
}

guint children_count(GstChildProxy* proxy) {
  GST_OBJECT_LOCK(proxy);
  const guint count = GST_ELEMENT(proxy)->numsinkpads;
  GST_OBJECT_UNLOCK(proxy);
  return count;
}

void child_proxy_init(gpointer g_interface, gpointer) {
  auto* interface = static_cast<GstChildProxyInterface*>(g_interface);
  interface->get_child_by_index = child_by_index;
  interface->get_children_count = children_count;
}

GType register_type() {
  GTypeInfo info = {};
  info.class_size = sizeof(CompositorClass);
  info.class_init = class_init;
  info.instance_size = sizeof(CompositorObject);
  info.instance_init = instance_init;
  const GType type = g_type_register_static(GST_TYPE_VIDEO_AGGREGATOR, "Av1HwVkCompositor", &info,
                                            static_cast<GTypeFlags>(0));
  const GInterfaceInfo proxy = {child_proxy_init, nullptr, nullptr};
  g_type_add_interface_static(type, GST_TYPE_CHILD_PROXY, &proxy);
  return type;
}

}  // namespace

GType av1hw_vk_compositor_get_type() {
  static const GType type = register_type();
  return type;
}

}  // namespace av1hw
