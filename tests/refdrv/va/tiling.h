// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the bytes of a plane are, by its DRM format modifier.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace refdrv::va {

constexpr uint64_t modifier_linear = 0;
constexpr uint64_t modifier_4_tiled = 0x0100000000000009;  // I915_FORMAT_MOD_4_TILED

struct TileShape {
  unsigned width = 1;   // bytes
  unsigned height = 1;  // rows
};

constexpr bool knows_modifier(uint64_t modifier) {
  return modifier == modifier_linear || modifier == modifier_4_tiled;
}

constexpr TileShape tile_shape(uint64_t modifier) {
  return modifier == modifier_4_tiled ? TileShape{128, 32} : TileShape{};
}

// Bytes that lie side by side from here on, at most.
constexpr size_t run_length(uint64_t modifier, size_t x, size_t row_end) {
  return modifier == modifier_4_tiled ? std::min<size_t>(16 - x % 16, row_end - x) : row_end - x;
}

// `x` in bytes. The pitch is a multiple of the tiles' width.
//
// 4-tiled: tiles of 4 KiB are 128 bytes wide and 32 rows high; in one are 8 blocks of 64 bytes by 8
// rows; in each of those, 8 pieces of 16 bytes by 4 rows.
constexpr size_t byte_offset(uint64_t modifier, size_t pitch, size_t x, size_t y) {
  if (modifier != modifier_4_tiled) return y * pitch + x;
  const size_t tile = (y / 32 * (pitch / 128) + x / 128) * 4096;
  const size_t block = (y % 32 / 8 * 2 + x % 128 / 64) * 512;
  const size_t piece = (y % 8 / 4 * 4 + x % 64 / 16) * 64;
  return tile + block + piece + y % 4 * 16 + x % 16;
}

}  // namespace refdrv::va
