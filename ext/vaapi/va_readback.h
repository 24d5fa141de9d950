// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies VA surfaces into system memory.
#pragma once

#include <va/va.h>

#include <cstdint>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/handles.h"
#include "memory/mapped_frame.h"
#include "vaapi/va_image.h"

namespace av1hw {

// Not thread-safe. Keeps the image that the last surface was read through.
class VaReadback {
 public:
  // Both outlive this.
  VaReadback(VADisplay display, DriverCalls& calls)
      : display_(display), calls_(calls), image_(display, calls) {}

  // Of `info`'s width and height, from the surface's top left corner; into a buffer of `info`'s
  // layout or with a GstVideoMeta. Gives the bytes copied.
  Result<uint64_t> copy(VASurfaceID surface, GstBuffer* to, const GstVideoInfo& info);

 private:
  Result<> read(VASurfaceID surface, unsigned width, unsigned height);
  Result<uint64_t> copy_planes(MappedFrame& to) const;

  const VADisplay display_;
  DriverCalls& calls_;
  VaImage image_;
};

}  // namespace av1hw
