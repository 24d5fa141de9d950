// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes sequence_header_obu() (AV1 specification 5.5).
#include "av1/sequence_header_writer.h"

#include <utility>

#include "av1/bit_writer.h"

namespace av1hw {
namespace {

constexpr unsigned last_level_without_tier = 7;

void write_uvlc(BitWriter& w, uint32_t value) {
  // The code of 2^32-1, which BitWriter leaves out, is 32 zeros and a one.
  if (value != UINT32_MAX) return w.uvlc(value);
  w.bits(0, 32);
  w.flag(true);
}

void write_timing_info(BitWriter& w, const TimingInfo& timing) {
  w.bits(timing.num_units_in_display_tick, 32);
  w.bits(timing.time_scale, 32);
  w.flag(timing.equal_picture_interval);
  if (timing.equal_picture_interval) write_uvlc(w, timing.num_ticks_per_picture - 1);
}

void write_decoder_model_info(BitWriter& w, const DecoderModelInfo& model) {
  w.bits(model.buffer_delay_length - 1, 5);
  w.bits(model.num_units_in_decoding_tick, 32);
  w.bits(model.buffer_removal_time_length - 1, 5);
  w.bits(model.frame_presentation_time_length - 1, 5);
}

void write_operating_point(BitWriter& w, const SequenceHeader& seq, const OperatingPoint& op) {
  w.bits(op.idc, 12);
  w.bits(op.seq_level_idx, 5);
  if (op.seq_level_idx > last_level_without_tier) w.bits(op.seq_tier, 1);
  if (seq.decoder_model_info_present) {
    w.flag(op.decoder_model_present);
    if (op.decoder_model_present) {
      w.bits(op.decoder_buffer_delay, seq.decoder_model_info.buffer_delay_length);
      w.bits(op.encoder_buffer_delay, seq.decoder_model_info.buffer_delay_length);
      w.flag(op.low_delay_mode);
    }
  }
  if (seq.initial_display_delay_present) {
    w.flag(op.initial_display_delay_present);
    if (op.initial_display_delay_present) w.bits(op.initial_display_delay - 1, 4);
  }
}

void write_timing_and_operating_points(BitWriter& w, const SequenceHeader& seq) {
  w.flag(seq.timing_info_present);
  if (seq.timing_info_present) {
    write_timing_info(w, seq.timing_info);
    w.flag(seq.decoder_model_info_present);
    if (seq.decoder_model_info_present) write_decoder_model_info(w, seq.decoder_model_info);
  }
  w.flag(seq.initial_display_delay_present);
  w.bits(seq.operating_points_count - 1, 5);
  for (unsigned i = 0; i < seq.operating_points_count; i++) {
    write_operating_point(w, seq, seq.operating_points[i]);
  }
}

void write_frame_size(BitWriter& w, const SequenceHeader& seq) {
  w.bits(seq.frame_width_bits - 1, 4);
  w.bits(seq.frame_height_bits - 1, 4);
  w.bits(seq.max_frame_width - 1, seq.frame_width_bits);
  w.bits(seq.max_frame_height - 1, seq.frame_height_bits);
}

void write_frame_ids(BitWriter& w, const SequenceHeader& seq) {
  w.flag(seq.frame_id_numbers_present);
  if (!seq.frame_id_numbers_present) return;
  w.bits(seq.delta_frame_id_length - 2, 4);
  w.bits(seq.frame_id_length - seq.delta_frame_id_length - 1, 3);
}

void write_inter_tools(BitWriter& w, const SequenceHeader& seq) {
  w.flag(seq.enable_interintra_compound);
  w.flag(seq.enable_masked_compound);
  w.flag(seq.enable_warped_motion);
  w.flag(seq.enable_dual_filter);
  w.flag(seq.enable_order_hint);
  if (seq.enable_order_hint) {
    w.flag(seq.enable_jnt_comp);
    w.flag(seq.enable_ref_frame_mvs);
  }
  const bool choose_screen_content_tools =
      seq.seq_force_screen_content_tools == select_screen_content_tools;
  w.flag(choose_screen_content_tools);
  if (!choose_screen_content_tools) w.bits(seq.seq_force_screen_content_tools, 1);
  if (seq.seq_force_screen_content_tools > 0) {
    const bool choose_integer_mv = seq.seq_force_integer_mv == select_integer_mv;
    w.flag(choose_integer_mv);
    if (!choose_integer_mv) w.bits(seq.seq_force_integer_mv, 1);
  }
  if (seq.enable_order_hint) w.bits(seq.order_hint_bits - 1, 3);
}

void write_tools(BitWriter& w, const SequenceHeader& seq) {
  w.flag(seq.use_128x128_superblock);
  w.flag(seq.enable_filter_intra);
  w.flag(seq.enable_intra_edge_filter);
  if (!seq.reduced_still_picture_header) write_inter_tools(w, seq);
  w.flag(seq.enable_superres);
  w.flag(seq.enable_cdef);
  w.flag(seq.enable_restoration);
}

void write_color_range_and_subsampling(BitWriter& w, unsigned seq_profile,
                                       const ColorConfig& color) {
  // These three together imply full range and 4:4:4.
  if (color.color_primaries == color_primaries_bt709 &&
      color.transfer_characteristics == transfer_srgb &&
      color.matrix_coefficients == matrix_identity) {
    return;
  }
  w.flag(color.color_range);
  if (seq_profile == 2 && color.bit_depth == 12) {
    w.bits(color.subsampling_x, 1);
    if (color.subsampling_x != 0) w.bits(color.subsampling_y, 1);
  }
  if (color.subsampling_x != 0 && color.subsampling_y != 0) {
    w.bits(color.chroma_sample_position, 2);
  }
}

// 5.5.2
void write_color_config(BitWriter& w, unsigned seq_profile, const ColorConfig& color) {
  const bool high_bitdepth = color.bit_depth > 8;
  w.flag(high_bitdepth);
  if (seq_profile == 2 && high_bitdepth) w.flag(color.bit_depth == 12);
  if (seq_profile != 1) w.flag(color.mono_chrome);
  w.flag(color.color_description_present);
  if (color.color_description_present) {
    w.bits(color.color_primaries, 8);
    w.bits(color.transfer_characteristics, 8);
    w.bits(color.matrix_coefficients, 8);
  }
  if (color.mono_chrome) return w.flag(color.color_range);
  write_color_range_and_subsampling(w, seq_profile, color);
  w.flag(color.separate_uv_delta_q);
}

}  // namespace

std::vector<uint8_t> write_sequence_header(const SequenceHeader& seq) {
  BitWriter w;
  w.bits(seq.seq_profile, 3);
  w.flag(seq.still_picture);
  w.flag(seq.reduced_still_picture_header);
  if (seq.reduced_still_picture_header) {
    w.bits(seq.operating_points[0].seq_level_idx, 5);
  } else {
    write_timing_and_operating_points(w, seq);
  }
  write_frame_size(w, seq);
  if (!seq.reduced_still_picture_header) write_frame_ids(w, seq);
  write_tools(w, seq);
  write_color_config(w, seq.seq_profile, seq.color);
  w.flag(seq.film_grain_params_present);
  w.trailing_bits();
  return std::move(w).take();
}

}  // namespace av1hw
