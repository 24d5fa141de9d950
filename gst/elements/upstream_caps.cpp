// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts what the bitstream says, and then what upstream's caps say, into a decoder's caps.
#include "elements/upstream_caps.h"

namespace av1hw {
namespace {

// What the bitstream says; then what upstream's caps say; then GStreamer's defaults for the format
// and size.
GstVideoColorimetry colorimetry(const PictureFormat& format, const GstStructure* upstream) {
  GstVideoColorimetry known = format.colorimetry;
  GstVideoColorimetry from_caps;
  const char* text = upstream ? gst_structure_get_string(upstream, "colorimetry") : nullptr;
  if (!text || !gst_video_colorimetry_from_string(&from_caps, text)) {
    GstVideoInfo defaults;
    gst_video_info_set_format(&defaults, format.format, static_cast<guint>(format.width),
                              static_cast<guint>(format.height));
    from_caps = defaults.colorimetry;
  }
  if (known.range == GST_VIDEO_COLOR_RANGE_UNKNOWN) known.range = from_caps.range;
  if (known.primaries == GST_VIDEO_COLOR_PRIMARIES_UNKNOWN) known.primaries = from_caps.primaries;
  if (known.transfer == GST_VIDEO_TRANSFER_UNKNOWN) known.transfer = from_caps.transfer;
  if (known.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN) known.matrix = from_caps.matrix;
  return known;
}

GstVideoChromaSite chroma_site(const PictureFormat& format, const GstStructure* upstream) {
  if (format.chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN) return format.chroma_site;
  const char* text = upstream ? gst_structure_get_string(upstream, "chroma-site") : nullptr;
  return text ? gst_video_chroma_site_from_string(text) : GST_VIDEO_CHROMA_SITE_UNKNOWN;
}

}  // namespace

void UpstreamCaps::reset() {
  state_.reset();
  caps_.reset();
}

CapsHandle UpstreamCaps::take_hdr(GstCaps* caps) {
  mastering_display_.reset();
  content_light_.reset();
  GstVideoMasteringDisplayInfo mastering_display;
  if (gst_video_mastering_display_info_from_caps(&mastering_display, caps)) {
    mastering_display_ = mastering_display;
  }
  GstVideoContentLightLevel light;
  if (gst_video_content_light_level_from_caps(&light, caps)) content_light_ = light;
  if (!mastering_display_ && !content_light_) return nullptr;
  CapsHandle without{gst_caps_copy(caps)};
  gst_structure_remove_fields(gst_caps_get_structure(without.get(), 0), "mastering-display-info",
                              "content-light-level", nullptr);
  return without;
}

void UpstreamCaps::set(GstVideoCodecState* state) {
  state_.reset(gst_video_codec_state_ref(state));
  caps_.reset(gst_caps_ref(state->caps));
}

void UpstreamCaps::describe(GstVideoCodecState& state, const PictureFormat& format) const {
  const GstStructure* upstream = caps_ ? gst_caps_get_structure(caps_.get(), 0) : nullptr;
  state.info.colorimetry = colorimetry(format, upstream);
  state.info.chroma_site = chroma_site(format, upstream);
  if (format.par_n > 0 && !(upstream && gst_structure_has_field(upstream, "pixel-aspect-ratio"))) {
    state.info.par_n = format.par_n;
    state.info.par_d = format.par_d;
  }
  if (format.fps_n > 0 && state.info.fps_n == 0) {
    state.info.fps_n = format.fps_n;
    state.info.fps_d = format.fps_d;
  }
  state.caps = gst_video_info_to_caps(&state.info);
  const auto& mastering_display =
      format.mastering_display ? format.mastering_display : mastering_display_;
  if (mastering_display) {
    gst_video_mastering_display_info_add_to_caps(&*mastering_display, state.caps);
  }
  const auto& light = format.content_light ? format.content_light : content_light_;
  if (light) gst_video_content_light_level_add_to_caps(&*light, state.caps);
}

}  // namespace av1hw
