// SPDX-License-Identifier: LGPL-2.1-or-later
// Installs, feeds, drains and removes the chain of elements inside a bin.
#include "bins/exchange.h"

#include <chrono>
#include <condition_variable>
#include <format>
#include <memory>
#include <utility>

namespace av1hw {
namespace {

// How long a chain may take to finish what it holds back, before it is given up.
constexpr std::chrono::seconds drain_limit{5};

PadHandle static_pad(GstElement* element, const char* name) {
  return PadHandle(gst_element_get_static_pad(element, name));
}

GstPad* add_ghost(GstBin* bin, const char* name, GstPadTemplate* pad_template) {
  GstPad* pad = gst_ghost_pad_new_no_target_from_template(name, pad_template);
  gst_element_add_pad(GST_ELEMENT(bin), pad);
  return pad;
}

// Waits for the EOS that a draining chain puts out, and keeps it from going further.
struct DrainWatch {
  std::mutex lock;
  std::condition_variable seen;
  bool done = false;

  static GstPadProbeReturn on_event(GstPad*, GstPadProbeInfo* info, gpointer user_data) {
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
    auto& watch = **static_cast<std::shared_ptr<DrainWatch>*>(user_data);
    std::lock_guard guard(watch.lock);
    watch.done = true;
    watch.seen.notify_all();
    return GST_PAD_PROBE_DROP;
  }
  static void destroy(gpointer user_data) {
    delete static_cast<std::shared_ptr<DrainWatch>*>(user_data);
  }
};

// What is put in place meets a stream that is already being pushed: no parser may start to pull.
gboolean answer_feed_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_SCHEDULING)
    return gst_pad_query_default(pad, parent, query);
  gst_query_set_scheduling(query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1, 0);
  gst_query_add_scheduling_mode(query, GST_PAD_MODE_PUSH);
  return TRUE;
}

}  // namespace

Exchange::Exchange(GstBin* bin, GstPadTemplate* sink, GstPadTemplate* src)
    : bin_(bin),
      sink_(add_ghost(bin, "sink", sink)),
      src_(add_ghost(bin, "src", src)),
      feed_(GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(sink_)))) {
  gst_pad_set_query_function(feed_.get(), answer_feed_query);
}

Result<> Exchange::install(std::vector<ElementHandle> chain) {
  std::lock_guard installing(install_lock_);
  if (stopped_) return fail(ErrorCode::Failed, "the bin is being stopped");
  for (const ElementHandle& element : chain) {
    gst_element_set_locked_state(element.get(), TRUE);
    gst_bin_add(bin_, element.get());
  }
  {
    std::lock_guard guard(chain_lock_);
    chain_ = std::move(chain);
  }
  Result<> result = link_chain().and_then([this] { return activate_chain(); });
  if (!result) take_out();
  return result;
}

Result<> Exchange::link_chain() {
  for (size_t i = 1; i < chain_.size(); i++) {
    if (!gst_element_link(chain_[i - 1].get(), chain_[i].get()))
      return fail(ErrorCode::Failed,
                  std::format("{} can't be linked to {}", GST_OBJECT_NAME(chain_[i - 1].get()),
                              GST_OBJECT_NAME(chain_[i].get())));
  }
  const PadHandle first = static_pad(chain_.front().get(), "sink");
  const PadHandle last = static_pad(chain_.back().get(), "src");
  if (!first || !last) return fail(ErrorCode::Failed, "an element without a sink or source pad");
  if (!gst_ghost_pad_set_target(GST_GHOST_PAD(src_), last.get()) ||
      !gst_ghost_pad_set_target(GST_GHOST_PAD(sink_), first.get()))
    return fail(ErrorCode::Failed, "its pads don't fit the bin's");
  has_output_ = true;
  return {};
}

