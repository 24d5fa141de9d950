// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes one input of av1compositebin, and keeps its troubles to itself.
#include "bins/composite_input.h"

#include <gst/controller/controller.h>
#include <gst/video/video.h>

#include <utility>

#include "base/unique_handle.h"
#include "bins/composite_pad.h"
#include "bins/log.h"

namespace av1hw {
namespace {

// Pictures that wait for the blender, so that decoding goes on while it works.
constexpr guint queued_pictures = 2;

ElementHandle make_queue(const std::string& name) {
  GstElement* queue = gst_element_factory_make("queue", name.c_str());
  if (!queue) return nullptr;
  g_object_set(queue, "max-size-buffers", queued_pictures, "max-size-bytes", 0u, "max-size-time",
               guint64{0}, "silent", TRUE, nullptr);
  return ElementHandle(static_cast<GstElement*>(gst_object_ref_sink(queue)));
}

PadHandle static_pad(const ElementHandle& element, const char* name) {
  return PadHandle(element ? gst_element_get_static_pad(element.get(), name) : nullptr);
}

void add_to(GstBin* bin, const ElementHandle& element) { gst_bin_add(bin, element.get()); }

void stop_and_remove(GstBin* bin, const ElementHandle& element) {
  gst_element_set_locked_state(element.get(), TRUE);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  // A bin that is disposed of gives up its elements before its pads.
  if (gst_object_has_as_parent(GST_OBJECT(element.get()), GST_OBJECT(bin)))
    gst_bin_remove(bin, element.get());
}

bool is_av1(const GstCaps* caps) {
  return gst_structure_has_name(gst_caps_get_structure(caps, 0), "video/x-av1");
}

}  // namespace

struct CompositeInput::Callbacks {
  static GstFlowReturn chain(GstPad* pad, GstObject*, GstBuffer* buffer) {
    return input_of(pad).chain(BufferHandle(buffer));
  }
  static GstFlowReturn chain_list(GstPad* pad, GstObject*, GstBufferList* list) {
    return input_of(pad).chain_list(list);
  }
  static gboolean event(GstPad* pad, GstObject*, GstEvent* event) {
    return input_of(pad).event(event);
  }
  static gboolean query(GstPad* pad, GstObject*, GstQuery* query) {
    return input_of(pad).query(query);
  }
  // The queue's pad outlives no tear_down(), so the input is there.
  static GstPadProbeReturn on_output(GstPad*, GstPadProbeInfo* info, gpointer input) {
    static_cast<CompositeInput*>(input)->note_output(info);
    return GST_PAD_PROBE_OK;
  }
};

CompositeInput::CompositeInput(GstPad* pad, guint index, CompositeOwner& owner)
    : pad_(pad), index_(index), owner_(owner) {
  gst_pad_set_chain_function(pad, Callbacks::chain);
  gst_pad_set_chain_list_function(pad, Callbacks::chain_list);
  gst_pad_set_event_function(pad, Callbacks::event);
  gst_pad_set_query_function(pad, Callbacks::query);
}

CompositeInput::~CompositeInput() = default;

std::string CompositeInput::name() const {
  const GCharPtr name(gst_pad_get_name(pad_));
  return name.get();
}

void CompositeInput::build() {
  queue_ = make_queue("queue_" + name());
  if (!queue_) return;
  add_to(owner_.bin(), queue_);
  const PadHandle src = static_pad(queue_, "src");
  gst_pad_add_probe(
      src.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      Callbacks::on_output, this, nullptr);
  // Until caps say what comes, queries about latency and the like pass here.
  gst_ghost_pad_set_target(GST_GHOST_PAD(pad_), static_pad(queue_, "sink").get());
  gst_element_sync_state_with_parent(queue_.get());
}

void CompositeInput::tear_down() {
  removed_ = true;
  detach();
  // From the blender's end, so that a streaming thread which waits in there is let go.
  if (queue_) stop_and_remove(owner_.bin(), queue_);
  remove_decoder();
  // That thread may be putting a decoder in place: only when it has left there is no other.
  gst_pad_set_active(pad_, FALSE);
  remove_decoder();
  gst_ghost_pad_set_target(GST_GHOST_PAD(pad_), nullptr);
}

void CompositeInput::attach(GstElement* blender) {
  {
    std::lock_guard guard(lock_);
    if (removed_ || blender_) return;
    blender_.reset(static_cast<GstElement*>(gst_object_ref(blender)));
  }
  GstPadTemplate* pad_template = gst_element_get_pad_template(blender, "sink_%u");
  const PadHandle pad(gst_element_request_pad(blender, pad_template, name().c_str(), nullptr));
  bool detached = false;
  {
    std::lock_guard guard(lock_);
    detached = blender_.get() != blender;
    if (!pad && !detached) blender_.reset();
    if (pad && !detached) blender_pad_.reset(static_cast<GstPad*>(gst_object_ref(pad.get())));
  }
  if (pad && detached) gst_element_release_request_pad(blender, pad.get());
  if (!pad || detached) return;
  forward_all();
  // Control bindings on our pad are followed by the blender, in its own time.
  for (const char* property : pad_property_names) {
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(pad.get()), property);
    if (!spec || !(spec->flags & GST_PARAM_CONTROLLABLE)) continue;
    gst_object_add_control_binding(
        GST_OBJECT(pad.get()),
        gst_proxy_control_binding_new(GST_OBJECT(pad.get()), property, GST_OBJECT(pad_), property));
  }
  // Unchecked: until the decoder is in place, the queue seems to be given AV1.
  gst_pad_link_full(static_pad(queue_, "src").get(), pad.get(), GST_PAD_LINK_CHECK_NOTHING);
}

