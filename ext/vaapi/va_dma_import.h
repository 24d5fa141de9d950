// SPDX-License-Identifier: LGPL-2.1-or-later
// Looks at DMA-BUFs as VA surfaces, and remembers those that it has seen.
#pragma once

#include <gst/video/video.h>
#include <va/va.h>
#include <va/va_drmcommon.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/handles.h"
#include "vaapi/va_device.h"
#include "vaapi/va_encode_surface.h"

namespace av1hw {

// Not thread-safe; surfaces may be let go by any thread. A file's inode tells DMA-BUFs apart, as
// every buffer may have a descriptor of its own; a surface keeps its memory, so that no other
// gets the inode as long as it is known.
class VaDmaImport {
 public:
  VaDmaImport(VaDisplayHandle display, std::shared_ptr<DriverCalls> calls)
      : display_(std::move(display)), calls_(std::move(calls)) {}

  // Of a frame of `info` with this DRM format modifier. InvalidData: these are no DMA-BUFs, or the
  // planes lie outside them. NotSupported: the driver can't read them.
  Result<std::shared_ptr<VaEncodeSurface>> surface_of(GstBuffer* frame, const GstVideoInfo& info,
                                                      uint64_t modifier);

 private:
  struct Known {
    std::vector<uint64_t> key;
    std::shared_ptr<VaEncodeSurface> surface;
  };

  Result<std::shared_ptr<VaEncodeSurface>> import(VADRMPRIMESurfaceDescriptor& layout,
                                                  const GstVideoInfo& info);

  const VaDisplayHandle display_;
  const std::shared_ptr<DriverCalls> calls_;
  std::deque<Known> known_;  // the oldest first
};

}  // namespace av1hw
