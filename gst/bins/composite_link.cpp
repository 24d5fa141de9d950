// SPDX-License-Identifier: LGPL-2.1-or-later
// Between an input's queue and the blender: frames go on as they are where the blender takes them,
// and through an adapter where it does not.
#include <gst/controller/controller.h>
#include <gst/video/video.h>

#include <utility>

#include "bins/adapter.h"
#include "bins/composite_input.h"
#include "bins/composite_pad.h"
#include "bins/log.h"
#include "bins/memory_caps.h"

namespace av1hw {
namespace {

PadHandle static_pad(const ElementHandle& element, const char* name) {
  return PadHandle(element ? gst_element_get_static_pad(element.get(), name) : nullptr);
}

void unlink(GstPad* src) {
  if (const PadHandle peer{gst_pad_get_peer(src)}) gst_pad_unlink(src, peer.get());
}

// Unchecked: what passes here was decided with the caps at hand, and until a decoder is in place
// the queue seems to be given AV1.
bool link(GstPad* src, GstPad* sink) {
  return gst_pad_link_full(src, sink, GST_PAD_LINK_CHECK_NOTHING) == GST_PAD_LINK_OK;
}

}  // namespace

// The queue's pad outlives no tear_down(), so the input is there.
void CompositeInput::watch_queue() {
  const PadHandle src = static_pad(queue_, "src");
  const auto watch = [&](int types, GstPadProbeCallback callback) {
    gst_pad_add_probe(src.get(), static_cast<GstPadProbeType>(types), callback, this, nullptr);
  };
  watch(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, [](GstPad*, GstPadProbeInfo* info, gpointer input) {
    return static_cast<CompositeInput*>(input)->on_event(info);
  });
  watch(GST_PAD_PROBE_TYPE_BUFFER, [](GstPad*, GstPadProbeInfo* info, gpointer input) {
    return static_cast<CompositeInput*>(input)->on_frame(info);
  });
  watch(GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH,
        [](GstPad*, GstPadProbeInfo* info, gpointer input) {
          return static_cast<CompositeInput*>(input)->on_query(info);
        });
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
  std::lock_guard routing(routing_);
  // A route that was under way when the last blender went may have led there.
  const PadHandle src = static_pad(queue_, "src");
  unlink(src.get());
  if (!link(src.get(), pad.get())) GST_WARNING_OBJECT(pad_, "the blender's pad was not linked");
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
  std::lock_guard routing(routing_);
  take_adapter_out();
}

// Its queue's thread has nothing left to push, and would let the blender wait for ever.
void CompositeInput::resume() {
  const PadHandle src = static_pad(queue_, "src");
  const PadHandle pad = blender_pad();
  if (!src || !pad) return;
  const GstHandle<GstEvent> end(gst_pad_get_sticky_event(src.get(), GST_EVENT_EOS, 0));
  if (!end) return;
  for (const GstEventType type : {GST_EVENT_STREAM_START, GST_EVENT_SEGMENT, GST_EVENT_EOS}) {
    if (GstEvent* event = gst_pad_get_sticky_event(src.get(), type, 0))
      gst_pad_send_event(pad.get(), event);
  }
}

PadHandle CompositeInput::blender_pad() const {
  std::lock_guard guard(lock_);
  return PadHandle(blender_pad_ ? static_cast<GstPad*>(gst_object_ref(blender_pad_.get()))
                                : nullptr);
}

std::string CompositeInput::memory() const {
  std::lock_guard guard(lock_);
  return memory_of(picture_caps_.get());
}

std::string CompositeInput::adapter_text() const {
  std::lock_guard guard(lock_);
  return adapter_text_;
}

CapsHandle CompositeInput::blender_caps() const {
  const PadHandle pad = blender_pad();
  if (!pad) return nullptr;
  const CapsHandle caps(gst_pad_query_caps(pad.get(), nullptr));
  return owner_.system_memory_only() ? system_memory_only(caps.get())
                                     : device_memory_first(caps.get());
}

bool CompositeInput::takes(const GstCaps* caps) const {
  if (owner_.system_memory_only() && in_device_memory(caps)) return false;
  const PadHandle pad = blender_pad();
  return pad && gst_pad_query_accept_caps(pad.get(), const_cast<GstCaps*>(caps));
}

// What would need an adapter is only offered to those who have nothing else (`filter`), lest they
// choose it. Decoders all have something else.
CapsHandle CompositeInput::raw_caps(const GstCaps* filter) const {
  CapsHandle caps = blender_caps();
  if (!caps) return CapsHandle(gst_caps_from_string("video/x-raw(ANY)"));
  if (decoder() || (filter && gst_caps_can_intersect(filter, caps.get()))) return caps;
  return CapsHandle(gst_caps_merge(caps.release(), adaptable_caps().release()));
}

// Answered here and not by the adapter, which stays only as long as it is needed.
GstPadProbeReturn CompositeInput::on_query(GstPadProbeInfo* info) const {
  GstQuery* query = GST_PAD_PROBE_INFO_QUERY(info);
  if (!blender_pad()) return GST_PAD_PROBE_OK;
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    GstCaps* caps = nullptr;
    gst_query_parse_accept_caps(query, &caps);
    gst_query_set_accept_caps_result(
        query, takes(caps) || gst_caps_can_intersect(caps, raw_caps(nullptr).get()));
    return GST_PAD_PROBE_HANDLED;
  }
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return GST_PAD_PROBE_OK;
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  CapsHandle caps = raw_caps(filter);
  if (filter) caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
  gst_query_set_caps_result(query, caps.get());
  return GST_PAD_PROBE_HANDLED;
}

