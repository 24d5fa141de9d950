// SPDX-License-Identifier: LGPL-2.1-or-later
// sequence_header_obu() (AV1 specification 5.5): what holds for a whole coded video sequence.
#include "av1/sequence_header.h"

#include <format>

#include "av1/bit_reader.h"

namespace av1hw {
namespace {

// seq_level_idx values above this one carry a seq_tier (5.5.1): levels 4.0 and up have two tiers.
constexpr unsigned last_level_without_tier = 7;

void parse_timing_info(BitReader& r, TimingInfo& timing) {
  timing.num_units_in_display_tick = r.bits(32);
  timing.time_scale = r.bits(32);
  timing.equal_picture_interval = r.flag();
  if (timing.equal_picture_interval) timing.num_ticks_per_picture = r.uvlc() + 1;
}

void parse_decoder_model_info(BitReader& r, DecoderModelInfo& model) {
  model.buffer_delay_length = static_cast<uint8_t>(r.bits(5) + 1);
  model.num_units_in_decoding_tick = r.bits(32);
  model.buffer_removal_time_length = static_cast<uint8_t>(r.bits(5) + 1);
  model.frame_presentation_time_length = static_cast<uint8_t>(r.bits(5) + 1);
}

void parse_operating_point(BitReader& r, const SequenceHeader& seq, OperatingPoint& op) {
  op.idc = static_cast<uint16_t>(r.bits(12));
  op.seq_level_idx = static_cast<uint8_t>(r.bits(5));
  if (op.seq_level_idx > last_level_without_tier) op.seq_tier = r.flag() ? 1 : 0;
  if (seq.decoder_model_info_present) {
    op.decoder_model_present = r.flag();
    if (op.decoder_model_present) {
      op.decoder_buffer_delay = r.bits(seq.decoder_model_info.buffer_delay_length);
      op.encoder_buffer_delay = r.bits(seq.decoder_model_info.buffer_delay_length);
      op.low_delay_mode = r.flag();
    }
  }
  if (seq.initial_display_delay_present) {
    op.initial_display_delay_present = r.flag();
    if (op.initial_display_delay_present) {
      op.initial_display_delay = static_cast<uint8_t>(r.bits(4) + 1);
    }
  }
}

void parse_timing_and_operating_points(BitReader& r, SequenceHeader& seq) {
  seq.timing_info_present = r.flag();
  if (seq.timing_info_present) {
    parse_timing_info(r, seq.timing_info);
    seq.decoder_model_info_present = r.flag();
    if (seq.decoder_model_info_present) parse_decoder_model_info(r, seq.decoder_model_info);
  }
  seq.initial_display_delay_present = r.flag();
  seq.operating_points_count = static_cast<uint8_t>(r.bits(5) + 1);
  for (unsigned i = 0; i < seq.operating_points_count; i++) {
    parse_operating_point(r, seq, seq.operating_points[i]);
  }
}

void parse_frame_size(BitReader& r, SequenceHeader& seq) {
  seq.frame_width_bits = static_cast<uint8_t>(r.bits(4) + 1);
  seq.frame_height_bits = static_cast<uint8_t>(r.bits(4) + 1);
  seq.max_frame_width = r.bits(seq.frame_width_bits) + 1;
  seq.max_frame_height = r.bits(seq.frame_height_bits) + 1;
}

void parse_frame_ids(BitReader& r, SequenceHeader& seq) {
  seq.frame_id_numbers_present = r.flag();
  if (!seq.frame_id_numbers_present) return;
  seq.delta_frame_id_length = static_cast<uint8_t>(r.bits(4) + 2);
  seq.frame_id_length = static_cast<uint8_t>(r.bits(3) + seq.delta_frame_id_length + 1);
}

void parse_inter_tools(BitReader& r, SequenceHeader& seq) {
  seq.enable_interintra_compound = r.flag();
  seq.enable_masked_compound = r.flag();
  seq.enable_warped_motion = r.flag();
  seq.enable_dual_filter = r.flag();
  seq.enable_order_hint = r.flag();
  if (seq.enable_order_hint) {
    seq.enable_jnt_comp = r.flag();
    seq.enable_ref_frame_mvs = r.flag();
  }
  const bool choose_screen_content_tools = r.flag();
  if (!choose_screen_content_tools) seq.seq_force_screen_content_tools = r.flag() ? 1 : 0;
  if (seq.seq_force_screen_content_tools > 0) {
    const bool choose_integer_mv = r.flag();
    if (!choose_integer_mv) seq.seq_force_integer_mv = r.flag() ? 1 : 0;
  }
  if (seq.enable_order_hint) seq.order_hint_bits = static_cast<uint8_t>(r.bits(3) + 1);
}

void parse_tools(BitReader& r, SequenceHeader& seq) {
  seq.use_128x128_superblock = r.flag();
  seq.enable_filter_intra = r.flag();
  seq.enable_intra_edge_filter = r.flag();
  if (!seq.reduced_still_picture_header) parse_inter_tools(r, seq);
  seq.enable_superres = r.flag();
  seq.enable_cdef = r.flag();
  seq.enable_restoration = r.flag();
}

void parse_subsampling(BitReader& r, unsigned seq_profile, ColorConfig& color) {
  color.subsampling_x = seq_profile == 1 ? 0 : 1;
  color.subsampling_y = seq_profile == 0 ? 1 : 0;
  if (seq_profile == 2 && color.bit_depth == 12) {
    color.subsampling_x = r.flag() ? 1 : 0;
    color.subsampling_y = color.subsampling_x != 0 && r.flag() ? 1 : 0;
  }
}

// 5.5.2
void parse_color_config(BitReader& r, unsigned seq_profile, ColorConfig& color) {
  const bool high_bitdepth = r.flag();
  color.bit_depth = high_bitdepth ? 10 : 8;
  if (seq_profile == 2 && high_bitdepth && r.flag()) color.bit_depth = 12;
  color.mono_chrome = seq_profile != 1 && r.flag();
  color.color_description_present = r.flag();
  if (color.color_description_present) {
    color.color_primaries = static_cast<uint8_t>(r.bits(8));
    color.transfer_characteristics = static_cast<uint8_t>(r.bits(8));
    color.matrix_coefficients = static_cast<uint8_t>(r.bits(8));
  }
  if (color.mono_chrome) {
    color.color_range = r.flag();
    return;
  }
  if (color.color_primaries == color_primaries_bt709 &&
      color.transfer_characteristics == transfer_srgb &&
      color.matrix_coefficients == matrix_identity) {
    color.color_range = true;
    color.subsampling_x = color.subsampling_y = 0;
  } else {
    color.color_range = r.flag();
    parse_subsampling(r, seq_profile, color);
    if (color.subsampling_x != 0 && color.subsampling_y != 0) {
      color.chroma_sample_position = static_cast<uint8_t>(r.bits(2));
    }
  }
  color.separate_uv_delta_q = r.flag();
}

}  // namespace

Result<SequenceHeader> parse_sequence_header(std::span<const uint8_t> payload) {
  BitReader r(payload);
  SequenceHeader seq;
  seq.seq_profile = static_cast<uint8_t>(r.bits(3));
  if (seq.seq_profile > 2) {
    return fail(ErrorCode::InvalidData,
                std::format("OBU_SEQUENCE_HEADER: seq_profile {} is reserved", seq.seq_profile));
  }
  seq.still_picture = r.flag();
  seq.reduced_still_picture_header = r.flag();
  if (seq.reduced_still_picture_header) {
    seq.operating_points[0].seq_level_idx = static_cast<uint8_t>(r.bits(5));
  } else {
    parse_timing_and_operating_points(r, seq);
  }
  parse_frame_size(r, seq);
  if (!seq.reduced_still_picture_header) parse_frame_ids(r, seq);
  parse_tools(r, seq);
  parse_color_config(r, seq.seq_profile, seq.color);
  seq.film_grain_params_present = r.flag();
  if (r.failed()) return fail(ErrorCode::InvalidData, "OBU_SEQUENCE_HEADER: is cut off");
  if (seq.reduced_still_picture_header && !seq.still_picture) {
    return fail(ErrorCode::InvalidData,
                "OBU_SEQUENCE_HEADER: reduced_still_picture_header without still_picture");
  }
  return seq;
}

const char* profile_name(unsigned seq_profile) {
  switch (seq_profile) {
  case 0: return "main";
  case 1: return "high";
  case 2: return "professional";
  default: return nullptr;
  }
}

}  // namespace av1hw
