// SPDX-License-Identifier: LGPL-2.1-or-later
// The drm-format of caps of DMA-BUFs.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <optional>

#include "memory/handles.h"

namespace av1hw {

// "NV12", "NV12:0x0100000000000002": how samples lie, and how that is laid out in memory.
struct DrmFormat {
  GstVideoFormat format = GST_VIDEO_FORMAT_UNKNOWN;
  uint64_t modifier = 0;  // 0: linear
};

// Nothing: `text` is nullptr or no such text, or its fourcc is of no format that GStreamer has.
std::optional<DrmFormat> parse_drm_format(const char* text);

// Fixed caps of DMA-BUFs as they would be of other memory, for all that goes by `format`.
CapsHandle with_plain_format(const GstCaps* caps, GstVideoFormat format);

}  // namespace av1hw
