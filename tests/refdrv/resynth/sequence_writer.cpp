// SPDX-License-Identifier: LGPL-2.1-or-later
// The sequence header of the rebuilt stream (AV1 specification, 5.5).
#include "refdrv/resynth/sequence_writer.h"

#include "refdrv/resynth/bit_writer.h"

namespace refdrv {
namespace {

void write_color_config(BitWriter& out, const SequenceParams& sequence) {
  constexpr unsigned unspecified = 2;
  out.flag(sequence.bit_depth > 8);
  if (sequence.profile == 2 && sequence.bit_depth > 8) out.flag(sequence.bit_depth == 12);
  if (sequence.profile != 1) out.flag(sequence.mono_chrome);
  out.flag(true);  // color_description_present_flag
  out.f(8, unspecified);
  out.f(8, unspecified);
  out.f(8, sequence.matrix_coefficients);
  out.flag(sequence.color_range);
  if (sequence.mono_chrome) return;
  if (sequence.profile == 2 && sequence.bit_depth == 12) {
    out.flag(sequence.subsampling_x);
    if (sequence.subsampling_x) out.flag(sequence.subsampling_y);
  }
  if (sequence.subsampling_x && sequence.subsampling_y) out.f(2, 0);  // chroma_sample_position
  out.flag(true);                                                     // separate_uv_delta_q
}

void write_operating_point(BitWriter& out) {
  constexpr unsigned level_without_limits = 31;
  out.flag(false);  // timing_info_present_flag
  out.flag(false);  // initial_display_delay_present_flag
  out.f(5, 0);      // operating_points_cnt_minus_1
  out.f(12, 0);     // operating_point_idc
  out.f(5, level_without_limits);
  out.flag(false);  // seq_tier
}

}  // namespace

std::vector<uint8_t> write_sequence_header(const SequenceParams& sequence) {
  BitWriter out;
  out.f(3, sequence.profile);
  out.flag(false);  // still_picture
  out.flag(false);  // reduced_still_picture_header
  write_operating_point(out);
  out.f(4, 15);  // frame_width_bits_minus_1
  out.f(4, 15);
  out.f(16, 65535);  // max_frame_width_minus_1
  out.f(16, 65535);
  out.flag(false);  // frame_id_numbers_present_flag
  out.flag(sequence.use_128x128_superblock);
  out.flag(sequence.enable_filter_intra);
  out.flag(sequence.enable_intra_edge_filter);
  out.flag(sequence.enable_interintra_compound);
  out.flag(sequence.enable_masked_compound);
  out.flag(true);  // enable_warped_motion
  out.flag(sequence.enable_dual_filter);
  out.flag(sequence.enable_order_hint);
  if (sequence.enable_order_hint) {
    out.flag(sequence.enable_jnt_comp);
    out.flag(true);  // enable_ref_frame_mvs
  }
  out.flag(true);  // seq_choose_screen_content_tools
  out.flag(true);  // seq_choose_integer_mv
  if (sequence.enable_order_hint) out.f(3, sequence.order_hint_bits - 1u);
  out.flag(true);  // enable_superres
  out.flag(sequence.enable_cdef);
  out.flag(true);  // enable_restoration
  write_color_config(out, sequence);
  out.flag(sequence.film_grain_params_present);
  out.trailing_bits();
  return out.bytes();
}

}  // namespace refdrv
