// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the planes of a picture lie in a buffer's DMA-BUFs, held to the sizes of those. Asks the
// kernel for nothing but sizes.
#pragma once

#include <gst/video/video.h>

#include <array>

#include "base/result.h"
#include "composite/sample_layout.h"
#include "vulkan/dmabuf/drm_caps.h"

namespace av1hw {

struct DmaPlane {
  GstMemory* memory = nullptr;  // stays the same as long as the DMA-BUF: not a share of it
  int fd = -1;                  // the memory's
  uint64_t bytes = 0;           // of the DMA-BUF
  uint64_t offset = 0;          // in it
  uint32_t pitch = 0;           // bytes
};

struct DmaPlanes {
  std::array<DmaPlane, GST_VIDEO_MAX_PLANES> planes = {};
  unsigned count = 0;
};

// By the buffer's GstVideoMeta, else packed. InvalidData, with what is wrong: memory that is no
// DMA-BUF, planes that are not in it, rows that are too short, or, of linear ones, not aligned to
// samples. Of other modifiers the driver alone knows what a plane takes.
Result<DmaPlanes> dma_planes(GstBuffer* buffer, const DrmPicture& picture,
                             const SampleLayout& layout);

}  // namespace av1hw
