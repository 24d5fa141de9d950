// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads global motion (specification, sections 5.9.24 to 5.9.29, 7.11.3.6).
#include <algorithm>
#include <bit>
#include <cstdlib>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::nv {

namespace {

enum WarpType : uint8_t { identity, translation, rotzoom, affine };

constexpr unsigned model_bits = 16;  // WARPEDMODEL_PREC_BITS
constexpr int one = 1 << model_bits;
using Matrix = std::array<int, 6>;
constexpr Matrix identity_matrix = {0, 0, one, 0, 0, one};

uint32_t read_subexp(BitReader& in, uint32_t symbols) {
  uint32_t least = 0;
  for (unsigned i = 0;; i++) {
    const unsigned bits = i > 0 ? i + 2 : 3;
    const uint32_t step = uint32_t{1} << bits;
    if (symbols <= least + 3 * step) return in.ns(symbols - least) + least;
    if (!in.flag()) return in.f(bits) + least;
    least += step;
  }
}

int inverse_recenter(int reference, int value) {
  if (value > 2 * reference) return value;
  return value & 1 ? reference - ((value + 1) >> 1) : reference + (value >> 1);
}

int read_signed_subexp(BitReader& in, int low, int high, int reference) {
  const int symbols = high - low;
  const int from_low = reference - low;
  const int value = static_cast<int>(read_subexp(in, static_cast<uint32_t>(symbols)));
  if (from_low * 2 <= symbols) return low + inverse_recenter(from_low, value);
  return low + symbols - 1 - inverse_recenter(symbols - 1 - from_low, value);
}

int read_param(HeaderContext& context, WarpType type, unsigned index, int previous) {
  const bool coarse = !context.frame.av1.allow_high_precision_mv;
  unsigned magnitude = 12, precision = 15;
  if (index < 2) {
    magnitude = type == translation ? 9 - coarse : 12;
    precision = type == translation ? 3 - coarse : 6;
  }
  const bool diagonal = index % 3 == 2;
  const unsigned shift = model_bits - precision;
  const int limit = 1 << magnitude;
  const int reference = (previous >> shift) - (diagonal ? 1 << precision : 0);
  const int value =
      read_signed_subexp(context.in, -limit, limit + 1, std::clamp(reference, -limit, limit));
  return value * (1 << shift) + (diagonal ? one : 0);
}

int64_t round_signed(int64_t value, unsigned bits) {
  if (bits == 0) return value;
  const int64_t rounded = (std::abs(value) + (int64_t{1} << (bits - 1))) >> bits;
  return value < 0 ? -rounded : rounded;
}

int clamp16(int64_t value) { return static_cast<int>(std::clamp<int64_t>(value, -32768, 32767)); }

// Whether a matrix is one that the warp filter can shear by.
bool is_valid(const Matrix& m) {
  if (m[2] <= 0) return false;
  const auto log2 = static_cast<unsigned>(std::bit_width(static_cast<unsigned>(m[2]))) - 1;
  const int64_t rest = m[2] - (int64_t{1} << log2);
  const int64_t fraction = log2 > 8 ? round_signed(rest, log2 - 8) : rest << (8 - log2);
  // Div_Lut: 1 / (1 + fraction / 256), in 14 bits.
  const int64_t factor = ((int64_t{1} << 22) + (256 + fraction) / 2) / (256 + fraction);
  const unsigned shift = log2 + 14;
  const auto coarse = [](int64_t value) { return round_signed(clamp16(value), 6) * 64; };
  const int64_t alpha = coarse(m[2] - one);
  const int64_t beta = coarse(m[3]);
  const int64_t gamma = coarse(round_signed(static_cast<int64_t>(m[4]) * one * factor, shift));
  const int64_t cross = static_cast<int64_t>(m[3]) * m[4];
  const int64_t delta = coarse(m[5] - round_signed(cross * factor, shift) - one);
  return 4 * std::abs(alpha) + 7 * std::abs(beta) < one &&
         4 * std::abs(gamma) + 4 * std::abs(delta) < one;
}

WarpType read_type(BitReader& in) {
  if (!in.flag()) return identity;
  if (in.flag()) return rotzoom;
  return in.flag() ? translation : affine;
}

Matrix read_matrix(HeaderContext& context, WarpType type, const Matrix& previous) {
  Matrix m = identity_matrix;
  const auto read = [&](unsigned i) { m[i] = read_param(context, type, i, previous[i]); };
  if (type >= rotzoom) {
    read(2);
    read(3);
    if (type == affine) {
      read(4);
      read(5);
    } else {
      m[4] = -m[3];
      m[5] = m[2];
    }
  }
  if (type >= translation) {
    read(0);
    read(1);
  }
  return m;
}

}  // namespace

void read_global_motion(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  for (unsigned i = 0; i < reference_count; i++) {
    Matrix previous = identity_matrix;
    if (frame.primary_ref_frame != no_primary_reference) {
      const uint8_t slot = frame.ref_frame_idx[frame.primary_ref_frame];
      std::ranges::copy(slots[slot].header.av1.global_motion[i].wmmat, previous.begin());
    }
    auto& motion = frame.av1.global_motion[i];
    const WarpType type = frame.is_intra() ? identity : read_type(in);
    const Matrix matrix = read_matrix(context, type, previous);
    motion.wmtype = static_cast<unsigned char>(type & 3);
    motion.invalid = !is_valid(matrix);
    std::ranges::copy(matrix, motion.wmmat);
  }
}

}  // namespace refdrv::nv