void CompositeInput::detach() {
  PadHandle pad;
  ElementHandle blender;
  {
    std::lock_guard guard(lock_);
    pad = std::move(blender_pad_);
    blender = std::move(blender_);
  }
  if (pad) gst_element_release_request_pad(blender.get(), pad.get());
}

bool CompositeInput::contains(GstObject* source) const {
  const ElementHandle decoder = this->decoder();
  for (GstElement* element : {decoder.get(), queue_.get()}) {
    if (element &&
        (source == GST_OBJECT(element) || gst_object_has_as_ancestor(source, GST_OBJECT(element))))
      return true;
  }
  return false;
}

void CompositeInput::fail(const std::string& reason) {
  if (removed_ || failed_.exchange(true)) return;
  owner_.input_failed(*this, reason);
  // After the pictures that are queued already. A thread that is inside of this input holds only
  // locks that it may take again.
  gst_pad_send_event(static_pad(queue_, "sink").get(), gst_event_new_eos());
}

GstFlowReturn CompositeInput::chain(BufferHandle buffer) {
  if (failed_ || removed_) return GST_FLOW_EOS;
  const GstFlowReturn flow =
      gst_proxy_pad_chain_default(pad_, GST_OBJECT(owner_.bin()), buffer.release());
  if (flow >= GST_FLOW_OK || flow == GST_FLOW_FLUSHING || flow == GST_FLOW_EOS) return flow;
  // Upstream must not take this for an error of the pipeline's.
  fail(std::string("its data could not be handled (") + gst_flow_get_name(flow) + ")");
  return GST_FLOW_EOS;
}

GstFlowReturn CompositeInput::chain_list(GstBufferList* list) {
  const GstHandle<GstBufferList> held(list);
  GstFlowReturn flow = GST_FLOW_OK;
  for (guint i = 0; flow == GST_FLOW_OK && i < gst_buffer_list_length(list); i++)
    flow = chain(share(gst_buffer_list_get(list, i)));
  return flow;
}

bool CompositeInput::event(GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
  case GST_EVENT_CAPS: {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    if (failed_ || !prepare_for(caps)) {
      gst_event_unref(event);
      return true;
    }
    break;
  }
  case GST_EVENT_EOS:
    if (!failed_) break;
    gst_event_unref(event);
    return true;
  case GST_EVENT_FLUSH_START: return flush_start(event);
  case GST_EVENT_FLUSH_STOP: failed_ = false; break;
  default: break;
  }
  return gst_pad_event_default(pad_, GST_OBJECT(owner_.bin()), event);
}

