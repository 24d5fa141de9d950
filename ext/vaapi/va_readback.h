// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies VA surfaces into system memory.
#pragma once

#include <va/va.h>

#include <cstdint>

#include "base/result.h"
#include "memory/handles.h"
#include "memory/mapped_frame.h"

namespace av1hw {

// Not thread-safe. Keeps the image that the last surface was read through.
class VaReadback {
 public:
  explicit VaReadback(VADisplay display) : display_(display) { forget(); }
  ~VaReadback();
  VaReadback(const VaReadback&) = delete;
  VaReadback& operator=(const VaReadback&) = delete;

  // Of `info`'s width and height, from the surface's top left corner; into a buffer of `info`'s
  // layout or with a GstVideoMeta. Gives the bytes copied.
  Result<uint64_t> copy(VASurfaceID surface, GstBuffer* to, const GstVideoInfo& info);

 private:
  void forget();
  void destroy_image();
  Result<> prepare_image(uint32_t fourcc, unsigned width, unsigned height);
  Result<> read(VASurfaceID surface, unsigned width, unsigned height);
  Result<uint64_t> copy_planes(MappedFrame& to);

  VADisplay display_;
  VAImage image_ = {};
  bool derived_ = false;  // a view of one surface, not a copy
};

}  // namespace av1hw
