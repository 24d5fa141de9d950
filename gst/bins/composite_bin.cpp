// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts av1compositebin together: inputs, blender, output.
#include "bins/composite_bin.h"

#include <algorithm>
#include <cstdio>
#include <format>
#include <utility>

#include "base/unique_handle.h"
#include "bins/bins.h"
#include "bins/blender.h"
#include "bins/composite_pad.h"
#include "bins/log.h"

namespace av1hw {
namespace {

// Pictures between blender and encoder.
constexpr guint queued_pictures = 2;

ElementHandle own(GstElement* element) {
  return ElementHandle(element ? static_cast<GstElement*>(gst_object_ref_sink(element)) : nullptr);
}

void add_to(GstBin* bin, const ElementHandle& element) { gst_bin_add(bin, element.get()); }

}  // namespace

CompositeBin::CompositeBin(GstBin* bin, GstElementClass* klass)
    : bin_(bin),
      src_(gst_ghost_pad_new_no_target_from_template(
          "src", gst_element_class_get_pad_template(klass, "src"))),
      encoder_(own(static_cast<GstElement*>(
          g_object_new(av1hw_encode_bin_get_type(), "name", "encoder", nullptr)))),
      filter_(own(gst_element_factory_make("capsfilter", "output-caps"))),
      queue_(own(gst_element_factory_make("queue", "encoder-queue"))) {
  gst_element_add_pad(GST_ELEMENT(bin), src_);
  gst_element_set_locked_state(encoder_.get(), TRUE);
  add_to(bin, encoder_);
  if (!filter_ || !queue_) return;  // GStreamer without its core elements: open() says so
  g_object_set(queue_.get(), "max-size-buffers", queued_pictures, "max-size-bytes", 0u,
               "max-size-time", guint64{0}, "silent", TRUE, nullptr);
  gst_element_set_locked_state(queue_.get(), TRUE);
  add_to(bin, filter_);
  add_to(bin, queue_);
  gst_element_link(queue_.get(), encoder_.get());
}

CompositeBin::~CompositeBin() = default;

bool CompositeBin::open() {
  if (!filter_ || !queue_) {
    GST_ELEMENT_ERROR(bin_, CORE, MISSING_PLUGIN,
                      ("capsfilter and queue (coreelements) are not installed"), (nullptr));
    return false;
  }
  CompositeSettings settings;
  {
    std::lock_guard guard(lock_);
    settings = settings_;
  }
  Result<Blender> chosen = choose_blender(settings.blender);
  if (!chosen) {
    GST_ELEMENT_ERROR(bin_, CORE, MISSING_PLUGIN, ("%s", chosen.error().message.c_str()),
                      (nullptr));
    return false;
  }
  {
    std::lock_guard guard(lock_);
    why_system_.clear();
  }
  put_blender_in_place(std::move(*chosen));
  attach_inputs();
  return true;
}

bool CompositeBin::start() {
  for (const PadHandle& input : pads()) input_of(input.get()).reset();
  frames_out_ = 0;
  complained_ = false;
  {
    std::lock_guard exchange(exchange_lock_);
    stopping_ = false;
  }
  update_output_caps();
  arrange();
  return connect_output();
}

void CompositeBin::stop() {
  disconnect_output();
  std::lock_guard guard(lock_);
  frozen_.reset();
  output_memory_.clear();
  next_output_ = GST_CLOCK_TIME_NONE;
}

void CompositeBin::close() { take_blender_out(); }

ElementHandle CompositeBin::blender() const {
  std::lock_guard guard(lock_);
  return blender_ ? ElementHandle(static_cast<GstElement*>(gst_object_ref(blender_.get())))
                  : nullptr;
}

GstPad* CompositeBin::request_pad(GstPadTemplate* pad_template, const char* name) {
  guint index = 0;
  {
    std::lock_guard guard(lock_);
    if (!name || sscanf(name, "sink_%u", &index) != 1) index = next_index_;
    next_index_ = std::max(next_index_, index + 1);
  }
  GstPad* pad = new_composite_pad(pad_template, index, *this);
  CompositeInput& input = input_of(pad);
  input.build();
  if (const ElementHandle blender = this->blender()) input.attach(blender.get());
  if (GST_STATE(bin_) > GST_STATE_READY || GST_STATE_NEXT(bin_) > GST_STATE_READY)
    gst_pad_set_active(pad, TRUE);
  if (!gst_element_add_pad(GST_ELEMENT(bin_), pad)) return nullptr;
  {
    std::lock_guard guard(lock_);
    const auto after = std::ranges::find_if(
        inputs_, [index](GstPad* other) { return input_of(other).index() > index; });
    inputs_.insert(after, pad);
  }
  // The bin may have been opened meanwhile, without this input.
  if (const ElementHandle blender = this->blender()) input.attach(blender.get());
  gst_child_proxy_child_added(GST_CHILD_PROXY(bin_), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  arrange();
  return pad;
}

void CompositeBin::release_pad(GstPad* pad) {
  const PadHandle held(static_cast<GstPad*>(gst_object_ref(pad)));
  CompositeInput& input = input_of(pad);
  // One of the inputs until it is gone, so that it is told what its elements complain of.
  input.tear_down();
  {
    std::lock_guard guard(lock_);
    std::erase(inputs_, pad);
    past_frames_in_ += input.frames();
    note_past(input.adapter_moves());
  }
  gst_child_proxy_child_removed(GST_CHILD_PROXY(bin_), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  gst_element_remove_pad(GST_ELEMENT(bin_), pad);
  arrange();
}

void CompositeBin::element_gone(GstElement* element) {
  std::lock_guard guard(lock_);
  if (!past_stats_) past_stats_.reset(gst_structure_new_empty("past"));
  add_stats_of(element, past_stats_.get());
}

ElementHandle CompositeBin::make_decoder(const std::string& name) {
  ElementHandle decoder = own(static_cast<GstElement*>(
      g_object_new(av1hw_decode_bin_get_type(), "name", name.c_str(), nullptr)));
  if (decoder) apply_policy(G_OBJECT(decoder.get()));
  return decoder;
}

bool CompositeBin::take_message(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return false;
  if (complain_of_blender(message)) return true;
  for (const PadHandle& pad : pads()) {
    CompositeInput& input = input_of(pad.get());
    if (!input.contains(GST_MESSAGE_SRC(message))) continue;
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    const GErrorPtr held(error);
    input.fail(error->message);
    return true;
  }
  return false;
}

void CompositeBin::input_failed(CompositeInput& input, const std::string& reason) {
  GST_ELEMENT_WARNING(
      bin_, STREAM, FAILED,
      ("Input %s failed, the others go on: %s", input.name().c_str(), reason.c_str()), (nullptr));
}

std::vector<PadHandle> CompositeBin::pads() const {
  std::vector<PadHandle> held;
  std::lock_guard guard(lock_);
  for (GstPad* pad : inputs_) held.emplace_back(static_cast<GstPad*>(gst_object_ref(pad)));
  return held;
}

}  // namespace av1hw
