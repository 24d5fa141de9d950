// SPDX-License-Identifier: LGPL-2.1-or-later
// What the VA driver decodes a picture into: one surface, or two with film grain.
#pragma once

#include <va/va.h>

#include <utility>

#include "codec/decode_backend.h"
#include "memory/handles.h"

namespace av1hw {

class VaSurface final : public DecodeSurface {
 public:
  // `buffer` owns `id`.
  VaSurface(BufferHandle buffer, VASurfaceID id) : buffer_(std::move(buffer)), id_(id) {}

  // The surface that has the grain; without it, references are also what is displayed.
  void set_displayed(BufferHandle buffer, VASurfaceID id) {
    displayed_buffer_ = std::move(buffer);
    displayed_id_ = id;
  }

  VASurfaceID reconstructed() const { return id_; }
  VASurfaceID displayed() const { return has_grain() ? displayed_id_ : id_; }
  bool has_grain() const { return displayed_id_ != VA_INVALID_SURFACE; }
  GstBuffer* displayed_buffer() const { return (has_grain() ? displayed_buffer_ : buffer_).get(); }
  // Nothing else is done with the surface afterwards.
  BufferHandle take_displayed_buffer() {
    return std::move(has_grain() ? displayed_buffer_ : buffer_);
  }

 private:
  BufferHandle buffer_;
  BufferHandle displayed_buffer_;
  VASurfaceID id_;
  VASurfaceID displayed_id_ = VA_INVALID_SURFACE;
};

}  // namespace av1hw
