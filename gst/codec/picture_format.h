// SPDX-License-Identifier: LGPL-2.1-or-later
// What one decoded picture looks like: everything that reaches the caps.
#pragma once

#include <gst/video/video-hdr.h>
#include <gst/video/video.h>

#include <optional>

namespace av1hw {

struct PictureFormat {
  GstVideoFormat format = GST_VIDEO_FORMAT_UNKNOWN;
  int width = 0;   // luma samples (AV1: UpscaledWidth)
  int height = 0;  // luma samples (AV1: FrameHeight)
  // Pixel aspect ratio; 0/0 where the bitstream implies square pixels and upstream's caps decide.
  int par_n = 0;
  int par_d = 0;
  // Frames a second; 0/1 where the bitstream does not say.
  int fps_n = 0;
  int fps_d = 1;
  // What the bitstream leaves open is UNKNOWN, and upstream's caps decide.
  GstVideoColorimetry colorimetry = {};
  GstVideoChromaSite chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
  // From the bitstream's metadata OBUs; empty: upstream's caps decide.
  std::optional<GstVideoMasteringDisplayInfo> mastering_display;
  std::optional<GstVideoContentLightLevel> content_light;
};

bool operator==(const PictureFormat& a, const PictureFormat& b);

// Same memory layout: a buffer made for one serves the other.
inline bool same_layout(const PictureFormat& a, const PictureFormat& b) {
  return a.format == b.format && a.width == b.width && a.height == b.height;
}

}  // namespace av1hw
