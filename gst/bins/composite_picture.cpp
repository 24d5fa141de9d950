// SPDX-License-Identifier: LGPL-2.1-or-later
// The output picture of av1compositebin: its size, and where the inputs go on it.
#include <gst/video/video.h>

#include <set>
#include <string>

#include "bins/composite_bin.h"
#include "bins/composite_pad.h"
#include "bins/memory_caps.h"

namespace av1hw {
namespace {

// Of a DMA-BUF the format is not known here, and left open.
void put_into_system_memory(GstCaps* caps) {
  set_memory(caps, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY);
  GstStructure* s = gst_caps_get_structure(caps, 0);
  if (gst_structure_has_field(s, "drm-format"))
    gst_structure_remove_fields(s, "format", "drm-format", nullptr);
}

// The size that caps have; 0 x 0: none, or several.
Rectangle fixed_size(const GstCaps* caps) {
  Rectangle size;
  if (!caps || gst_caps_is_any(caps) || gst_caps_is_empty(caps)) return size;
  const GstStructure* s = gst_caps_get_structure(caps, 0);
  if (!gst_structure_get_int(s, "width", &size.width) ||
      !gst_structure_get_int(s, "height", &size.height))
    return {};
  return size;
}

}  // namespace

// What was asked for, else what is being put out already, else what downstream insists on, else the
// largest input's.
Rectangle CompositeBin::output_size() const {
  Rectangle size;
  {
    std::lock_guard guard(lock_);
    size = fixed_size(frozen_.get());
    if (settings_.width > 0) size.width = settings_.width;
    if (settings_.height > 0) size.height = settings_.height;
  }
  if (size.width > 0 && size.height > 0) return size;
  if (const ElementHandle blender = this->blender()) {
    const PadHandle pad(gst_element_get_static_pad(blender.get(), "src"));
    const CapsHandle wanted(gst_pad_peer_query_caps(pad.get(), nullptr));
    if (const Rectangle fixed = fixed_size(wanted.get()); fixed.width > 0) return fixed;
  }
  Rectangle largest;
  for (const PadHandle& pad : pads()) {
    const Rectangle picture = input_of(pad.get()).picture();
    if (picture.width * picture.height > largest.width * largest.height) largest = picture;
  }
  if (size.width == 0) size.width = largest.width;
  if (size.height == 0) size.height = largest.height;
  return size;
}

void CompositeBin::arrange() {
  std::lock_guard arranging(arranging_);
  {
    std::lock_guard guard(lock_);
    if (settings_.layout != CompositeLayout::Grid) return;
  }
  const Rectangle size = output_size();
  if (size.width <= 0 || size.height <= 0) return;
  const std::vector<PadHandle> inputs = pads();
  const std::vector<Rectangle> cells =
      grid_layout(static_cast<unsigned>(inputs.size()), size.width, size.height);
  for (size_t i = 0; i < inputs.size(); i++) input_of(inputs[i].get()).set_rectangle(cells[i]);
}

// Restricts what the blender may put out to what was asked for, and to what it put out before: what
// is encoded must not change its size, rate or format because an input came or went.
void CompositeBin::update_output_caps() {
  if (!filter_) return;
  CapsHandle caps;
  {
    std::lock_guard guard(lock_);
    if (frozen_) {
      caps.reset(gst_caps_copy(frozen_.get()));
    } else {
      caps.reset(gst_caps_new_empty_simple("video/x-raw"));
      set_memory(caps.get(), output_memory_);
    }
    if (!why_system_.empty()) put_into_system_memory(caps.get());
    if (settings_.width > 0)
      gst_caps_set_simple(caps.get(), "width", G_TYPE_INT, settings_.width, nullptr);
    if (settings_.height > 0)
      gst_caps_set_simple(caps.get(), "height", G_TYPE_INT, settings_.height, nullptr);
    if (settings_.framerate_num > 0)
      gst_caps_set_simple(caps.get(), "framerate", GST_TYPE_FRACTION, settings_.framerate_num,
                          settings_.framerate_den, nullptr);
  }
  g_object_set(filter_.get(), "caps", caps.get(), nullptr);
}

// The compositor hands on no HDR metadata. What the inputs agree on holds for the output, where
// that is HDR; nullptr: there is no such thing.
CapsHandle CompositeBin::with_hdr_metadata(GstCaps* caps) const {
  GstVideoInfo video;
  if (!gst_video_info_from_caps(&video, caps)) return nullptr;
  const GstVideoTransferFunction transfer = video.colorimetry.transfer;
  if (transfer != GST_VIDEO_TRANSFER_SMPTE2084 && transfer != GST_VIDEO_TRANSFER_ARIB_STD_B67)
    return nullptr;
  CapsHandle described;
  for (const char* field : {"mastering-display-info", "content-light-level"}) {
    std::set<std::string> values;
    for (const PadHandle& pad : pads()) values.insert(input_of(pad.get()).caps_field(field));
    values.erase("");
    if (values.size() != 1) continue;
    if (!described) described.reset(gst_caps_copy(caps));
    gst_caps_set_simple(described.get(), field, G_TYPE_STRING, values.begin()->c_str(), nullptr);
  }
  return described;
}

// Keeps what a blender that failed says at its end from going on.
GstPadProbeReturn CompositeBin::note_output(GstPadProbeInfo* info) {
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    note_frame(GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
  }
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    std::lock_guard exchange(exchange_lock_);
    return exchanging_ ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
  }
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  {
    std::lock_guard guard(lock_);
    frozen_.reset(gst_caps_ref(caps));
  }
  update_output_caps();
  const CapsHandle described = with_hdr_metadata(caps);
  if (!described) return GST_PAD_PROBE_OK;
  GstEvent* replacement = gst_event_new_caps(described.get());
  gst_event_set_seqnum(replacement, gst_event_get_seqnum(event));
  gst_event_unref(event);
  GST_PAD_PROBE_INFO_DATA(info) = replacement;
  return GST_PAD_PROBE_OK;
}

void CompositeBin::note_frame(GstBuffer* frame) {
  frames_out_++;
  std::lock_guard guard(lock_);
  // The blender's segment begins at 0, so that its timestamps are running times.
  if (GST_BUFFER_PTS_IS_VALID(frame) && GST_BUFFER_DURATION_IS_VALID(frame))
    next_output_ = GST_BUFFER_PTS(frame) + GST_BUFFER_DURATION(frame);
  if (!output_adapter_) return;
  GstVideoInfo video;
  const bool known = frozen_ && gst_video_info_from_caps(&video, frozen_.get());
  output_adapter_moves_.count(FrameMove::Upload,
                              known ? GST_VIDEO_INFO_SIZE(&video) : gst_buffer_get_size(frame));
}

}  // namespace av1hw
