// SPDX-License-Identifier: LGPL-2.1-or-later
// Transforms of which only the first coefficient is not zero (specification, sections 7.12 and
// 7.13).
#include "refdrv/encode/transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "refdrv/encode/quantizer_tables.h"

namespace refdrv::encode {

namespace {

constexpr int64_t half_sqrt2 = 2896;  // cos128(32), in 12 bits
constexpr unsigned col_shift = 4;
constexpr unsigned quantizer_matrix_bits = 5;

int64_t round2(int64_t value, unsigned bits) {
  return bits == 0 ? value : (value + (int64_t{1} << (bits - 1))) >> bits;
}

bool is_rectangular(const TransformSize& size) { return size.width_log2 != size.height_log2; }

// The place of a size in Transform_Row_Shift.
unsigned row_shift(const TransformSize& size) {
  constexpr std::array<uint8_t, 4> square = {0, 1, 2, 2};
  constexpr std::array<uint8_t, 3> rectangular = {0, 1, 1};
  return is_rectangular(size) ? rectangular[size.sqr()] : square[size.sqr()];
}

unsigned denominator(const TransformSize& size) { return size.sqr_up() == 3 ? 2 : 1; }

int clamp_bits(int64_t value, unsigned bits) {
  const int64_t limit = int64_t{1} << (bits - 1);
  return static_cast<int>(std::clamp(value, -limit, limit - 1));
}

unsigned matrix_level(const CUVIDAV1PICPARAMS& av1, unsigned plane) {
  return plane == 0 ? av1.qm_y : plane == 1 ? av1.qm_u : av1.qm_v;
}

}  // namespace

unsigned TransformSize::sqr() const { return std::min(width_log2, height_log2) - 2; }
unsigned TransformSize::sqr_up() const { return std::max(width_log2, height_log2) - 2; }

TransformSize transform_size(const FrameState& frame, const Block& block, unsigned plane) {
  const unsigned luma_log2 = block.size_log2 + 2;
  return {luma_log2 - frame.subsampling_x(plane), luma_log2 - frame.subsampling_y(plane)};
}

Quantizer quantizer(const FrameState& frame, unsigned plane, unsigned segment,
                    const TransformSize& size) {
  const CUVIDAV1PICPARAMS& av1 = frame.av1();
  const std::array<int, 3> deltas = {av1.qp_y_dc_delta_q, av1.qp_u_dc_delta_q, av1.qp_v_dc_delta_q};
  const int index = static_cast<int>(frame.segmentation.qindex(segment)) + deltas[plane];
  const auto& steps = dc_qlookup[(frame.sequence.bit_depth - 8) / 2];
  int step = steps[static_cast<size_t>(std::clamp(index, 0, 255))];
  if (av1.using_qmatrix && matrix_level(av1, plane) < quantizer_matrix_levels) {
    const auto& row = quantizer_matrix_dc[matrix_level(av1, plane)][plane > 0];
    const unsigned weight = row[is_rectangular(size) ? 4 + size.sqr() : size.sqr()];
    step = static_cast<int>(round2(int64_t{step} * weight, quantizer_matrix_bits));
  }
  return {step, size, frame.sequence.bit_depth};
}

int residual(const Quantizer& quantizer, int coefficient) {
  const unsigned depth = quantizer.bit_depth;
  const int64_t magnitude =
      (std::abs(int64_t{coefficient}) * quantizer.step & 0xffffff) / denominator(quantizer.size);
  int64_t value = clamp_bits(coefficient < 0 ? -magnitude : magnitude, depth + 8);
  if (is_rectangular(quantizer.size)) value = round2(value * half_sqrt2, 12);
  value = round2(value * half_sqrt2, 12);
  value = clamp_bits(round2(value, row_shift(quantizer.size)), std::max(depth + 6, 16U));
  return static_cast<int>(round2(round2(value * half_sqrt2, 12), col_shift));
}

int quantize(const Quantizer& quantizer, double wanted) {
  const unsigned shift = 1 + row_shift(quantizer.size) + col_shift;
  double step = static_cast<double>(quantizer.step) / (1U << shift) / denominator(quantizer.size);
  if (is_rectangular(quantizer.size)) step *= static_cast<double>(half_sqrt2) / 4096;
  const auto guess = static_cast<int>(std::lround(wanted / step));
  int best = 0;
  for (int candidate = guess - 1; candidate <= guess + 1; candidate++) {
    const auto error = [&](int value) { return std::abs(residual(quantizer, value) - wanted); };
    if (error(candidate) < error(best)) best = candidate;
  }
  return best;
}

}  // namespace refdrv::encode
