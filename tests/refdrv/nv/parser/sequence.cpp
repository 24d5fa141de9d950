// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads sequence header OBUs (specification, section 5.5).
#include "refdrv/nv/parser/sequence.h"

#include "refdrv/nv/parser/bit_reader.h"

namespace refdrv::nv {

namespace {

constexpr uint8_t bt709 = 1, srgb = 13, identity = 0;

uint8_t byte(BitReader& in, unsigned bits) { return static_cast<uint8_t>(in.f(bits)); }

void read_timing_info(BitReader& in, SequenceHeader& to) {
  to.num_units_in_display_tick = in.f(32);
  to.time_scale = in.f(32);
  to.equal_picture_interval = in.flag();
  if (to.equal_picture_interval) to.num_ticks_per_picture = in.uvlc() + 1;
  to.decoder_model_info_present = in.flag();
  if (!to.decoder_model_info_present) return;
  to.buffer_delay_length = static_cast<uint8_t>(in.f(5) + 1);
  in.f(32);  // num_units_in_decoding_tick
  to.buffer_removal_time_length = static_cast<uint8_t>(in.f(5) + 1);
  to.frame_presentation_time_length = static_cast<uint8_t>(in.f(5) + 1);
}

void read_operating_points(BitReader& in, SequenceHeader& to) {
  const bool initial_display_delay_present = in.flag();
  to.operating_point_count = static_cast<uint8_t>(in.f(5) + 1);
  for (unsigned i = 0; i < to.operating_point_count; i++) {
    OperatingPoint& point = to.operating_points[i];
    point.idc = static_cast<uint16_t>(in.f(12));
    point.level = static_cast<uint8_t>(in.f(5));
    if (point.level > 7) point.tier = static_cast<uint8_t>(in.f(1));
    if (to.decoder_model_info_present) {
      point.decoder_model_present = in.flag();
      if (point.decoder_model_present) {
        in.f(to.buffer_delay_length);  // decoder_buffer_delay
        in.f(to.buffer_delay_length);  // encoder_buffer_delay
        in.f(1);                       // low_delay_mode_flag
      }
    }
    if (initial_display_delay_present && in.flag()) in.f(4);
  }
}

void read_size(BitReader& in, SequenceHeader& to) {
  to.frame_size_position = in.bit_position();
  to.frame_width_bits = static_cast<uint8_t>(in.f(4) + 1);
  to.frame_height_bits = static_cast<uint8_t>(in.f(4) + 1);
  to.max_width = in.f(to.frame_width_bits) + 1;
  to.max_height = in.f(to.frame_height_bits) + 1;
  if (!to.reduced_still_picture_header) to.frame_id_numbers_present = in.flag();
  if (!to.frame_id_numbers_present) return;
  to.delta_frame_id_length = static_cast<uint8_t>(in.f(4) + 2);
  to.frame_id_length = static_cast<uint8_t>(in.f(3) + to.delta_frame_id_length + 1);
}

void read_tools(BitReader& in, SequenceHeader& to) {
  to.use_128x128_superblock = in.flag();
  to.enable_filter_intra = in.flag();
  to.enable_intra_edge_filter = in.flag();
  if (!to.reduced_still_picture_header) {
    to.enable_interintra_compound = in.flag();
    to.enable_masked_compound = in.flag();
    to.enable_warped_motion = in.flag();
    to.enable_dual_filter = in.flag();
    to.enable_order_hint = in.flag();
    if (to.enable_order_hint) {
      to.enable_jnt_comp = in.flag();
      to.enable_ref_frame_mvs = in.flag();
    }
    to.force_screen_content_tools = in.flag() ? select_per_frame : byte(in, 1);
    to.force_integer_mv = select_per_frame;
    if (to.force_screen_content_tools > 0 && !in.flag()) to.force_integer_mv = byte(in, 1);
    if (to.enable_order_hint) to.order_hint_bits = static_cast<uint8_t>(in.f(3) + 1);
  }
  to.enable_superres = in.flag();
  to.enable_cdef = in.flag();
  to.enable_restoration = in.flag();
}

void read_subsampling(BitReader& in, SequenceHeader& to) {
  to.full_range = in.flag();
  if (to.profile == 0) {
    to.subsampling_x = to.subsampling_y = true;
  } else if (to.profile == 2 && to.bit_depth == 12) {
    to.subsampling_x = in.flag();
    to.subsampling_y = to.subsampling_x && in.flag();
  } else if (to.profile == 2) {
    to.subsampling_x = true;
  }
  if (to.subsampling_x && to.subsampling_y) in.f(2);  // chroma_sample_position
}

void read_color(BitReader& in, SequenceHeader& to) {
  const bool high_bitdepth = in.flag();
  to.bit_depth = high_bitdepth ? 10 : 8;
  if (to.profile == 2 && high_bitdepth && in.flag()) to.bit_depth = 12;
  to.mono_chrome = to.profile != 1 && in.flag();
  if (in.flag()) {
    to.color_primaries = byte(in, 8);
    to.transfer_characteristics = byte(in, 8);
    to.matrix_coefficients = byte(in, 8);
  }
  if (to.mono_chrome) {
    to.full_range = in.flag();
    to.subsampling_x = to.subsampling_y = true;
    return;
  }
  if (to.color_primaries == bt709 && to.transfer_characteristics == srgb &&
      to.matrix_coefficients == identity) {
    to.full_range = true;
  } else {
    read_subsampling(in, to);
  }
  to.separate_uv_delta_q = in.flag();
}

}  // namespace

Result<SequenceHeader> parse_sequence_header(std::span<const uint8_t> payload) {
  BitReader in(payload);
  SequenceHeader header;
  header.profile = byte(in, 3);
  header.still_picture = in.flag();
  header.reduced_still_picture_header = in.flag();
  if (header.reduced_still_picture_header) {
    in.f(5);  // seq_level_idx
  } else {
    if (in.flag()) read_timing_info(in, header);
    read_operating_points(in, header);
  }
  read_size(in, header);
  read_tools(in, header);
  read_color(in, header);
  header.film_grain_params_present = in.flag();
  if (in.overrun()) return fault(Fault::Stream, "a sequence header is cut off");
  if (header.profile > 2) return fault(Fault::Stream, "seq_profile is reserved");
  return header;
}

}  // namespace refdrv::nv
