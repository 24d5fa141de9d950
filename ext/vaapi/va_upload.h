// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies frames in system memory into VA surfaces.
#pragma once

#include <va/va.h>

#include <cstdint>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/mapped_frame.h"
#include "vaapi/va_image.h"

namespace av1hw {

// Not thread-safe. Keeps the image that the last surface was written through.
class VaUpload {
 public:
  // Both outlive this.
  VaUpload(VADisplay display, DriverCalls& calls)
      : display_(display), calls_(calls), image_(display, calls) {}

  // Into the top left `width` x `height` samples of the surface, which is of `format`; edges of a
  // smaller frame are repeated. Gives the bytes written.
  Result<uint64_t> copy(const MappedFrame& from, VASurfaceID to, GstVideoFormat format,
                        unsigned width, unsigned height);

 private:
  Result<uint64_t> write_image(const MappedFrame& from, unsigned width, unsigned height);

  const VADisplay display_;
  DriverCalls& calls_;
  VaImage image_;
  bool derives_ = true;  // the driver shows surfaces themselves
};

}  // namespace av1hw
