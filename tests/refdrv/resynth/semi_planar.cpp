// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes decoded samples as hardware lays them out: luma, then Cb and Cr interleaved.
#include "refdrv/resynth/semi_planar.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace refdrv {
namespace {

template <typename Sample>
const Sample* row(const PlaneView& source, unsigned plane, unsigned y) {
  return reinterpret_cast<const Sample*>(source.data[plane] +
                                         source.stride[plane] * static_cast<ptrdiff_t>(y));
}

template <typename Sample>
void write(const PlaneView& source, const SemiPlanarTarget& target, unsigned shift) {
  for (unsigned y = 0; y < source.height; ++y) {
    auto* to = reinterpret_cast<Sample*>(target.luma + target.luma_stride * y);
    std::ranges::transform(std::span(row<Sample>(source, 0, y), source.width), to,
                           [=](Sample s) { return static_cast<Sample>(s << shift); });
  }
  const auto neutral = static_cast<Sample>(1u << (source.bit_depth - 1 + shift));
  const unsigned chroma_width = (source.width + 1) / 2;
  for (unsigned y = 0; y < (source.height + 1) / 2; ++y) {
    auto* to = reinterpret_cast<Sample*>(target.chroma + target.chroma_stride * y);
    if (!source.data[1]) {
      std::fill_n(to, size_t{chroma_width} * 2, neutral);
      continue;
    }
    const Sample* cb = row<Sample>(source, 1, y);
    const Sample* cr = row<Sample>(source, 2, y);
    for (unsigned x = 0; x < chroma_width; ++x) {
      to[2 * x] = static_cast<Sample>(cb[x] << shift);
      to[2 * x + 1] = static_cast<Sample>(cr[x] << shift);
    }
  }
}

}  // namespace

void write_semi_planar(const PlaneView& source, const SemiPlanarTarget& target) {
  if (target.sixteen_bits)
    write<uint16_t>(source, target, 16 - source.bit_depth);
  else
    write<uint8_t>(source, target, 0);
}

}  // namespace refdrv
