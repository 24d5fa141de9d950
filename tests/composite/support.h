// SPDX-License-Identifier: LGPL-2.1-or-later
// Infos of pictures, in few words.
#pragma once

#include <gst/video/video.h>

#include "composite/planner.h"

namespace av1hw::test {

inline GstVideoInfo info_of(GstVideoFormat format, int width, int height,
                            const char* colorimetry = nullptr,
                            GstVideoChromaSite site = GST_VIDEO_CHROMA_SITE_UNKNOWN) {
  GstVideoInfo info;
  gst_video_info_init(&info);
  gst_video_info_set_format(&info, format, static_cast<guint>(width), static_cast<guint>(height));
  if (colorimetry) gst_video_colorimetry_from_string(&info.colorimetry, colorimetry);
  info.chroma_site = site;
  return info;
}

inline CanvasSettings canvas_of(const GstVideoInfo& info,
                                BackgroundKind background = BackgroundKind::Black) {
  return {.info = info, .background = background};
}

}  // namespace av1hw::test
