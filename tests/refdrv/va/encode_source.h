// SPDX-License-Identifier: LGPL-2.1-or-later
// The samples that an encoder reads from a surface.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "refdrv/common/profile.h"
#include "refdrv/encode/software_encoder.h"
#include "refdrv/va/surface.h"

namespace refdrv::va {

class EncodeSource {
 public:
  // Planes of `size`; beyond the surface its last samples are repeated.
  EncodeSource(const Surface& surface, Size size);
  SourceView view() const;

 private:
  const Size size_;
  const unsigned sample_bytes_;
  std::array<std::vector<uint8_t>, 3> planes_;
};

}  // namespace refdrv::va
