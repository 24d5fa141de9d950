// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies a plane into a larger one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace av1hw {

struct PlaneSource {
  std::span<const uint8_t> bytes;  // from the first sample to the last one of the last row
  size_t stride = 0;
  size_t row_bytes = 0;  // above 0, a multiple of `sample_bytes`
  size_t rows = 0;       // above 0
};

struct PlaneTarget {
  uint8_t* data = nullptr;  // of `rows` rows
  size_t pitch = 0;
  size_t row_bytes = 0;
  size_t rows = 0;
};

// The last sample of each row is repeated up to the target's width, the last row up to its height;
// what the target has no room for is left out. `sample_bytes` are repeated together: those of a
// pair of chroma samples where they are interleaved. Gives the bytes written.
uint64_t copy_with_edges(const PlaneSource& from, const PlaneTarget& to, size_t sample_bytes);

}  // namespace av1hw