Result<> Exchange::activate_chain() const {
  for (auto element = chain_.rbegin(); element != chain_.rend(); ++element) {
    // READY first, by itself: it is where devices are opened, and the bin may be going to any
    // state.
    if (gst_element_set_state(element->get(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE)
      return fail(ErrorCode::Unavailable, "could not be opened (NULL to READY failed)");
    gst_element_set_base_time(element->get(), gst_element_get_base_time(GST_ELEMENT(bin_)));
    if (gst_element_set_state(element->get(), state_) == GST_STATE_CHANGE_FAILURE)
      return fail(ErrorCode::Unavailable, "could not be started (READY to PAUSED failed)");
  }
  return {};
}

Result<> Exchange::offer_caps(GstEvent* caps_event) {
  const PadHandle first = static_pad(chain_.front().get(), "sink");
  const auto kept = [&first] {
    return GstHandle<GstEvent>(gst_pad_get_sticky_event(first.get(), GST_EVENT_CAPS, 0));
  };
  const GstHandle<GstEvent> before = kept();
  // Linking marked all that is sticky on the pad as not yet received; pushing one pushes all. What
  // comes back says nothing of caps, but only an event that was accepted stays on the pad. It need
  // not be this one: an element may put another in its place, without what it sees to itself.
  gst_pad_push_event(feed_.get(), gst_event_ref(caps_event));
  const GstHandle<GstEvent> after = kept();
  if (after && (after.get() == caps_event || after != before)) return {};
  return fail(ErrorCode::NotSupported, "refused the stream's caps");
}

GstFlowReturn Exchange::push(GstBuffer* buffer) { return gst_pad_push(feed_.get(), buffer); }

GstFlowReturn Exchange::push(GstBufferList* list) { return gst_pad_push_list(feed_.get(), list); }

bool Exchange::flush(GstEvent* event) {
  const GstHandle<GstEvent> again(gst_event_ref(event));
  const bool led_through = has_output_;
  const bool taken = gst_pad_event_default(sink_, GST_OBJECT(bin_), event);
  if (led_through && has_output_) return taken;
  const PadHandle inside(GST_PAD(gst_proxy_pad_get_internal(GST_PROXY_PAD(src_))));
  return gst_pad_send_event(inside.get(), gst_event_ref(again.get()));
}

void Exchange::drain() {
  if (chain_.empty()) return;
  const PadHandle first = static_pad(chain_.front().get(), "sink");
  const PadHandle last = static_pad(chain_.back().get(), "src");
  auto watch = std::make_shared<DrainWatch>();
  const gulong probe =
      gst_pad_add_probe(last.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, DrainWatch::on_event,
                        new std::shared_ptr(watch), DrainWatch::destroy);
  // Not taken: the chain is being flushed, and what it held back is of no use to anybody.
  if (gst_pad_send_event(first.get(), gst_event_new_eos())) {
    std::unique_lock lock(watch->lock);
    watch->seen.wait_for(lock, drain_limit, [&] { return watch->done; });
  }
  gst_pad_remove_probe(last.get(), probe);
}

void Exchange::remove() {
  std::lock_guard installing(install_lock_);
  take_out();
}

void Exchange::take_out() {
  std::vector<ElementHandle> old;
  {
    std::lock_guard guard(chain_lock_);
    old = std::exchange(chain_, {});
  }
  if (old.empty()) return;
  has_output_ = false;
  for (const ElementHandle& element : old) gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_ghost_pad_set_target(GST_GHOST_PAD(sink_), nullptr);
  gst_ghost_pad_set_target(GST_GHOST_PAD(src_), nullptr);
  for (const ElementHandle& element : old) gst_bin_remove(bin_, element.get());
}

void Exchange::stop() {
  std::lock_guard installing(install_lock_);
  stopped_ = true;
}

void Exchange::start() {
  std::lock_guard installing(install_lock_);
  stopped_ = false;
  state_ = GST_STATE_PAUSED;
}

void Exchange::follow(GstState state) {
  std::lock_guard installing(install_lock_);
  state_ = state;
  std::vector<ElementHandle> chain;
  {
    std::lock_guard guard(chain_lock_);
    for (const ElementHandle& element : chain_)
      chain.emplace_back(static_cast<GstElement*>(gst_object_ref(element.get())));
  }
  for (const ElementHandle& element : chain) {
    gst_element_set_base_time(element.get(), gst_element_get_base_time(GST_ELEMENT(bin_)));
    gst_element_set_state(element.get(), state);
  }
}

bool Exchange::contains(GstObject* source) const {
  std::lock_guard guard(chain_lock_);
  for (const ElementHandle& element : chain_) {
    if (source == GST_OBJECT(element.get()) ||
        gst_object_has_as_ancestor(source, GST_OBJECT(element.get())))
      return true;
  }
  return false;
}

}  // namespace av1hw
