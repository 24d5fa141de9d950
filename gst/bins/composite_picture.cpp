// SPDX-License-Identifier: LGPL-2.1-or-later
// The output picture of av1compositebin: its size, and where the inputs go on it.
#include <gst/video/video.h>

#include "bins/composite_bin.h"
#include "bins/composite_pad.h"

namespace av1hw {
namespace {

// The size that downstream insists on; 0 x 0: none.
Rectangle fixed_size(GstPad* pad) {
  const CapsHandle caps(gst_pad_peer_query_caps(pad, nullptr));
  Rectangle size;
  if (gst_caps_is_any(caps.get()) || gst_caps_is_empty(caps.get())) return size;
  const GstStructure* s = gst_caps_get_structure(caps.get(), 0);
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
    size = frozen_;
    if (settings_.width > 0) size.width = settings_.width;
    if (settings_.height > 0) size.height = settings_.height;
  }
  if (size.width > 0 && size.height > 0) return size;
  if (blender_) {
    const PadHandle pad(gst_element_get_static_pad(blender_.get(), "src"));
    if (const Rectangle fixed = fixed_size(pad.get()); fixed.width > 0) return fixed;
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

// Restricts what the blender may put out to what was asked for, and to what it put out before: the
// encoder's picture must not change because an input came or went.
void CompositeBin::update_output_caps() {
  if (!filter_) return;
  CompositeSettings settings;
  Rectangle frozen;
  {
    std::lock_guard guard(lock_);
    settings = settings_;
    frozen = frozen_;
  }
  const int width = settings.width > 0 ? settings.width : frozen.width;
  const int height = settings.height > 0 ? settings.height : frozen.height;
  GstStructure* s = gst_structure_new_empty("video/x-raw");
  if (width > 0) gst_structure_set(s, "width", G_TYPE_INT, width, nullptr);
  if (height > 0) gst_structure_set(s, "height", G_TYPE_INT, height, nullptr);
  if (settings.framerate_num > 0)
    gst_structure_set(s, "framerate", GST_TYPE_FRACTION, settings.framerate_num,
                      settings.framerate_den, nullptr);
  const CapsHandle caps(gst_caps_new_full(s, nullptr));
  g_object_set(filter_.get(), "caps", caps.get(), nullptr);
}

void CompositeBin::note_output(GstPadProbeInfo* info) {
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    frames_out_++;
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
    frozen_ = {0, 0, GST_VIDEO_INFO_WIDTH(&video), GST_VIDEO_INFO_HEIGHT(&video)};
  }
  update_output_caps();
}

}  // namespace av1hw
