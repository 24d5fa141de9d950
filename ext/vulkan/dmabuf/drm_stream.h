// SPDX-License-Identifier: LGPL-2.1-or-later
// Which picture each buffer of a pad is, while the pad's caps change.
#pragma once

#include <mutex>
#include <optional>

#include "memory/handles.h"
#include "vulkan/dmabuf/drm_caps.h"

namespace av1hw {

class DrmStream {
 public:
  // Of the buffers that follow; other caps than those of DMA-BUFs as well.
  void note_caps(GstCaps* caps);
  void note_buffer(GstBuffer* buffer);
  // Nothing: the buffer did not come as DMA-BUFs.
  std::optional<DrmPicture> picture_of(GstBuffer* buffer);

 private:
  std::mutex lock_;
  CapsHandle next_;
  // The last that were read.
  CapsHandle read_;
  DrmPicture picture_;
};

}  // namespace av1hw
