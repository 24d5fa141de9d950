// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads film grain parameters (specification, section 5.9.30).
#include <algorithm>
#include <cstring>
#include <format>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::nv {

namespace {

template <size_t N>
Result<> read_points(BitReader& in, unsigned char& count, unsigned char (&points)[N][2]) {
  count = static_cast<unsigned char>(in.f(4));
  if (count > N) return fault(Fault::Stream, std::format("{} film grain points, of {}", count, N));
  for (unsigned i = 0; i < count; i++) {
    points[i][0] = static_cast<unsigned char>(in.f(8));
    points[i][1] = static_cast<unsigned char>(in.f(8));
  }
  return {};
}

template <size_t N>
void read_coefficients(BitReader& in, unsigned count, short (&coefficients)[N]) {
  for (unsigned i = 0; i < std::min<unsigned>(count, N); i++) {
    coefficients[i] = static_cast<short>(static_cast<int>(in.f(8)) - 128);
  }
}

Result<> read_all_points(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  if (const auto y = read_points(in, av1.num_y_points, av1.scaling_points_y); !y) return y;
  av1.chroma_scaling_from_luma = !sequence.mono_chrome && in.flag();
  const bool subsampled = sequence.subsampling_x && sequence.subsampling_y;
  if (sequence.mono_chrome || av1.chroma_scaling_from_luma ||
      (subsampled && av1.num_y_points == 0)) {
    return {};
  }
  if (const auto cb = read_points(in, av1.num_cb_points, av1.scaling_points_cb); !cb) return cb;
  return read_points(in, av1.num_cr_points, av1.scaling_points_cr);
}

Result<> read_parameters(HeaderContext& context) {
  BitReader& in = context.in;
  CUVIDAV1PICPARAMS& av1 = context.frame.av1;
  if (const auto points = read_all_points(context); !points) return points;
  av1.scaling_shift_minus8 = in.f(2) & 3;
  av1.ar_coeff_lag = in.f(2) & 3;
  const unsigned luma = 2U * av1.ar_coeff_lag * (av1.ar_coeff_lag + 1U);
  const unsigned chroma = luma + (av1.num_y_points > 0);
  if (av1.num_y_points > 0) read_coefficients(in, luma, av1.ar_coeffs_y);
  if (av1.chroma_scaling_from_luma || av1.num_cb_points > 0) {
    read_coefficients(in, chroma, av1.ar_coeffs_cb);
  }
  if (av1.chroma_scaling_from_luma || av1.num_cr_points > 0) {
    read_coefficients(in, chroma, av1.ar_coeffs_cr);
  }
  av1.ar_coeff_shift_minus6 = in.f(2) & 3;
  av1.grain_scale_shift = in.f(2) & 3;
  if (av1.num_cb_points > 0) {
    av1.cb_mult = static_cast<unsigned char>(in.f(8));
    av1.cb_luma_mult = static_cast<unsigned char>(in.f(8));
    av1.cb_offset = static_cast<short>(in.f(9));
  }
  if (av1.num_cr_points > 0) {
    av1.cr_mult = static_cast<unsigned char>(in.f(8));
    av1.cr_luma_mult = static_cast<unsigned char>(in.f(8));
    av1.cr_offset = static_cast<short>(in.f(9));
  }
  av1.overlap_flag = in.flag();
  av1.clip_to_restricted_range = in.flag();
  return {};
}

}  // namespace

void copy_film_grain(const CUVIDAV1PICPARAMS& from, CUVIDAV1PICPARAMS& to) {
  to.apply_grain = from.apply_grain;
  to.overlap_flag = from.overlap_flag;
  to.scaling_shift_minus8 = from.scaling_shift_minus8;
  to.chroma_scaling_from_luma = from.chroma_scaling_from_luma;
  to.ar_coeff_lag = from.ar_coeff_lag;
  to.ar_coeff_shift_minus6 = from.ar_coeff_shift_minus6;
  to.grain_scale_shift = from.grain_scale_shift;
  to.clip_to_restricted_range = from.clip_to_restricted_range;
  to.num_y_points = from.num_y_points;
  to.num_cb_points = from.num_cb_points;
  to.num_cr_points = from.num_cr_points;
  std::memcpy(to.scaling_points_y, from.scaling_points_y, sizeof to.scaling_points_y);
  std::memcpy(to.scaling_points_cb, from.scaling_points_cb, sizeof to.scaling_points_cb);
  std::memcpy(to.scaling_points_cr, from.scaling_points_cr, sizeof to.scaling_points_cr);
  std::ranges::copy(from.ar_coeffs_y, to.ar_coeffs_y);
  std::ranges::copy(from.ar_coeffs_cb, to.ar_coeffs_cb);
  std::ranges::copy(from.ar_coeffs_cr, to.ar_coeffs_cr);
  to.cb_mult = from.cb_mult;
  to.cb_luma_mult = from.cb_luma_mult;
  to.cb_offset = from.cb_offset;
  to.cr_mult = from.cr_mult;
  to.cr_luma_mult = from.cr_luma_mult;
  to.cr_offset = from.cr_offset;
}

Result<> read_film_grain(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  const bool may_be_shown = av1.show_frame || frame.showable_frame;
  av1.apply_grain = sequence.film_grain_params_present && may_be_shown && in.flag();
  if (!av1.apply_grain) return {};
  const auto seed = static_cast<unsigned short>(in.f(16));
  const bool update = av1.frame_type != inter_frame || in.flag();
  if (update) {
    av1.random_seed = seed;
    return read_parameters(context);
  }
  const uint32_t slot = in.f(3);
  if (std::ranges::find(frame.ref_frame_idx, slot) == frame.ref_frame_idx.end()) {
    return fault(Fault::Stream, std::format("film grain of slot {}, which is no reference", slot));
  }
  copy_film_grain(slots[slot].header.av1, av1);
  av1.random_seed = seed;
  return {};
}

}  // namespace refdrv::nv
