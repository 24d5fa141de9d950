// SPDX-License-Identifier: LGPL-2.1-or-later
// Coefficients' syntax (specification, sections 5.11.39, 5.11.47, 8.3.2).
#include "refdrv/encode/coefficients.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "refdrv/encode/transform.h"

namespace refdrv::encode {

namespace {

constexpr unsigned base_levels = 2;  // NUM_BASE_LEVELS
constexpr unsigned base_range = 12;  // COEFF_BASE_RANGE
constexpr unsigned br_most = 3;      // BR_CDF_SIZE - 1
constexpr unsigned tx_16x16 = 2;     // of TransformSize::sqr()
constexpr unsigned tx_32x32 = 3;
constexpr unsigned max_level_context = 63;

// What is above and to the left of a transform block.
struct Surroundings {
  std::span<uint8_t> above_level, above_dc, left_level, left_dc;
};

Surroundings surroundings(TileState& tile, const Block& block, unsigned plane,
                          const TransformSize& size) {
  const unsigned x4 = block.col >> tile.frame.subsampling_x(plane);
  const unsigned y4 = block.row >> tile.frame.subsampling_y(plane);
  const auto part = [](std::vector<uint8_t>& from, unsigned at, unsigned length) {
    return std::span(from).subspan(at, length);
  };
  return {part(tile.above.level[plane], x4, size.width4()),
          part(tile.above.dc[plane], x4, size.width4()),
          part(tile.left.level[plane], y4, size.height4()),
          part(tile.left.dc[plane], y4, size.height4())};
}

// A transform is as large as its block, which leaves luma one context.
unsigned all_zero_context(const Surroundings& around, unsigned plane) {
  if (plane == 0) return 0;
  const auto any = [](std::span<const uint8_t> values) {
    return std::ranges::any_of(values, [](uint8_t value) { return value != 0; });
  };
  const bool above = any(around.above_level) || any(around.above_dc);
  const bool left = any(around.left_level) || any(around.left_dc);
  return 7U + above + left;
}

unsigned dc_sign_context(const Surroundings& around) {
  int sum = 0;
  for (const auto& categories : {around.above_dc, around.left_dc}) {
    for (const uint8_t category : categories) sum += category == 1 ? -1 : category == 2 ? 1 : 0;
  }
  return sum < 0 ? 1 : sum > 0 ? 2 : 0;
}

// transform_type(), for DCT_DCT: its place in each set that get_tx_set() gives.
void write_transform_type(TileState& tile, const Block& block, const TransformSize& size,
                          bool is_inter) {
  const ModeInfo& mode = tile.frame.mode(block.row, block.col);
  if (tile.frame.segmentation.qindex(mode.segment_id) == 0) return;
  ModeCdfs& cdfs = tile.cdfs.modes;
  const bool reduced = tile.frame.av1().reduced_tx_set;
  const unsigned sqr = size.sqr();
  if (is_inter) {
    if (reduced || size.sqr_up() == tx_32x32) {
      tile.symbols.symbol(cdfs.inter_tx_type_set3[sqr], 1);
    } else if (sqr == tx_16x16) {
      tile.symbols.symbol(cdfs.inter_tx_type_set2, 3);
    } else {
      tile.symbols.symbol(cdfs.inter_tx_type_set1[sqr], 7);
    }
  } else if (size.sqr_up() != tx_32x32) {
    if (reduced || sqr == tx_16x16) {
      tile.symbols.symbol(cdfs.intra_tx_type_set2[sqr], 1);
    } else {
      tile.symbols.symbol(cdfs.intra_tx_type_set1[sqr], 1);
    }
  }
}

// eob_pt_*: that there is one coefficient.
void write_end_of_block(TileState& tile, const TransformSize& size, unsigned ptype) {
  CoefficientCdfs& cdfs = tile.cdfs.coefficients;
  switch (size.width_log2 + size.height_log2 - 4) {
  case 0: return tile.symbols.symbol(cdfs.eob_pt_16[ptype], 0);
  case 1: return tile.symbols.symbol(cdfs.eob_pt_32[ptype], 0);
  case 2: return tile.symbols.symbol(cdfs.eob_pt_64[ptype], 0);
  case 3: return tile.symbols.symbol(cdfs.eob_pt_128[ptype], 0);
  case 4: return tile.symbols.symbol(cdfs.eob_pt_256[ptype], 0);
  case 5: return tile.symbols.symbol(cdfs.eob_pt_512[ptype], 0);
  default: return tile.symbols.symbol(cdfs.eob_pt_1024[ptype], 0);
  }
}

void write_golomb(TileState& tile, unsigned value) {
  const auto length = static_cast<unsigned>(std::bit_width(value));
  tile.symbols.literal(length - 1, 0);
  tile.symbols.literal(length, value);
}

void write_level(TileState& tile, unsigned level, unsigned tx_size, unsigned ptype) {
  CoefficientCdfs& cdfs = tile.cdfs.coefficients;
  const unsigned base = std::min(level, base_levels + 1);
  tile.symbols.symbol(cdfs.coeff_base_eob[tx_size][ptype], base - 1);
  if (level <= base_levels) return;
  unsigned rest = level - base;
  for (unsigned i = 0; i < base_range / br_most; i++) {
    const unsigned part = std::min(rest, br_most);
    tile.symbols.symbol(cdfs.coeff_br[std::min(tx_size, tx_32x32)][ptype], part);
    rest -= part;
    if (part < br_most) break;
  }
}

}  // namespace

void write_coefficient(TileState& tile, const Block& block, unsigned plane, bool is_inter,
                       int coefficient) {
  const TransformSize size = transform_size(tile.frame, block, plane);
  const Surroundings around = surroundings(tile, block, plane, size);
  const unsigned tx_size = (size.sqr() + size.sqr_up() + 1) >> 1;  // txSzCtx
  const unsigned ptype = plane > 0;
  const auto level = static_cast<unsigned>(std::abs(coefficient));
  CoefficientCdfs& cdfs = tile.cdfs.coefficients;
  tile.symbols.symbol(cdfs.txb_skip[tx_size][all_zero_context(around, plane)], level == 0);
  if (level > 0) {
    if (plane == 0) write_transform_type(tile, block, size, is_inter);
    write_end_of_block(tile, size, ptype);
    write_level(tile, level, tx_size, ptype);
    tile.symbols.symbol(cdfs.dc_sign[ptype][dc_sign_context(around)], coefficient < 0);
    if (level > base_levels + base_range) write_golomb(tile, level - base_levels - base_range);
  }
  const auto cumulative = static_cast<uint8_t>(std::min(level, max_level_context));
  const uint8_t category = level == 0 ? 0 : coefficient < 0 ? 1 : 2;
  for (const auto& edge : {around.above_level, around.left_level}) {
    std::ranges::fill(edge, cumulative);
  }
  for (const auto& edge : {around.above_dc, around.left_dc}) std::ranges::fill(edge, category);
}

void reset_coefficient_contexts(TileState& tile, const Block& block) {
  for (unsigned plane = 0; plane < tile.frame.sequence.planes(); plane++) {
    const TransformSize size = transform_size(tile.frame, block, plane);
    const Surroundings around = surroundings(tile, block, plane, size);
    for (const auto& edge :
         {around.above_level, around.above_dc, around.left_level, around.left_dc}) {
      std::ranges::fill(edge, 0);
    }
  }
}

}  // namespace refdrv::encode
