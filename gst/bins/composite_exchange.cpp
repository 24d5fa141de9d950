// SPDX-License-Identifier: LGPL-2.1-or-later
// The blender of av1compositebin: put in place, and exchanged where it fails with frames in device
// memory.
#include <gst/base/gstaggregator.h>

#include <algorithm>
#include <format>
#include <utility>

#include "base/unique_handle.h"
#include "bins/composite_bin.h"
#include "bins/composite_pad.h"
#include "bins/log.h"
#include "bins/memory_caps.h"
#include "memory/object_lock.h"

namespace av1hw {
namespace {

bool is_from(GstMessage* message, GstElement* element) {
  GstObject* source = GST_MESSAGE_SRC(message);
  return source == GST_OBJECT(element) || gst_object_has_as_ancestor(source, GST_OBJECT(element));
}

}  // namespace

// Into the bin, before the filter; nothing comes to it yet.
void CompositeBin::put_blender_in_place(Blender chosen) {
  const ElementHandle blender = std::move(chosen.element);
  CompositeSettings settings;
  {
    std::lock_guard guard(lock_);
    settings = settings_;
    if (!why_system_.empty()) {
      for (ReportEntry& entry : chosen.report.entries) {
        if (entry.verdict == ReportVerdict::Chosen) entry.notes.push_back(why_system_);
      }
    }
    blend_report_ = chosen.report;
    blender_.reset(static_cast<GstElement*>(gst_object_ref(blender.get())));
  }
  // `force-live` is a construct-only property of aggregators, but its setter is public.
  gst_aggregator_set_force_live(GST_AGGREGATOR(blender.get()), settings.force_live);
  // With its first frame: before, a live aggregator (1.26) that ignores all of its pads is at its
  // end.
  ignores_inactive_pads_ = !settings.ignore_inactive_pads;
  g_object_set(blender.get(), "background", static_cast<int>(settings.background), "latency",
               settings.latency, nullptr);
  gst_bin_add(bin_, blender.get());
  gst_element_link(blender.get(), filter_.get());
  const PadHandle pad(gst_element_get_static_pad(filter_.get(), "src"));
  probe_ = gst_pad_add_probe(
      pad.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      [](GstPad*, GstPadProbeInfo* info, gpointer self) {
        return static_cast<CompositeBin*>(self)->note_output(info);
      },
      this, nullptr);
  post_chosen(GST_ELEMENT(bin_), chosen.report);
}

void CompositeBin::attach_inputs() {
  const ElementHandle blender = this->blender();
  for (const PadHandle& input : pads()) input_of(input.get()).attach(blender.get());
}

// Its output goes on where the last one's ended. With a live input it is timed by the clock from
// its first event on, so that no input may be attached yet.
void CompositeBin::start_blender() {
  const ElementHandle blender = this->blender();
  GstClockTime start = GST_CLOCK_TIME_NONE;
  {
    std::lock_guard guard(lock_);
    start = next_output_;
  }
  // At an input's first frame the base class goes back to the start time, where that is earlier
  // than what it has put out by then.
  if (GST_CLOCK_TIME_IS_VALID(start))
    g_object_set(blender.get(), "start-time-selection", GST_AGGREGATOR_START_TIME_SELECTION_SET,
                 "start-time", static_cast<guint64>(G_MAXINT64), nullptr);
  gst_element_set_base_time(blender.get(), gst_element_get_base_time(GST_ELEMENT(bin_)));
  if (!gst_element_sync_state_with_parent(blender.get()))
    GST_ELEMENT_ERROR(bin_, STREAM, FAILED, ("%s did not start", GST_OBJECT_NAME(blender.get())),
                      (nullptr));
  if (!GST_CLOCK_TIME_IS_VALID(start)) return;
  auto* src = GST_AGGREGATOR_PAD(GST_AGGREGATOR(blender.get())->srcpad);
  const ObjectLock lock(src);
  src->segment.position = start;
}

// What it puts out until it has stopped is noted yet.
void CompositeBin::take_blender_out() {
  ElementHandle blender;
  {
    std::lock_guard guard(lock_);
    blender = std::move(blender_);
    leaving_ = blender.get();
  }
  for (const PadHandle& input : pads()) input_of(input.get()).detach();
  if (blender) {
    gst_element_set_locked_state(blender.get(), TRUE);
    gst_element_set_state(blender.get(), GST_STATE_NULL);
    gst_bin_remove(bin_, blender.get());
  }
  {
    std::lock_guard guard(lock_);
    leaving_ = nullptr;
  }
  if (!probe_) return;
  const PadHandle pad(gst_element_get_static_pad(filter_.get(), "src"));
  gst_pad_remove_probe(pad.get(), std::exchange(probe_, 0));
}

std::string CompositeBin::reason_for_system_memory() const {
  std::lock_guard guard(lock_);
  return why_system_;
}

bool CompositeBin::uses_device_memory() const {
  {
    std::lock_guard guard(lock_);
    if (!output_memory_.empty() || in_device_memory(frozen_.get())) return true;
  }
  return std::ranges::any_of(pads(), [](const PadHandle& pad) {
    const CompositeInput& input = input_of(pad.get());
    const std::string memory = input.memory();
    return !memory.empty() && memory != GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY &&
           input.adapter_text().empty();
  });
}

// True: it is nobody else's business. Whatever one says that is on its way out is not.
bool CompositeBin::complain_of_blender(GstMessage* message) {
  {
    std::lock_guard guard(lock_);
    if (leaving_ && is_from(message, leaving_)) return true;
  }
  const ElementHandle blender = this->blender();
  if (!blender || !is_from(message, blender.get())) return false;
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  const GErrorPtr held(error);
  // The pipeline is put together wrong, of two devices for one: a download could not read that
  // either.
  if (g_error_matches(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS)) return false;
  return fall_back(error->message);
}

// Has the blender exchanged for one that gets and gives frames in system memory. False: that is not
// what is wrong. Any thread; another one does the work, since this may be the blender's.
bool CompositeBin::fall_back(const std::string& reason) {
  const bool device_memory = !system_memory_only() && uses_device_memory();
  std::lock_guard exchange(exchange_lock_);
  // What the next one says is not of the one that is on its way out.
  if (exchanging_) return !replaced_;
  if (stopping_ || !device_memory) return false;
  {
    std::lock_guard guard(lock_);
    why_system_ =
        "frames go through system memory, as it failed with those in device memory: " + reason;
  }
  exchanging_ = true;
  gst_element_call_async(
      GST_ELEMENT(bin_),
      [](GstElement*, gpointer self) { static_cast<CompositeBin*>(self)->exchange_blender(); },
      this, nullptr);
  return true;
}

void CompositeBin::exchange_blender() {
  std::lock_guard changing(changing_);
  BlenderChoice choice = BlenderChoice::Auto;
  std::string reason;
  bool stopping = false;
  {
    std::lock_guard exchange(exchange_lock_);
    stopping = stopping_ || !exchanging_;
  }
  {
    std::lock_guard guard(lock_);
    choice = settings_.blender;
    reason = why_system_;
  }
  if (!stopping) {
    if (const ElementHandle failed = this->blender()) element_gone(failed.get());
    take_blender_out();
    Result<Blender> chosen = choose_blender(choice);
    if (chosen) {
      const std::string name = chosen->report.chosen()->element;
      update_output_caps();
      connect_output_again();
      {
        std::lock_guard exchange(exchange_lock_);
        replaced_ = true;
      }
      put_blender_in_place(std::move(*chosen));
      start_blender();
      attach_inputs();
      GST_ELEMENT_WARNING(bin_, STREAM, FAILED, ("%s: %s", name.c_str(), reason.c_str()),
                          (nullptr));
    } else {
      GST_ELEMENT_ERROR(bin_, STREAM, FAILED, ("%s", chosen.error().message.c_str()),
                        ("%s", reason.c_str()));
    }
  }
  {
    std::lock_guard exchange(exchange_lock_);
    exchanging_ = replaced_ = false;
    blender_number_++;
    exchanged_.notify_all();
  }
  arrange();
  for (const PadHandle& input : pads()) input_of(input.get()).resume();
  gst_element_post_message(GST_ELEMENT(bin_), gst_message_new_latency(GST_OBJECT(bin_)));
}

// Only now inactive pads may be ignored: a live aggregator (1.26) that ignores all of its pads
// takes itself to be at its end.
void CompositeBin::blender_got_frame() {
  if (ignores_inactive_pads_ || ignores_inactive_pads_.exchange(true)) return;
  if (const ElementHandle blender = this->blender())
    gst_aggregator_set_ignore_inactive_pads(GST_AGGREGATOR(blender.get()), TRUE);
}

unsigned CompositeBin::await_blender() {
  std::unique_lock exchange(exchange_lock_);
  exchanged_.wait(exchange, [this] { return !exchanging_ || stopping_; });
  return blender_number_;
}

bool CompositeBin::await_other_blender(unsigned number, GstFlowReturn flow) {
  // It says nothing of this itself.
  if (flow == GST_FLOW_NOT_NEGOTIATED && await_blender() == number &&
      !fall_back("no format was agreed on"))
    post_not_negotiated();
  const unsigned now = await_blender();
  std::lock_guard exchange(exchange_lock_);
  return !stopping_ && now != number;
}

// Afterwards no blender is exchanged any more.
void CompositeBin::begin_stop() {
  {
    std::lock_guard exchange(exchange_lock_);
    stopping_ = true;
    exchanging_ = replaced_ = false;
    exchanged_.notify_all();
  }
  std::lock_guard changing(changing_);
}

}  // namespace av1hw
