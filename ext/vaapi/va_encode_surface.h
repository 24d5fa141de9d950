// SPDX-License-Identifier: LGPL-2.1-or-later
// What the VA driver codes from, or reconstructs into: one surface.
#pragma once

#include <va/va.h>

#include "codec/encode_backend.h"

namespace av1hw {

// Whoever derives from it owns the surface, or what owns it.
class VaEncodeSurface : public EncodeSurface {
 public:
  explicit VaEncodeSurface(VASurfaceID id) : id_(id) {}
  VASurfaceID id() const { return id_; }

 private:
  const VASurfaceID id_;
};

}  // namespace av1hw
