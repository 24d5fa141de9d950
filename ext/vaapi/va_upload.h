// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies frames in system memory into VA surfaces.
#pragma once

#include <va/va.h>

#include <cstdint>

#include "base/result.h"
#include "memory/mapped_frame.h"

namespace av1hw {

// Not thread-safe. Keeps the image that the last surface was written through.
class VaUpload {
 public:
  explicit VaUpload(VADisplay display) : display_(display) { forget(); }
  ~VaUpload();
  VaUpload(const VaUpload&) = delete;
  VaUpload& operator=(const VaUpload&) = delete;

  // Into the top left `width` x `height` samples of the surface, which is of `format`; edges of a
  // smaller frame are repeated. Gives the bytes written.
  Result<uint64_t> copy(const MappedFrame& from, VASurfaceID to, GstVideoFormat format,
                        unsigned width, unsigned height);

 private:
  void forget();
  void destroy_image();
  bool derive(VASurfaceID to, uint32_t fourcc);
  Result<> prepare_image(uint32_t fourcc, unsigned width, unsigned height);
  Result<uint64_t> write_image(const MappedFrame& from, unsigned width, unsigned height);

  VADisplay display_;
  VAImage image_ = {};
  bool derives_ = true;  // the driver shows surfaces themselves
};

}  // namespace av1hw
