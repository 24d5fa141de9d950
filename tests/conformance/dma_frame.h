// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames in DMA-BUFs, read as who imports them does: by descriptor, DRM format and modifier.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include "base/result.h"
#include "memory/handles.h"

namespace av1hw::conformance {

// A copy in system memory, and what it is. `caps`: with format=DMA_DRM and a drm-format.
struct SystemFrame {
  BufferHandle buffer;
  GstVideoInfo info;
};
Result<SystemFrame> read_dma_frame(GstBuffer* buffer, GstCaps* caps);

}  // namespace av1hw::conformance
