// SPDX-License-Identifier: LGPL-2.1-or-later
// Behind the blender: an encoder or not, and the memory that frames leave in.
#include <string>
#include <utility>

#include "base/unique_handle.h"
#include "bins/adapter.h"
#include "bins/composite_bin.h"
#include "bins/composite_pad.h"
#include "bins/log.h"
#include "bins/memory_caps.h"

namespace av1hw {
namespace {

PadHandle static_pad(const ElementHandle& element, const char* name) {
  return PadHandle(gst_element_get_static_pad(element.get(), name));
}

// Whether `caps` allow raw video in `memory`.
bool allow_memory(const GstCaps* caps, const std::string& memory) {
  const CapsHandle raw(gst_caps_new_empty_simple("video/x-raw"));
  set_memory(raw.get(), memory);
  return gst_caps_can_intersect(caps, raw.get());
}

// The raw video in device memory that `caps` name.
CapsHandle device_memory_only(const GstCaps* caps) {
  CapsHandle device(gst_caps_new_empty());
  for (guint i = 0; !gst_caps_is_any(caps) && i < gst_caps_get_size(caps); i++) {
    CapsHandle one(gst_caps_copy_nth(caps, i));
    if (in_device_memory(one.get())) device.reset(gst_caps_merge(device.release(), one.release()));
  }
  return device;
}

}  // namespace

bool CompositeBin::downstream_wants_av1() const {
  {
    std::lock_guard guard(lock_);
    if (settings_.output != CompositeOutput::Auto) return settings_.output == CompositeOutput::Av1;
  }
  const CapsHandle wanted(gst_pad_peer_query_caps(src_, nullptr));
  const CapsHandle av1(gst_caps_new_empty_simple("video/x-av1"));
  return gst_caps_can_intersect(wanted.get(), av1.get());
}

// With AV1 out: filter -> queue -> encoder; with raw video out, the filter is the last. An upload
// follows the filter where the next element takes no memory that the blender gives.
bool CompositeBin::connect_output() {
  av1_out_ = downstream_wants_av1();
  if (av1_out_) apply_policy(G_OBJECT(encoder_.get()));
  const PadHandle in = static_pad(queue_, "sink");
  const CapsHandle taken(av1_out_ ? gst_pad_query_caps(in.get(), nullptr)
                                  : gst_pad_peer_query_caps(src_, nullptr));
  {
    const std::string memory = best_output_memory(taken.get());
    std::lock_guard guard(lock_);
    output_memory_ = memory;
  }
  update_output_caps();
  if (!link_output(output_pad(taken.get()).get())) {
    if (av1_out_) post_not_encodable();
    return false;
  }
  if (!av1_out_) return true;
  for (const ElementHandle* element : {&encoder_, &queue_}) {
    gst_element_set_locked_state(element->get(), FALSE);
    if (gst_element_set_state(element->get(), GST_STATE_READY) == GST_STATE_CHANGE_FAILURE)
      return false;
  }
  return true;
}

// To what follows `out`: the encoder's queue, or nothing of the bin's.
bool CompositeBin::link_output(GstPad* out) {
  if (!av1_out_) return gst_ghost_pad_set_target(GST_GHOST_PAD(src_), out);
  const PadHandle in = static_pad(queue_, "sink");
  if (const PadHandle peer{gst_pad_get_peer(in.get())}) gst_pad_unlink(peer.get(), in.get());
  return gst_pad_link(out, in.get()) == GST_PAD_LINK_OK &&
         gst_ghost_pad_set_target(GST_GHOST_PAD(src_), static_pad(encoder_, "src").get());
}

// While no blender is in place, the next of which gives system memory: downstream may have no use
// for that.
void CompositeBin::connect_output_again() {
  {
    std::lock_guard guard(lock_);
    if (output_adapter_) return;
  }
  const PadHandle in = static_pad(queue_, "sink");
  const CapsHandle taken(av1_out_ ? gst_pad_query_caps(in.get(), nullptr)
                                  : gst_pad_peer_query_caps(src_, nullptr));
  const PadHandle out = output_pad(taken.get());
  ElementHandle adapter;
  std::string text;
  {
    std::lock_guard guard(lock_);
    if (output_adapter_)
      adapter.reset(static_cast<GstElement*>(gst_object_ref(output_adapter_.get())));
    text = output_adapter_text_;
  }
  if (!adapter) return;
  if (!link_output(out.get()) || !gst_element_sync_state_with_parent(adapter.get()))
    GST_ELEMENT_ERROR(bin_, STREAM, FAILED,
                      ("%s could not be put behind the blender", text.c_str()), (nullptr));
}

void CompositeBin::disconnect_output() {
  for (const ElementHandle* element : {&encoder_, &queue_}) {
    gst_element_set_locked_state(element->get(), TRUE);
    gst_element_set_state(element->get(), GST_STATE_NULL);
  }
  gst_ghost_pad_set_target(GST_GHOST_PAD(src_), nullptr);
  const PadHandle in = static_pad(queue_, "sink");
  if (const PadHandle out{gst_pad_get_peer(in.get())}) gst_pad_unlink(out.get(), in.get());
  ElementHandle adapter;
  {
    std::lock_guard guard(lock_);
    adapter = std::move(output_adapter_);
    output_adapter_text_.clear();
  }
  if (!adapter) return;
  gst_element_set_state(adapter.get(), GST_STATE_NULL);
  gst_bin_remove(bin_, adapter.get());
}

// Of the memory that downstream takes, the first that keeps the frames on the blender's device;
// empty where it names none before system memory.
std::string CompositeBin::best_output_memory(const GstCaps* taken) const {
  const std::vector<PadHandle> inputs = pads();
  const ElementHandle blender = this->blender();
  if (!blender || inputs.empty() || system_memory_only() || gst_caps_is_any(taken)) return {};
  // The template of its source pad does not know what the device can do; its sink pads do.
  const CapsHandle reads = input_of(inputs.front().get()).blender_caps();
  const CapsHandle writes(gst_pad_get_pad_template_caps(static_pad(blender, "src").get()));
  for (guint i = 0; reads && i < gst_caps_get_size(taken); i++) {
    const CapsHandle one(gst_caps_copy_nth(taken, i));
    if (!gst_structure_has_name(gst_caps_get_structure(one.get(), 0), "video/x-raw")) continue;
    if (!in_device_memory(one.get())) return {};
    const std::string memory = memory_of(one.get());
    if (allow_memory(reads.get(), memory) && gst_caps_can_intersect(writes.get(), one.get()))
      return memory;
  }
  return {};
}

// The pad that the next element is linked to, which takes `taken`.
PadHandle CompositeBin::output_pad(const GstCaps* taken) {
  PadHandle out = static_pad(filter_, "src");
  if (!gst_caps_is_any(taken) && gst_caps_is_empty(taken)) return out;
  const CapsHandle given(gst_pad_query_caps(out.get(), nullptr));
  if (gst_caps_can_intersect(given.get(), taken)) return out;
  const CapsHandle anywhere(gst_caps_copy(given.get()));
  set_memory(anywhere.get(), "");
  const CapsHandle wanted = device_memory_only(taken);
  if (!gst_caps_can_intersect(anywhere.get(), wanted.get())) return out;
  Result<Adapter> made = make_upload(given.get(), wanted.get());
  if (!made) {
    GST_WARNING_OBJECT(bin_, "%s", made.error().message.c_str());
    return out;
  }
  gst_object_set_name(GST_OBJECT(made->element.get()), "adapt_output");
  gst_bin_add(bin_, made->element.get());
  // What the filter leads to so far comes behind it.
  if (!av1_out_) gst_ghost_pad_set_target(GST_GHOST_PAD(src_), nullptr);
  if (const PadHandle next{gst_pad_get_peer(out.get())}) gst_pad_unlink(out.get(), next.get());
  if (!gst_element_link(filter_.get(), made->element.get()))
    GST_WARNING_OBJECT(bin_, "%s could not be linked", made->text.c_str());
  out = static_pad(made->element, "src");
  std::lock_guard guard(lock_);
  output_adapter_ = std::move(made->element);
  output_adapter_text_ = made->text;
  return out;
}

void CompositeBin::post_not_encodable() const {
  const CapsHandle ours(gst_pad_query_caps(static_pad(filter_, "src").get(), nullptr));
  const CapsHandle theirs(gst_pad_query_caps(static_pad(encoder_, "sink").get(), nullptr));
  const GCharPtr asked(gst_caps_to_string(ours.get()));
  const GCharPtr taken(gst_caps_to_string(theirs.get()));
  GST_ELEMENT_ERROR(bin_, STREAM, FORMAT,
                    ("No encoder takes the size, frame rate or format that was asked for"),
                    ("the picture would be %s, encoders take %s", asked.get(), taken.get()));
}

// Each input's thread meets this; once is enough.
void CompositeBin::post_not_negotiated() {
  if (complained_.exchange(true)) return;
  const PadHandle out = static_pad(filter_, "src");
  const CapsHandle ours(gst_pad_query_caps(out.get(), nullptr));
  const CapsHandle theirs(gst_pad_peer_query_caps(out.get(), nullptr));
  const GCharPtr given(gst_caps_to_string(ours.get()));
  const GCharPtr taken(gst_caps_to_string(theirs.get()));
  GST_ELEMENT_ERROR(bin_, STREAM, FORMAT, ("What is composited fits nothing that downstream takes"),
                    ("the picture would be %s, downstream takes %s", given.get(), taken.get()));
}

}  // namespace av1hw
