// SPDX-License-Identifier: LGPL-2.1-or-later
// A frame that a decoder writes, goes on reading as a reference, and shares with downstream.
#pragma once

#include <gst/video/video.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "memory/handles.h"

namespace av1hw {

// Holds a pool's buffer and its mapping. The buffer goes back to its pool when this is gone and all
// that was shared from it is gone too; both may happen on any thread.
class ReferenceFrame {
 public:
  // `buffer` has one memory and a GstVideoMeta.
  static Result<std::unique_ptr<ReferenceFrame>> map(BufferHandle buffer);
  ~ReferenceFrame();
  ReferenceFrame(const ReferenceFrame&) = delete;
  ReferenceFrame& operator=(const ReferenceFrame&) = delete;

  unsigned planes() const { return meta_->n_planes; }
  uint8_t* plane(unsigned i) const { return map_.data + meta_->offset[i]; }
  ptrdiff_t stride(unsigned i) const { return meta_->stride[i]; }

  // A new buffer over the same memory, without a copy. Its memory is read-only, so that an element
  // which works in place makes a copy instead of writing into the decoder's reference.
  BufferHandle share() const;

 private:
  ReferenceFrame(BufferHandle buffer, const GstMapInfo& map, const GstVideoMeta* meta)
      : buffer_(std::move(buffer)), map_(map), meta_(meta) {}

  BufferHandle buffer_;
  GstMapInfo map_;
  const GstVideoMeta* meta_;
};

}  // namespace av1hw
