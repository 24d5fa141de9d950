// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes decoded samples as hardware lays them out: luma, then Cb and Cr interleaved.
#pragma once

#include <cstddef>
#include <cstdint>

#include "refdrv/resynth/resynthesizer.h"

namespace refdrv {

// NV12 for 8 bits. For more, 16-bit samples with the value in the high bits: P010, P012, P016.
struct SemiPlanarTarget {
  uint8_t* luma = nullptr;
  size_t luma_stride = 0;  // bytes
  uint8_t* chroma = nullptr;
  size_t chroma_stride = 0;
  bool sixteen_bits = false;
};

// Takes 4:2:0 and monochrome, whose chroma becomes neutral. The caller made the target big enough
// for the even size that holds `source`.
void write_semi_planar(const PlaneView& source, const SemiPlanarTarget& target);

}  // namespace refdrv
