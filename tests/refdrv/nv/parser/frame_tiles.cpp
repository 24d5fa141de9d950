// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads how a frame is cut into tiles (specification, section 5.9.15).
#include <algorithm>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::nv {

namespace {

constexpr unsigned max_tile_width = 4096;
constexpr unsigned max_tile_area = 4096 * 2304;
constexpr unsigned max_lines = 64;  // MAX_TILE_COLS and MAX_TILE_ROWS

// The least k with `block << k` at or above `target`.
unsigned tile_log2(unsigned block, unsigned target) {
  unsigned k = 0;
  while (block << k < target) k++;
  return k;
}

// Widths or heights of tiles along one side.
struct Lines {
  unsigned count = 0;
  unsigned log2 = 0;
  unsigned widest = 0;
};

Lines read_uniform(BitReader& in, unsigned blocks, unsigned least, unsigned most,
                   unsigned short (&sizes)[max_lines]) {
  Lines lines;
  lines.log2 = least;
  while (lines.log2 < most && in.flag()) lines.log2++;
  const unsigned size = (blocks + (1U << lines.log2) - 1) >> lines.log2;
  for (unsigned at = 0; at < blocks && lines.count < max_lines; at += size) {
    sizes[lines.count++] = static_cast<unsigned short>(std::min(size, blocks - at));
  }
  return lines;
}

Result<Lines> read_explicit(BitReader& in, unsigned blocks, unsigned limit,
                            unsigned short (&sizes)[max_lines]) {
  Lines lines;
  for (unsigned at = 0; at < blocks;) {
    if (lines.count == max_lines)
      return fault(Fault::Stream, "more than 64 rows or columns of tiles");
    const unsigned size = in.ns(std::min(blocks - at, limit)) + 1;
    sizes[lines.count++] = static_cast<unsigned short>(size);
    lines.widest = std::max(lines.widest, size);
    at += size;
  }
  lines.log2 = tile_log2(1, lines.count);
  return lines;
}

}  // namespace

Result<> read_tile_info(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  const unsigned shift = sequence.use_128x128_superblock ? 7 : 6;
  const auto blocks = [&](uint32_t samples) {
    const uint32_t even = (samples + 7) / 8 * 8;
    return (even + (1U << shift) - 1) >> shift;
  };
  const unsigned columns = blocks(frame.frame_width);
  const unsigned rows = blocks(frame.av1.height);
  const unsigned max_width = max_tile_width >> shift;
  const unsigned min_log2_cols = tile_log2(max_width, columns);
  const unsigned min_log2 =
      std::max(min_log2_cols, tile_log2(max_tile_area >> (2 * shift), rows * columns));
  Lines across, down;
  if (in.flag()) {
    across = read_uniform(in, columns, min_log2_cols, tile_log2(1, std::min(columns, max_lines)),
                          frame.av1.tile_widths);
    const unsigned least = min_log2 > across.log2 ? min_log2 - across.log2 : 0;
    down = read_uniform(in, rows, least, tile_log2(1, std::min(rows, max_lines)),
                        frame.av1.tile_heights);
  } else {
    const auto read = read_explicit(in, columns, max_width, frame.av1.tile_widths);
    if (!read) return std::unexpected(read.error());
    across = *read;
    const unsigned area = min_log2 > 0 ? (rows * columns) >> (min_log2 + 1) : rows * columns;
    const auto rest =
        read_explicit(in, rows, std::max(area / across.widest, 1U), frame.av1.tile_heights);
    if (!rest) return std::unexpected(rest.error());
    down = *rest;
  }
  frame.av1.num_tile_cols = across.count & 0xff;
  frame.av1.num_tile_rows = down.count & 0xff;
  frame.tile_cols_log2 = static_cast<uint8_t>(across.log2);
  frame.tile_rows_log2 = static_cast<uint8_t>(down.log2);
  if (across.log2 == 0 && down.log2 == 0) return {};
  frame.av1.context_update_tile_id = in.f(across.log2 + down.log2) & 0xffff;
  frame.tile_size_bytes = static_cast<uint8_t>(in.f(2) + 1);
  if (frame.av1.context_update_tile_id >= across.count * down.count) {
    return fault(Fault::Stream, "context_update_tile_id is above the tiles");
  }
  return {};
}

}  // namespace refdrv::nv