// Comes from any thread, also while a decoder is being put in place and the pad leads nowhere; the
// blender waits for a flush of each of its inputs.
bool CompositeInput::flush_start(GstEvent* event) {
  const GstHandle<GstEvent> again(gst_event_ref(event));
  const auto leads_on = [this] {
    return PadHandle(gst_ghost_pad_get_target(GST_GHOST_PAD(pad_))) != nullptr;
  };
  const bool led_on = leads_on();
  const bool taken = gst_pad_event_default(pad_, GST_OBJECT(owner_.bin()), event);
  if ((led_on && leads_on()) || removed_) return taken;
  return gst_pad_send_event(static_pad(queue_, "sink").get(), gst_event_ref(again.get()));
}

// AV1 is always welcome; of raw video, what the blender takes.
bool CompositeInput::query(GstQuery* query) {
  GstObject* parent = GST_OBJECT(owner_.bin());
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    GstCaps* caps = nullptr;
    gst_query_parse_accept_caps(query, &caps);
    if (!is_av1(caps) && !decoder()) return gst_pad_query_default(pad_, parent, query);
    const CapsHandle all(gst_pad_get_pad_template_caps(pad_));
    gst_query_set_accept_caps_result(query, gst_caps_can_intersect(caps, all.get()));
    return true;
  }
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return gst_pad_query_default(pad_, parent, query);
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  CapsHandle caps(gst_caps_new_empty_simple("video/x-av1"));
  const PadHandle after = static_pad(queue_, "src");
  CapsHandle raw(after ? gst_pad_peer_query_caps(after.get(), nullptr) : nullptr);
  if (raw) caps.reset(gst_caps_merge(caps.release(), raw.release()));
  const CapsHandle all(gst_pad_get_pad_template_caps(pad_));
  caps.reset(gst_caps_intersect(caps.get(), all.get()));
  if (filter) caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
  gst_query_set_caps_result(query, caps.get());
  return true;
}

// Puts in place what these caps need. Runs on the streaming thread.
bool CompositeInput::prepare_for(const GstCaps* caps) {
  if (is_av1(caps)) return decoder() || insert_decoder();
  if (decoder()) remove_decoder();
  return gst_ghost_pad_set_target(GST_GHOST_PAD(pad_), static_pad(queue_, "sink").get());
}

bool CompositeInput::insert_decoder() {
  ElementHandle decoder = owner_.make_decoder("decode_" + name());
  if (!decoder) {
    fail("av1decbin could not be created");
    return false;
  }
  add_to(owner_.bin(), decoder);
  {
    std::lock_guard guard(lock_);
    decoder_.reset(static_cast<GstElement*>(gst_object_ref(decoder.get())));
  }
  gst_ghost_pad_set_target(GST_GHOST_PAD(pad_), nullptr);
  if (!gst_element_link(decoder.get(), queue_.get()) ||
      !gst_element_sync_state_with_parent(decoder.get()) ||
      !gst_ghost_pad_set_target(GST_GHOST_PAD(pad_), static_pad(decoder, "sink").get())) {
    fail("av1decbin could not be put in place");
    return false;
  }
  return true;
}

void CompositeInput::remove_decoder() {
  ElementHandle decoder;
  {
    std::lock_guard guard(lock_);
    decoder = std::move(decoder_);
  }
  if (!decoder) return;
  stop_and_remove(owner_.bin(), decoder);
  owner_.decoder_gone(decoder.get());
}

ElementHandle CompositeInput::decoder() const {
  std::lock_guard guard(lock_);
  return decoder_ ? ElementHandle(static_cast<GstElement*>(gst_object_ref(decoder_.get())))
                  : nullptr;
}

void CompositeInput::note_output(GstPadProbeInfo* info) {
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    frames_++;
    return;
  }
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  GstVideoInfo video;
  if (!gst_video_info_from_caps(&video, caps)) return;
  {
    std::lock_guard guard(lock_);
    picture_caps_.reset(gst_caps_ref(caps));
    picture_width_ = GST_VIDEO_INFO_WIDTH(&video);
    picture_height_ = GST_VIDEO_INFO_HEIGHT(&video);
  }
  owner_.input_size_changed();
}

std::string CompositeInput::caps_field(const char* field) const {
  std::lock_guard guard(lock_);
  if (!picture_caps_) return {};
  const char* text =
      gst_structure_get_string(gst_caps_get_structure(picture_caps_.get(), 0), field);
  return text ? text : "";
}

Rectangle CompositeInput::picture() const {
  std::lock_guard guard(lock_);
  return {0, 0, picture_width_, picture_height_};
}

}  // namespace av1hw