GstPadProbeReturn CompositeInput::on_event(GstPadProbeInfo* info) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) link_again();
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  route(caps);
  note_caps(caps);
  return GST_PAD_PROBE_OK;
}

// Handed on by hand, so that a blender that fails can be exchanged without a word to upstream: what
// follows goes to the one in its place.
GstPadProbeReturn CompositeInput::on_frame(GstPadProbeInfo* info) {
  frames_++;
  count_adapted(GST_PAD_PROBE_INFO_BUFFER(info));
  const unsigned number = owner_.await_blender();
  const PadHandle src = static_pad(queue_, "src");
  const PadHandle peer(src ? gst_pad_get_peer(src.get()) : nullptr);
  // The blender went just now: its frame is lost with it, and the input goes on.
  if (!peer && owner_.await_other_blender(number, GST_FLOW_NOT_LINKED)) {
    gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_OK;
    return GST_PAD_PROBE_HANDLED;
  }
  // Another one was linked meanwhile: its events come first, which is the pad's business.
  if (!peer || GST_PAD_HAS_PENDING_EVENTS(src.get())) return GST_PAD_PROBE_OK;
  GstFlowReturn flow = gst_pad_chain(peer.get(), GST_PAD_PROBE_INFO_BUFFER(info));
  if (flow == GST_FLOW_OK)
    owner_.blender_got_frame();
  else if (owner_.await_other_blender(number, flow))
    flow = GST_FLOW_OK;
  GST_PAD_PROBE_INFO_FLOW_RETURN(info) = flow;
  return GST_PAD_PROBE_HANDLED;
}

void CompositeInput::count_adapted(GstBuffer* buffer) {
  std::lock_guard guard(lock_);
  if (!adapter_) return;
  GstVideoInfo video;
  const bool known = picture_caps_ && gst_video_info_from_caps(&video, picture_caps_.get()) &&
                     GST_VIDEO_INFO_SIZE(&video) > 0;
  adapter_moves_.count(adapter_move_,
                       known ? GST_VIDEO_INFO_SIZE(&video) : gst_buffer_get_size(buffer));
}

// Puts an adapter in place, or takes it out, as these caps need. On the queue's thread, before they
// go on: what is sticky is pushed again to whoever is linked then. Where nothing helps the queue
// leads nowhere, which upstream is told by the next frame's flow.
void CompositeInput::route(const GstCaps* caps) {
  std::lock_guard routing(routing_);
  const PadHandle target = blender_pad();
  if (!target || failed_) return;
  const bool direct = takes(caps);
  const bool adapted = !adapter_text().empty();
  if (direct && !adapted) return;
  take_adapter_out();
  const PadHandle src = static_pad(queue_, "src");
  unlink(src.get());
  if (direct) {
    link(src.get(), target.get());
  } else if (const Result<> put = put_adapter(caps, target.get()); !put) {
    take_adapter_out();
    std::lock_guard guard(lock_);
    refusal_ = put.error().message;
  }
}

// An input that failed has its EOS to hand on.
void CompositeInput::link_again() {
  std::lock_guard routing(routing_);
  const PadHandle target = blender_pad(), src = static_pad(queue_, "src");
  if (target && failed_ && !gst_pad_is_linked(src.get())) link(src.get(), target.get());
}

Result<> CompositeInput::put_adapter(const GstCaps* caps, GstPad* target) {
  const CapsHandle taken = blender_caps();
  if (!taken) return {};
  Result<Adapter> made = make_adapter(caps, taken.get());
  if (!made) return std::unexpected(made.error());
  GstElement* element = made->element.get();
  gst_object_set_name(GST_OBJECT(element), ("adapt_" + name()).c_str());
  gst_bin_add(owner_.bin(), element);
  {
    std::lock_guard guard(lock_);
    adapter_.reset(static_cast<GstElement*>(gst_object_ref(element)));
    adapter_text_ = made->text;
    adapter_move_ = made->move;
  }
  GST_INFO_OBJECT(pad_, "%s, as the blender does not take what comes", made->text.c_str());
  if (link(static_pad(made->element, "src").get(), target) &&
      link(static_pad(queue_, "src").get(), static_pad(made->element, "sink").get()) &&
      gst_element_sync_state_with_parent(element))
    return {};
  return av1hw::fail(ErrorCode::Unavailable, made->text + " could not be started");
}

// With routing_ held.
void CompositeInput::take_adapter_out() {
  ElementHandle adapter;
  {
    std::lock_guard guard(lock_);
    adapter = std::move(adapter_);
    adapter_text_.clear();
  }
  if (!adapter) return;
  gst_element_set_locked_state(adapter.get(), TRUE);
  gst_element_set_state(adapter.get(), GST_STATE_NULL);
  if (gst_object_has_as_parent(GST_OBJECT(adapter.get()), GST_OBJECT(owner_.bin())))
    gst_bin_remove(owner_.bin(), adapter.get());
}

}  // namespace av1hw
