// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a global motion model can be used for warping (AV1 specification 7.11.3.6).
#include "codec/warp_model.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>

namespace av1hw {
namespace {

constexpr unsigned warped_model_precision = 16;  // WARPEDMODEL_PREC_BITS
constexpr unsigned parameter_reduction = 6;      // WARP_PARAM_REDUCE_BITS
constexpr unsigned divisor_bits = 8;             // DIV_LUT_BITS
constexpr unsigned divisor_precision = 14;       // DIV_LUT_PREC_BITS
constexpr int64_t one = int64_t{1} << warped_model_precision;

int64_t round2_signed(int64_t value, unsigned bits) {
  const int64_t half = bits == 0 ? 0 : int64_t{1} << (bits - 1);
  return value < 0 ? -((-value + half) >> bits) : (value + half) >> bits;
}

int64_t clip_to_int16(int64_t value) {
  return std::clamp<int64_t>(value, std::numeric_limits<int16_t>::min(),
                             std::numeric_limits<int16_t>::max());
}

struct Divisor {
  unsigned shift;
  int64_t factor;
};

// The resolve divisor process (7.11.3.7): 1 / d is about factor / 2^shift.
Divisor resolve_divisor(uint32_t d) {
  const unsigned n = std::bit_width(d) - 1;
  const int64_t e = d - (uint32_t{1} << n);
  const int64_t f = n > divisor_bits ? round2_signed(e, n - divisor_bits) : e << (divisor_bits - n);
  // Div_Lut[f], which is 2^22 / (256 + f) rounded.
  const int64_t numerator = int64_t{1} << (divisor_bits + divisor_precision);
  const int64_t denominator = (int64_t{1} << divisor_bits) + f;
  return {n + divisor_precision, (2 * numerator / denominator + 1) / 2};
}

int64_t reduce(int64_t value) {
  return round2_signed(value, parameter_reduction) * (int64_t{1} << parameter_reduction);
}

}  // namespace

bool warp_is_valid(std::span<const int32_t, 6> parameters) {
  const auto& p = parameters;
  if (p[2] <= 0) return false;
  const Divisor divisor = resolve_divisor(static_cast<uint32_t>(p[2]));
  const int64_t alpha = clip_to_int16(p[2] - one);
  const int64_t beta = clip_to_int16(p[3]);
  const int64_t v = p[4] * one;
  const int64_t gamma = clip_to_int16(round2_signed(v * divisor.factor, divisor.shift));
  const int64_t w = int64_t{p[3]} * p[4];
  const int64_t delta =
      clip_to_int16(p[5] - round2_signed(w * divisor.factor, divisor.shift) - one);
  return 4 * std::abs(reduce(alpha)) + 7 * std::abs(reduce(beta)) < one &&
         4 * std::abs(reduce(gamma)) + 4 * std::abs(reduce(delta)) < one;
}

}  // namespace av1hw
