// SPDX-License-Identifier: LGPL-2.1-or-later
// What a user set on a pad, and what the stream says of itself.
#include "vulkan/element/compositor_pad.h"

#include "memory/object_lock.h"

namespace av1hw {
namespace {

template <typename Enum>
Enum chosen(const GValue* value) {
  return static_cast<Enum>(g_value_get_enum(value));
}

template <typename Enum>
void show(GValue* value, Enum chosen) {
  g_value_set_enum(value, static_cast<int>(chosen));
}

unsigned samples(const GValue* value) { return static_cast<unsigned>(g_value_get_int(value)); }

}  // namespace

bool CompositorPad::set_property(guint id, const GValue* value) {
  const ObjectLock lock(pad_);
  LayerSettings& s = settings_;
  switch (static_cast<CompositorPadProperty>(id)) {
  case CompositorPadProperty::Xpos: s.xpos = g_value_get_int(value); return true;
  case CompositorPadProperty::Ypos: s.ypos = g_value_get_int(value); return true;
  case CompositorPadProperty::Width: s.width = g_value_get_int(value); return true;
  case CompositorPadProperty::Height: s.height = g_value_get_int(value); return true;
  case CompositorPadProperty::SizingPolicy:
    s.sizing_policy = chosen<SizingPolicy>(value);
    return true;
  case CompositorPadProperty::CropLeft: s.crop_left = samples(value); return true;
  case CompositorPadProperty::CropRight: s.crop_right = samples(value); return true;
  case CompositorPadProperty::CropTop: s.crop_top = samples(value); return true;
  case CompositorPadProperty::CropBottom: s.crop_bottom = samples(value); return true;
  case CompositorPadProperty::VideoDirection:
    s.orientation = chosen<GstVideoOrientationMethod>(value);
    return true;
  case CompositorPadProperty::Rotation: s.rotation = g_value_get_double(value); return true;
  case CompositorPadProperty::Alpha: s.alpha = g_value_get_double(value); return true;
  case CompositorPadProperty::Operator: s.op = chosen<BlendOperator>(value); return true;
  case CompositorPadProperty::ScaleFilter: s.filter = chosen<ScaleFilter>(value); return true;
  case CompositorPadProperty::CornerRadius:
    s.corner_radius = g_value_get_double(value);
    return true;
  case CompositorPadProperty::BorderWidth: s.border_width = g_value_get_double(value); return true;
  case CompositorPadProperty::BorderColor: s.border_colour = g_value_get_uint(value); return true;
  case CompositorPadProperty::ToneMap: s.tone_map = chosen<ToneMap>(value); return true;
  }
  return false;
}

bool CompositorPad::get_property(guint id, GValue* value) const {
  const ObjectLock lock(pad_);
  const LayerSettings& s = settings_;
  switch (static_cast<CompositorPadProperty>(id)) {
  case CompositorPadProperty::Xpos: g_value_set_int(value, s.xpos); return true;
  case CompositorPadProperty::Ypos: g_value_set_int(value, s.ypos); return true;
  case CompositorPadProperty::Width: g_value_set_int(value, s.width); return true;
  case CompositorPadProperty::Height: g_value_set_int(value, s.height); return true;
  case CompositorPadProperty::SizingPolicy: show(value, s.sizing_policy); return true;
  case CompositorPadProperty::CropLeft: g_value_set_int(value, int(s.crop_left)); return true;
  case CompositorPadProperty::CropRight: g_value_set_int(value, int(s.crop_right)); return true;
  case CompositorPadProperty::CropTop: g_value_set_int(value, int(s.crop_top)); return true;
  case CompositorPadProperty::CropBottom: g_value_set_int(value, int(s.crop_bottom)); return true;
  case CompositorPadProperty::VideoDirection: show(value, s.orientation); return true;
  case CompositorPadProperty::Rotation: g_value_set_double(value, s.rotation); return true;
  case CompositorPadProperty::Alpha: g_value_set_double(value, s.alpha); return true;
  case CompositorPadProperty::Operator: show(value, s.op); return true;
  case CompositorPadProperty::ScaleFilter: show(value, s.filter); return true;
  case CompositorPadProperty::CornerRadius: g_value_set_double(value, s.corner_radius); return true;
  case CompositorPadProperty::BorderWidth: g_value_set_double(value, s.border_width); return true;
  case CompositorPadProperty::BorderColor: g_value_set_uint(value, s.border_colour); return true;
  case CompositorPadProperty::ToneMap: show(value, s.tone_map); return true;
  }
  return false;
}

LayerSettings CompositorPad::settings() const {
  const ObjectLock lock(pad_);
  LayerSettings settings = settings_;
  if (settings.orientation == GST_VIDEO_ORIENTATION_AUTO) settings.orientation = tagged_;
  // A matrix of an application's own comes with GstVideoAffineTransformationMeta, which nothing
  // here reads.
  if (settings.orientation == GST_VIDEO_ORIENTATION_CUSTOM)
    settings.orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  return settings;
}

HdrLuminance CompositorPad::luminance() const {
  const ObjectLock lock(pad_);
  return luminance_;
}

void CompositorPad::sink_event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    note_caps(caps);
    drm_stream_.note_caps(caps);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event, &tags);
    note_tags(tags);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) {
    const ObjectLock lock(pad_);
    tagged_ = GST_VIDEO_ORIENTATION_IDENTITY;
  }
}

void CompositorPad::note_caps(const GstCaps* caps) {
  HdrLuminance found;
  GstVideoContentLightLevel light;
  if (gst_video_content_light_level_from_caps(&light, caps))
    found.max_content_light_level = light.max_content_light_level;
  GstVideoMasteringDisplayInfo display;
  if (gst_video_mastering_display_info_from_caps(&display, caps)) {
    constexpr double unit = 10000;  // of max_display_mastering_luminance, in 1 cd/m2
    found.max_display_luminance = display.max_display_mastering_luminance / unit;
  }
  const ObjectLock lock(pad_);
  luminance_ = found;
}

void CompositorPad::note_tags(const GstTagList* tags) {
  GstVideoOrientationMethod method = GST_VIDEO_ORIENTATION_IDENTITY;
  if (!gst_video_orientation_from_tag(const_cast<GstTagList*>(tags), &method)) return;
  const ObjectLock lock(pad_);
  tagged_ = method;
}

}  // namespace av1hw
