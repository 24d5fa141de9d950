// SPDX-License-Identifier: LGPL-2.1-or-later
// What a sequence header OBU says (specification, section 5.5).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "refdrv/resynth/result.h"

namespace refdrv::nv {

constexpr uint8_t select_per_frame = 2;  // SELECT_SCREEN_CONTENT_TOOLS, SELECT_INTEGER_MV

struct OperatingPoint {
  uint16_t idc = 0;
  uint8_t level = 0;  // seq_level_idx
  uint8_t tier = 0;
  bool decoder_model_present = false;

  bool operator==(const OperatingPoint&) const = default;
};

struct SequenceHeader {
  uint8_t profile = 0;
  bool still_picture = false;
  bool reduced_still_picture_header = false;
  uint32_t num_units_in_display_tick = 0;
  uint32_t time_scale = 0;
  bool equal_picture_interval = false;
  uint32_t num_ticks_per_picture = 0;
  bool decoder_model_info_present = false;
  uint8_t buffer_delay_length = 0;
  uint8_t buffer_removal_time_length = 0;
  uint8_t frame_presentation_time_length = 0;
  uint8_t operating_point_count = 1;
  std::array<OperatingPoint, 32> operating_points = {};
  size_t frame_size_position = 0;  // of frame_width_bits_minus_1, in bits of the payload
  uint8_t frame_width_bits = 0;
  uint8_t frame_height_bits = 0;
  uint32_t max_width = 0;
  uint32_t max_height = 0;
  bool frame_id_numbers_present = false;
  uint8_t delta_frame_id_length = 0;
  uint8_t frame_id_length = 0;
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
  uint8_t force_screen_content_tools = select_per_frame;
  uint8_t force_integer_mv = select_per_frame;
  uint8_t order_hint_bits = 0;
  bool enable_superres = false;
  bool enable_cdef = false;
  bool enable_restoration = false;
  uint8_t bit_depth = 8;
  bool mono_chrome = false;
  uint8_t color_primaries = 2;
  uint8_t transfer_characteristics = 2;
  uint8_t matrix_coefficients = 2;
  bool full_range = false;
  bool subsampling_x = false;
  bool subsampling_y = false;
  bool separate_uv_delta_q = false;
  bool film_grain_params_present = false;

  unsigned planes() const { return mono_chrome ? 1 : 3; }
  bool operator==(const SequenceHeader&) const = default;
};

Result<SequenceHeader> parse_sequence_header(std::span<const uint8_t> payload);

}  // namespace refdrv::nv
