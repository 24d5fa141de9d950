// SPDX-License-Identifier: LGPL-2.1-or-later
// What arrives at a codec bin's pads: events and queries, with and without an element in place.
#include "bins/codec_bin.h"
#include "bins/log.h"

namespace av1hw {

// The pads carry the bin as user data: they go when the bin's GObject does, before the C++ object.
struct CodecBin::Callbacks {
  static GstFlowReturn chain(GstPad* pad, GstObject*, GstBuffer* buffer) {
    return static_cast<CodecBin*>(pad->chaindata)->chain(buffer);
  }
  static GstFlowReturn chain_list(GstPad* pad, GstObject*, GstBufferList* list) {
    return static_cast<CodecBin*>(pad->chainlistdata)->chain_list(list);
  }
  static gboolean sink_event(GstPad* pad, GstObject*, GstEvent* event) {
    return static_cast<CodecBin*>(pad->eventdata)->sink_event(event);
  }
  static gboolean sink_query(GstPad* pad, GstObject*, GstQuery* query) {
    return static_cast<CodecBin*>(pad->querydata)->sink_query(query);
  }
  static gboolean src_event(GstPad* pad, GstObject*, GstEvent* event) {
    return static_cast<CodecBin*>(pad->eventdata)->src_event(event);
  }
  static gboolean src_query(GstPad* pad, GstObject*, GstQuery* query) {
    return static_cast<CodecBin*>(pad->querydata)->src_query(query);
  }
  static GstPadProbeReturn on_output(GstPad*, GstPadProbeInfo*, gpointer user_data) {
    auto* self = static_cast<CodecBin*>(user_data);
    self->watching_ = false;
    self->settle();
    return GST_PAD_PROBE_REMOVE;
  }
};

void CodecBin::install_pad_functions() {
  gst_pad_set_chain_function_full(sink_pad(), Callbacks::chain, this, nullptr);
  gst_pad_set_chain_list_function_full(sink_pad(), Callbacks::chain_list, this, nullptr);
  gst_pad_set_event_function_full(sink_pad(), Callbacks::sink_event, this, nullptr);
  gst_pad_set_query_function_full(sink_pad(), Callbacks::sink_query, this, nullptr);
  gst_pad_set_event_function_full(src_pad(), Callbacks::src_event, this, nullptr);
  gst_pad_set_query_function_full(src_pad(), Callbacks::src_query, this, nullptr);
}

void CodecBin::watch_for_output() {
  if (watching_.exchange(true)) return;
  constexpr auto data =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
  gst_pad_add_probe(src_pad(), data, Callbacks::on_output, this, nullptr);
}

bool CodecBin::sink_event(GstEvent* event) {
  GstObject* parent = GST_OBJECT(bin_);
  switch (GST_EVENT_TYPE(event)) {
  case GST_EVENT_CAPS: {
    const GstHandle<GstEvent> held(event);
    return negotiate(event);
  }
  case GST_EVENT_EOS:
    // What is pushed after an EOS is refused, so nothing could be replayed from here on.
    settle();
    if (exchange_.installed()) break;
    // A stream that ended before it had caps: nothing inside could hand this on.
    if (GstEvent* start = gst_pad_get_sticky_event(sink_pad(), GST_EVENT_STREAM_START, 0))
      gst_pad_push_event(src_pad(), start);
    return gst_pad_push_event(src_pad(), event);
  case GST_EVENT_FLUSH_STOP: held_.clear(); [[fallthrough]];
  case GST_EVENT_FLUSH_START: return exchange_.flush(event);
  default: break;
  }
  return gst_pad_event_default(sink_pad(), parent, event);
}

bool CodecBin::sink_query(GstQuery* query) {
  switch (GST_QUERY_TYPE(query)) {
  case GST_QUERY_CAPS: {
    GstCaps* filter = nullptr;
    gst_query_parse_caps(query, &filter);
    CapsHandle caps = accepted_caps();
    if (filter) caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
    gst_query_set_caps_result(query, caps.get());
    return true;
  }
  case GST_QUERY_ACCEPT_CAPS: {
    GstCaps* caps = nullptr;
    gst_query_parse_accept_caps(query, &caps);
    const CapsHandle accepted = accepted_caps();
    gst_query_set_accept_caps_result(query, gst_caps_can_intersect(caps, accepted.get()));
    return true;
  }
  case GST_QUERY_CONTEXT:
    return gst_pad_query_default(sink_pad(), GST_OBJECT(bin_), query) || answer_context(query);
  default: return gst_pad_query_default(sink_pad(), GST_OBJECT(bin_), query);
  }
}

// Until there is an element, seeks and the like are for those upstream.
bool CodecBin::src_event(GstEvent* event) {
  if (exchange_.has_output()) return gst_pad_event_default(src_pad(), GST_OBJECT(bin_), event);
  return gst_pad_push_event(sink_pad(), event);
}

bool CodecBin::src_query(GstQuery* query) {
  const GstQueryType type = GST_QUERY_TYPE(query);
  if (exchange_.has_output() || type == GST_QUERY_CAPS || type == GST_QUERY_ACCEPT_CAPS)
    return gst_pad_query_default(src_pad(), GST_OBJECT(bin_), query);
  return gst_pad_peer_query(sink_pad(), query);
}

}  // namespace av1hw
