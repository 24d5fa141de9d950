// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a drm-format as GStreamer formats and DRM modifiers.
#include "memory/drm_format.h"

#include <gst/video/video-info-dma.h>

namespace av1hw {

std::optional<DrmFormat> parse_drm_format(const char* text) {
  constexpr guint32 no_fourcc = 0;  // DRM_FORMAT_INVALID
  guint64 modifier = 0;
  const guint32 fourcc = text ? gst_video_dma_drm_fourcc_from_string(text, &modifier) : no_fourcc;
  if (fourcc == no_fourcc) return std::nullopt;
  const GstVideoFormat format = gst_video_dma_drm_fourcc_to_format(fourcc);
  if (format == GST_VIDEO_FORMAT_UNKNOWN) return std::nullopt;
  return DrmFormat{format, modifier};
}

CapsHandle with_plain_format(const GstCaps* caps, GstVideoFormat format) {
  CapsHandle plain{gst_caps_copy(caps)};
  gst_caps_set_simple(plain.get(), "format", G_TYPE_STRING, gst_video_format_to_string(format),
                      nullptr);
  gst_structure_remove_field(gst_caps_get_structure(plain.get(), 0), "drm-format");
  return plain;
}

}  // namespace av1hw
