// SPDX-License-Identifier: LGPL-2.1-or-later
// film_grain_params() of the frame header (AV1 specification, 5.9.30).
#include <span>

#include "refdrv/resynth/header_parts.h"

namespace refdrv {
namespace {

void write_points(BitWriter& out, std::span<const GrainPoint> points) {
  out.f(4, static_cast<uint32_t>(points.size()));
  for (const GrainPoint& point : points) {
    out.f(8, point.value);
    out.f(8, point.scaling);
  }
}

void write_coefficients(BitWriter& out, std::span<const int16_t> coefficients) {
  for (const int16_t coefficient : coefficients) out.f(8, static_cast<uint32_t>(coefficient + 128));
}

void write_chroma_mix(BitWriter& out, uint8_t mult, uint8_t luma_mult, uint16_t offset) {
  out.f(8, mult);
  out.f(8, luma_mult);
  out.f(9, offset);
}

}  // namespace

void write_film_grain(BitWriter& out, const Picture& picture) {
  const SequenceParams& sequence = picture.sequence;
  const FilmGrain& grain = picture.film_grain;
  if (!sequence.film_grain_params_present) return;
  out.flag(grain.apply);
  if (!grain.apply) return;
  out.f(16, grain.seed);
  if (!is_intra(picture)) out.flag(true);  // update_grain
  write_points(out, std::span(grain.y_points).first(grain.num_y_points));
  if (!sequence.mono_chrome) out.flag(grain.chroma_scaling_from_luma);
  const bool from_luma = !sequence.mono_chrome && grain.chroma_scaling_from_luma;
  const bool no_chroma_points =
      sequence.mono_chrome || from_luma ||
      (sequence.subsampling_x && sequence.subsampling_y && grain.num_y_points == 0);
  const unsigned num_cb = no_chroma_points ? 0 : grain.num_cb_points;
  const unsigned num_cr = no_chroma_points ? 0 : grain.num_cr_points;
  if (!no_chroma_points) {
    write_points(out, std::span(grain.cb_points).first(num_cb));
    write_points(out, std::span(grain.cr_points).first(num_cr));
  }
  out.f(2, grain.scaling_minus_8);
  out.f(2, grain.ar_coeff_lag);
  const unsigned luma_positions = 2u * grain.ar_coeff_lag * (grain.ar_coeff_lag + 1u);
  const unsigned chroma_positions = luma_positions + (grain.num_y_points > 0 ? 1 : 0);
  if (grain.num_y_points > 0)
    write_coefficients(out, std::span(grain.ar_coeffs_y).first(luma_positions));
  if (from_luma || num_cb > 0)
    write_coefficients(out, std::span(grain.ar_coeffs_cb).first(chroma_positions));
  if (from_luma || num_cr > 0)
    write_coefficients(out, std::span(grain.ar_coeffs_cr).first(chroma_positions));
  out.f(2, grain.ar_coeff_shift_minus_6);
  out.f(2, grain.scale_shift);
  if (num_cb > 0) write_chroma_mix(out, grain.cb_mult, grain.cb_luma_mult, grain.cb_offset);
  if (num_cr > 0) write_chroma_mix(out, grain.cr_mult, grain.cr_luma_mult, grain.cr_offset);
  out.flag(grain.overlap);
  out.flag(grain.clip_to_restricted_range);
}

}  // namespace refdrv
