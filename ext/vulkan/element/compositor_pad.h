// SPDX-License-Identifier: LGPL-2.1-or-later
// The sink pads of vkcompositor: where a picture goes on the canvas, and how it looks there.
#pragma once

#include <gst/video/gstvideoaggregator.h>

#include <optional>

#include "composite/planner.h"
#include "vulkan/dmabuf/drm_stream.h"
#include "vulkan/element/decoder_pictures.h"

namespace av1hw {

enum class CompositorPadProperty : guint {
  Xpos = 1,
  Ypos,
  Width,
  Height,
  SizingPolicy,
  CropLeft,
  CropRight,
  CropTop,
  CropBottom,
  VideoDirection,
  Rotation,
  Alpha,
  Operator,
  ScaleFilter,
  CornerRadius,
  BorderWidth,
  BorderColor,
  ToneMap,
};

// Behind each pad. Properties are set by any thread, read by the streaming thread.
class CompositorPad {
 public:
  explicit CompositorPad(GstVideoAggregatorPad* pad) : pad_(pad) {}

  bool set_property(guint id, const GValue* value);
  bool get_property(guint id, GValue* value) const;
  void sink_event(GstEvent* event);
  DrmStream& drm_stream() { return drm_stream_; }

  // With `video-direction=auto` resolved to what the stream's image-orientation tag says.
  LayerSettings settings() const;
  // What the current caps say of the stream's light.
  HdrLuminance luminance() const;
  // Of the thread that streams into the pad.
  DecoderPictures& decoder_pictures() { return decoder_pictures_; }

 private:
  void note_caps(const GstCaps* caps);
  void note_tags(const GstTagList* tags);

  GstVideoAggregatorPad* const pad_;
  DrmStream drm_stream_;
  // Under the pad's object lock.
  LayerSettings settings_;
  GstVideoOrientationMethod tagged_ = GST_VIDEO_ORIENTATION_IDENTITY;
  HdrLuminance luminance_;

  DecoderPictures decoder_pictures_;
};

struct Av1HwVkCompositorPad {
  GstVideoAggregatorPad parent;
  CompositorPad* impl;
};
struct Av1HwVkCompositorPadClass {
  GstVideoAggregatorPadClass parent_class;
};
GType av1hw_vk_compositor_pad_get_type();

CompositorPad& compositor_pad_of(gpointer pad);

}  // namespace av1hw
