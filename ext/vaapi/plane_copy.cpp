// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies a plane into a larger one.
#include "vaapi/plane_copy.h"

#include <algorithm>
#include <cstring>

namespace av1hw {

uint64_t copy_with_edges(const PlaneSource& from, const PlaneTarget& to, size_t sample_bytes) {
  const size_t copied = std::min(from.row_bytes, to.row_bytes);
  const uint8_t* in = from.bytes.data();
  uint8_t* out = to.data;
  for (size_t y = 0; y < to.rows; y++) {
    std::memcpy(out, in, copied);
    for (size_t x = copied; x + sample_bytes <= to.row_bytes; x += sample_bytes)
      std::memcpy(out + x, out + copied - sample_bytes, sample_bytes);
    if (y + 1 < from.rows) in += from.stride;
    out += to.pitch;
  }
  return static_cast<uint64_t>(to.row_bytes) * to.rows;
}

}  // namespace av1hw
