// SPDX-License-Identifier: LGPL-2.1-or-later
// The GObject of av1compositebin.
#include "bins/bins.h"
#include "bins/composite_bin.h"
#include "bins/composite_pad.h"
#include "bins/composite_properties.h"

namespace av1hw {

struct Av1HwCompositeBin {
  GstBin parent;
  CompositeBin* impl;
};
struct Av1HwCompositeBinClass {
  GstBinClass parent_class;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS("video/x-av1; video/x-raw(ANY)"));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("video/x-av1, stream-format = (string) obu-stream, "
                                            "alignment = (string) tu; video/x-raw(ANY)"));

static CompositeBin& impl_of(gpointer instance) {
  return *static_cast<Av1HwCompositeBin*>(instance)->impl;
}

// The children are the pads, then the elements: "sink_0::alpha", "encoder::bitrate".
static GObject* child_by_index(GstChildProxy* proxy, guint index) {
  GstElement* element = GST_ELEMENT(proxy);
  GST_OBJECT_LOCK(element);
  auto* pad = static_cast<GObject*>(g_list_nth_data(element->sinkpads, index));
  const guint pads = element->numsinkpads;
  if (pad) g_object_ref(pad);
  GObject* child = pad;
  if (!pad) {
    child = static_cast<GObject*>(g_list_nth_data(GST_BIN(proxy)->children, index - pads));
    if (child) g_object_ref(child);
  }
  GST_OBJECT_UNLOCK(element);
  return child;
}

static GObject* child_by_name(GstChildProxy* proxy, const gchar* name) {
  if (GstPad* pad = gst_element_get_static_pad(GST_ELEMENT(proxy), name)) return G_OBJECT(pad);
  return reinterpret_cast<GObject*>(gst_bin_get_by_name(GST_BIN(proxy), name));
}

static guint children_count(GstChildProxy* proxy) {
  GST_OBJECT_LOCK(proxy);
  const guint count =
      GST_ELEMENT(proxy)->numsinkpads + static_cast<guint>(GST_BIN_NUMCHILDREN(proxy));
  GST_OBJECT_UNLOCK(proxy);
  return count;
}

static void child_proxy_init(gpointer iface, gpointer) {
  auto* proxy = static_cast<GstChildProxyInterface*>(iface);
  proxy->get_child_by_index = child_by_index;
  proxy->get_child_by_name = child_by_name;
  proxy->get_children_count = children_count;
}

G_DEFINE_TYPE_WITH_CODE(Av1HwCompositeBin, av1hw_composite_bin, GST_TYPE_BIN,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_CHILD_PROXY, child_proxy_init))

static void set_bin_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  if (!impl_of(object).set_property(id, value, spec))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void get_bin_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  if (!impl_of(object).get_property(id, value)) G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static GstStateChangeReturn change_bin_state(GstElement* element, GstStateChange transition) {
  CompositeBin& impl = impl_of(element);
  const bool opens = transition == GST_STATE_CHANGE_NULL_TO_READY;
  const bool starts = transition == GST_STATE_CHANGE_READY_TO_PAUSED;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) impl.begin_stop();
  GstStateChangeReturn result = GST_STATE_CHANGE_FAILURE;
  if ((!opens || impl.open()) && (!starts || impl.start()))
    result = GST_ELEMENT_CLASS(av1hw_composite_bin_parent_class)->change_state(element, transition);
  // After a step that failed no step back follows, and the next attempt starts afresh.
  const bool failed = result == GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY || (starts && failed)) impl.stop();
  if (transition == GST_STATE_CHANGE_READY_TO_NULL || (opens && failed)) impl.close();
  return result;
}

static void handle_bin_message(GstBin* bin, GstMessage* message) {
  // Linking its elements posts messages while the implementation is being constructed.
  CompositeBin* impl = reinterpret_cast<Av1HwCompositeBin*>(bin)->impl;
  if (impl && impl->take_message(message)) {
    gst_message_unref(message);
  } else {
    GST_BIN_CLASS(av1hw_composite_bin_parent_class)->handle_message(bin, message);
  }
}

static GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar* name,
                               const GstCaps*) {
  return impl_of(element).request_pad(pad_template, name);
}

static void release_pad(GstElement* element, GstPad* pad) { impl_of(element).release_pad(pad); }

static void finalize_bin(GObject* object) {
  delete reinterpret_cast<Av1HwCompositeBin*>(object)->impl;
  G_OBJECT_CLASS(av1hw_composite_bin_parent_class)->finalize(object);
}

static void av1hw_composite_bin_class_init(Av1HwCompositeBinClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_bin_property;
  object_class->get_property = get_bin_property;
  object_class->finalize = finalize_bin;
  install_composite_properties(object_class);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_bin_state;
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  GST_BIN_CLASS(klass)->handle_message = handle_bin_message;
  gst_element_class_add_static_pad_template_with_gtype(element_class, &sink_template,
                                                       av1hw_composite_pad_get_type());
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "AV1 composite bin", "Filter/Editor/Video/Compositor",
      "Decodes AV1 and raw inputs, composites them and encodes the picture to AV1",
      "The av1hw authors");
}

static void av1hw_composite_bin_init(Av1HwCompositeBin* self) {
  self->impl = new CompositeBin(GST_BIN(self), GST_ELEMENT_CLASS(G_OBJECT_GET_CLASS(self)));
}

}  // namespace av1hw
