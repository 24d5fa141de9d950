// SPDX-License-Identifier: LGPL-2.1-or-later
// sequence_header_obu() (AV1 specification 5.5): what holds for a whole coded video sequence.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace av1hw {

// Values that the specification names and the syntax elements below take (3, 6.4.2).
constexpr unsigned max_operating_points = 32;
constexpr uint8_t select_screen_content_tools = 2;
constexpr uint8_t select_integer_mv = 2;
constexpr uint8_t color_primaries_bt709 = 1;
constexpr uint8_t color_unspecified = 2;
constexpr uint8_t transfer_srgb = 13;
constexpr uint8_t matrix_identity = 0;

struct TimingInfo {
  uint32_t num_units_in_display_tick = 0;  // 0 is illegal, but there are streams that have it
  uint32_t time_scale = 0;                 // likewise
  bool equal_picture_interval = false;
  uint32_t num_ticks_per_picture = 0;  // with equal_picture_interval only; 0: illegal

  bool operator==(const TimingInfo&) const = default;
};

struct DecoderModelInfo {
  uint8_t buffer_delay_length = 0;
  uint32_t num_units_in_decoding_tick = 0;
  uint8_t buffer_removal_time_length = 0;
  uint8_t frame_presentation_time_length = 0;

  bool operator==(const DecoderModelInfo&) const = default;
};

struct OperatingPoint {
  uint16_t idc = 0;  // bits 0..7: temporal layers, 8..11: spatial layers; 0: all
  uint8_t seq_level_idx = 0;
  uint8_t seq_tier = 0;
  bool decoder_model_present = false;
  uint32_t decoder_buffer_delay = 0;
  uint32_t encoder_buffer_delay = 0;
  bool low_delay_mode = false;
  bool initial_display_delay_present = false;
  uint8_t initial_display_delay = 0;  // frames, 1..16

  bool operator==(const OperatingPoint&) const = default;
};

struct ColorConfig {
  uint8_t bit_depth = 8;  // 8, 10 or 12
  bool mono_chrome = false;
  bool color_description_present = false;
  // ISO/IEC 23091-4 code points; 2 (unspecified) without a description.
  uint8_t color_primaries = color_unspecified;
  uint8_t transfer_characteristics = color_unspecified;
  uint8_t matrix_coefficients = color_unspecified;
  bool color_range = false;  // true: full
  uint8_t subsampling_x = 1;
  uint8_t subsampling_y = 1;
  uint8_t chroma_sample_position = 0;  // 0: unknown, 1: vertical, 2: co-located
  bool separate_uv_delta_q = false;

  bool operator==(const ColorConfig&) const = default;
};

struct SequenceHeader {
  uint8_t seq_profile = 0;
  bool still_picture = false;
  bool reduced_still_picture_header = false;
  bool timing_info_present = false;
  TimingInfo timing_info;
  bool decoder_model_info_present = false;
  DecoderModelInfo decoder_model_info;
  bool initial_display_delay_present = false;
  uint8_t operating_points_count = 1;
  std::array<OperatingPoint, max_operating_points> operating_points = {};
  uint8_t frame_width_bits = 0;
  uint8_t frame_height_bits = 0;
  uint32_t max_frame_width = 0;   // 1..65536
  uint32_t max_frame_height = 0;  // 1..65536
  bool frame_id_numbers_present = false;
  uint8_t delta_frame_id_length = 0;  // with frame_id_numbers_present only, as is:
  uint8_t frame_id_length = 0;        // idLen
  bool use_128x128_superblock = false;
  bool enable_filter_intra = false;
  bool enable_intra_edge_filter = false;
  bool enable_interintra_compound = false;
  bool enable_masked_compound = false;
  bool enable_warped_motion = false;
  bool enable_dual_filter = false;
  bool enable_order_hint = false;
  bool enable_jnt_comp = false;
  bool enable_ref_frame_mvs = false;
  uint8_t seq_force_screen_content_tools = select_screen_content_tools;
  uint8_t seq_force_integer_mv = select_integer_mv;
  uint8_t order_hint_bits = 0;  // 0..8
  bool enable_superres = false;
  bool enable_cdef = false;
  bool enable_restoration = false;
  ColorConfig color;
  bool film_grain_params_present = false;

  bool operator==(const SequenceHeader&) const = default;
};

// Parses an OBU_SEQUENCE_HEADER's payload. InvalidData: cut off, or something that leaves the rest
// without meaning. Other values that the semantics forbid are handed on as they are.
Result<SequenceHeader> parse_sequence_header(std::span<const uint8_t> payload);

// "main", "high", "professional": seq_profile as caps write it; nullptr for a reserved one.
const char* profile_name(unsigned seq_profile);

}  // namespace av1hw
