// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes one input of av1compositebin, and keeps its troubles to itself.
#include "bins/composite_input.h"

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
  watch_queue();
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

bool CompositeInput::contains(GstObject* source) const {
  const ElementHandle decoder = this->decoder();
  ElementHandle adapter;
  {
    std::lock_guard guard(lock_);
    if (adapter_) adapter.reset(static_cast<GstElement*>(gst_object_ref(adapter_.get())));
  }
  for (GstElement* element : {decoder.get(), queue_.get(), adapter.get()}) {
    if (element &&
        (source == GST_OBJECT(element) || gst_object_has_as_ancestor(source, GST_OBJECT(element))))
      return true;
  }
  return false;
}

void CompositeInput::fail(const std::string& reason) {
  if (removed_ || failed_.exchange(true)) return;
  std::string refusal;
  {
    std::lock_guard guard(lock_);
    if (!refusal_.empty()) refusal = ": " + std::exchange(refusal_, {});
  }
  owner_.input_failed(*this, reason + refusal);
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

// AV1 is always welcome; of raw video, what the blender takes or an adapter makes fit.
bool CompositeInput::query(GstQuery* query) {
  GstObject* parent = GST_OBJECT(owner_.bin());
  const CapsHandle all(gst_pad_get_pad_template_caps(pad_));
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    GstCaps* caps = nullptr;
    gst_query_parse_accept_caps(query, &caps);
    const bool fits = gst_caps_can_intersect(caps, all.get());
    const bool raw = fits && !is_av1(caps) && blender_pad();
    gst_query_set_accept_caps_result(
        query, raw ? takes(caps) || gst_caps_can_intersect(caps, raw_caps(nullptr).get()) : fits);
    return true;
  }
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS) return gst_pad_query_default(pad_, parent, query);
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  CapsHandle caps(gst_caps_new_empty_simple("video/x-av1"));
  caps.reset(gst_caps_merge(caps.release(), raw_caps(filter).release()));
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
  owner_.element_gone(decoder.get());
}

ElementHandle CompositeInput::decoder() const {
  std::lock_guard guard(lock_);
  return decoder_ ? ElementHandle(static_cast<GstElement*>(gst_object_ref(decoder_.get())))
                  : nullptr;
}

void CompositeInput::note_caps(GstCaps* caps) {
  // Read by hand: the picture may be a DMA-BUF of a layout that GstVideoInfo does not describe.
  int width = 0, height = 0;
  const GstStructure* s = gst_caps_get_structure(caps, 0);
  if (!gst_structure_get_int(s, "width", &width) || !gst_structure_get_int(s, "height", &height))
    return;
  {
    std::lock_guard guard(lock_);
    picture_caps_.reset(gst_caps_ref(caps));
    picture_width_ = width;
    picture_height_ = height;
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
