// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads frame headers (specification, section 5.9.2): the order of their parts, sizes, references.
#include "refdrv/nv/parser/frame_header.h"

#include <algorithm>
#include <format>
#include <iterator>

namespace refdrv::nv {

namespace {

constexpr uint32_t switchable_filter = 4;
constexpr uint32_t superres_denom_min = 9;
constexpr uint32_t superres_num = 8;

void read_superres(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  frame.frame_width = frame.av1.width;
  frame.av1.use_superres = sequence.enable_superres && in.flag();
  if (!frame.av1.use_superres) return;
  frame.av1.coded_denom = in.f(3) & 7;
  const uint32_t denom = frame.av1.coded_denom + superres_denom_min;
  frame.frame_width = (frame.av1.width * superres_num + denom / 2) / denom;
}

void read_render_size(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  frame.render_width = frame.av1.width;
  frame.render_height = frame.av1.height;
  if (!in.flag()) return;
  frame.render_width = in.f(16) + 1;
  frame.render_height = in.f(16) + 1;
}

void read_frame_size(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  frame.av1.width = sequence.max_width;
  frame.av1.height = sequence.max_height;
  if (frame.frame_size_override) {
    frame.av1.width = in.f(sequence.frame_width_bits) + 1;
    frame.av1.height = in.f(sequence.frame_height_bits) + 1;
  }
  read_superres(context);
  read_render_size(context);
}

void read_frame_size_with_refs(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  for (const uint8_t slot : frame.ref_frame_idx) {
    if (!in.flag()) continue;
    const FrameHeader& reference = slots[slot].header;
    frame.av1.width = reference.av1.width;
    frame.av1.height = reference.av1.height;
    frame.render_width = reference.render_width;
    frame.render_height = reference.render_height;
    read_superres(context);
    return;
  }
  read_frame_size(context);
}

void read_presentation_time(HeaderContext& context) {
  const auto& sequence = context.sequence;
  if (sequence.decoder_model_info_present && !sequence.equal_picture_interval) {
    context.in.f(sequence.frame_presentation_time_length);
  }
}

Result<> read_existing(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  frame.existing_slot = static_cast<uint8_t>(in.f(3));
  read_presentation_time(context);
  if (sequence.frame_id_numbers_present) in.f(sequence.frame_id_length);
  const Slot& slot = slots[frame.existing_slot];
  if (!slot.valid) {
    return fault(Fault::Stream, std::format("slot {}, to be shown, is empty", frame.existing_slot));
  }
  if (slot.header.av1.frame_type == key_frame) frame.refresh_frame_flags = all_slots;
  return {};
}

// From show_existing_frame to error_resilient_mode.
Result<> read_kind(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  if (sequence.reduced_still_picture_header) {
    frame.av1.frame_type = key_frame;
    frame.av1.show_frame = 1;
    frame.error_resilient_mode = true;
    return {};
  }
  frame.show_existing_frame = in.flag();
  if (frame.show_existing_frame) return read_existing(context);
  frame.av1.frame_type = in.f(2) & 3;
  frame.av1.show_frame = in.flag();
  if (frame.av1.show_frame) read_presentation_time(context);
  frame.showable_frame = frame.av1.show_frame ? frame.av1.frame_type != key_frame : in.flag();
  const bool shown_key = frame.av1.frame_type == key_frame && frame.av1.show_frame;
  frame.error_resilient_mode = frame.av1.frame_type == switch_frame || shown_key || in.flag();
  return {};
}

void read_screen_content(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  frame.av1.disable_cdf_update = in.flag();
  frame.av1.allow_screen_content_tools = sequence.force_screen_content_tools == select_per_frame
                                             ? in.flag()
                                             : sequence.force_screen_content_tools != 0;
  if (frame.av1.allow_screen_content_tools) {
    frame.av1.force_integer_mv =
        sequence.force_integer_mv == select_per_frame ? in.flag() : sequence.force_integer_mv != 0;
  }
  if (frame.is_intra()) frame.av1.force_integer_mv = 1;
}

void read_buffer_removal_times(HeaderContext& context, unsigned temporal_id, unsigned spatial_id) {
  auto& [in, sequence, slots, frame] = context;
  if (!sequence.decoder_model_info_present || !in.flag()) return;
  for (unsigned i = 0; i < sequence.operating_point_count; i++) {
    const OperatingPoint& point = sequence.operating_points[i];
    if (!point.decoder_model_present) continue;
    const bool inside = (point.idc >> temporal_id & 1) && (point.idc >> (spatial_id + 8) & 1);
    if (point.idc == 0 || inside) in.f(sequence.buffer_removal_time_length);
  }
}

// What an error resilient frame says of its slots' order hints. Those that are wrong are empty in a
// decoder; here, as in most, only a reference to an empty slot is minded.
void read_ref_order_hints(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  if (!frame.error_resilient_mode || !sequence.enable_order_hint) return;
  if (frame.is_intra() && frame.refresh_frame_flags == all_slots) return;
  for (unsigned i = 0; i < slot_count; i++) in.f(sequence.order_hint_bits);
}

Result<> read_reference_slots(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  const bool short_signaling = sequence.enable_order_hint && in.flag();
  if (short_signaling) {
    const uint32_t last = in.f(3);
    const uint32_t golden = in.f(3);
    if (const auto set = set_frame_refs(context, last, golden); !set) return set;
  }
  for (uint8_t& slot : frame.ref_frame_idx) {
    if (!short_signaling) slot = static_cast<uint8_t>(in.f(3));
    if (sequence.frame_id_numbers_present) in.f(sequence.delta_frame_id_length);
  }
  for (const uint8_t slot : frame.ref_frame_idx) {
    if (!slots[slot].valid) {
      return fault(Fault::Stream, std::format("slot {}, a reference, is empty", slot));
    }
  }
  return {};
}

Result<> read_inter(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  if (const auto read = read_reference_slots(context); !read) return read;
  if (frame.frame_size_override && !frame.error_resilient_mode) {
    read_frame_size_with_refs(context);
  } else {
    read_frame_size(context);
  }
  frame.av1.allow_high_precision_mv = !frame.av1.force_integer_mv && in.flag();
  frame.av1.interp_filter = (in.flag() ? switchable_filter : in.f(2)) & 7;
  frame.av1.switchable_motion_mode = in.flag();
  frame.av1.use_ref_frame_mvs =
      !frame.error_resilient_mode && sequence.enable_ref_frame_mvs && in.flag();
  return {};
}

void set_sequence(const SequenceHeader& from, CUVIDAV1PICPARAMS& to) {
  to.profile = from.profile & 7;
  to.use_128x128_superblock = from.use_128x128_superblock;
  to.subsampling_x = from.subsampling_x;
  to.subsampling_y = from.subsampling_y;
  to.mono_chrome = from.mono_chrome;
  to.bit_depth_minus8 = (from.bit_depth - 8U) & 15;
  to.enable_filter_intra = from.enable_filter_intra;
  to.enable_intra_edge_filter = from.enable_intra_edge_filter;
  to.enable_interintra_compound = from.enable_interintra_compound;
  to.enable_masked_compound = from.enable_masked_compound;
  to.enable_dual_filter = from.enable_dual_filter;
  to.enable_order_hint = from.enable_order_hint;
  to.order_hint_bits_minus1 = (from.order_hint_bits - 1U) & 7;
  to.enable_jnt_comp = from.enable_jnt_comp;
  to.enable_superres = from.enable_superres;
  to.enable_cdef = from.enable_cdef;
  to.enable_restoration = from.enable_restoration;
  to.enable_fgs = from.film_grain_params_present;
}

// What a frame begins with: its primary reference's deltas and features, or the defaults (7.20,
// 7.21's load_previous()).
void inherit(HeaderContext& context) {
  CUVIDAV1PICPARAMS& av1 = context.frame.av1;
  set_default_deltas(av1);
  if (context.frame.primary_ref_frame == no_primary_reference) return;
  const uint8_t slot = context.frame.ref_frame_idx[context.frame.primary_ref_frame];
  const CUVIDAV1PICPARAMS& from = context.slots[slot].header.av1;
  std::ranges::copy(from.loop_filter_ref_deltas, av1.loop_filter_ref_deltas);
  std::ranges::copy(from.loop_filter_mode_deltas, av1.loop_filter_mode_deltas);
  std::ranges::copy(from.segmentation_feature_mask, av1.segmentation_feature_mask);
  for (unsigned i = 0; i < std::size(from.segmentation_feature_data); i++) {
    std::ranges::copy(from.segmentation_feature_data[i], av1.segmentation_feature_data[i]);
  }
}

Result<> read_coding(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  const bool fixed = sequence.reduced_still_picture_header || av1.disable_cdf_update;
  av1.disable_frame_end_update_cdf = fixed || in.flag();
  inherit(context);
  if (const auto tiles = read_tile_info(context); !tiles) return tiles;
  read_quantization(context);
  read_segmentation(context);
  read_block_deltas(context);
  av1.coded_lossless = is_coded_lossless(frame);
  read_loop_filter(context);
  read_cdef(context);
  read_restoration(context);
  if (!av1.coded_lossless) av1.tx_mode = in.flag() ? 2 : 1;
  av1.reference_mode = !frame.is_intra() && in.flag();
  read_skip_mode(context);
  const bool may_warp =
      !frame.is_intra() && !frame.error_resilient_mode && sequence.enable_warped_motion;
  av1.allow_warped_motion = may_warp && in.flag();
  av1.reduced_tx_set = in.flag();
  read_global_motion(context);
  return read_film_grain(context);
}

Result<> read_frame(HeaderContext& context, unsigned temporal_id, unsigned spatial_id) {
  auto& [in, sequence, slots, frame] = context;
  const bool shown_key = frame.av1.frame_type == key_frame && frame.av1.show_frame;
  read_screen_content(context);
  if (sequence.frame_id_numbers_present) in.f(sequence.frame_id_length);
  const bool is_switch = frame.av1.frame_type == switch_frame;
  frame.frame_size_override = is_switch || (!sequence.reduced_still_picture_header && in.flag());
  frame.av1.frame_offset = in.f(sequence.order_hint_bits);
  if (!frame.is_intra() && !frame.error_resilient_mode) {
    frame.primary_ref_frame = static_cast<uint8_t>(in.f(3));
  }
  read_buffer_removal_times(context, temporal_id, spatial_id);
  frame.refresh_frame_flags = is_switch || shown_key ? all_slots : static_cast<uint8_t>(in.f(8));
  read_ref_order_hints(context);
  if (frame.is_intra()) {
    read_frame_size(context);
    frame.av1.allow_intrabc =
        frame.av1.allow_screen_content_tools && frame.av1.width == frame.frame_width && in.flag();
  } else if (const auto inter = read_inter(context); !inter) {
    return inter;
  }
  return read_coding(context);
}

}  // namespace

int relative_distance(const SequenceHeader& sequence, unsigned a, unsigned b) {
  if (!sequence.enable_order_hint) return 0;
  const int diff = static_cast<int>(a) - static_cast<int>(b);
  const int m = 1 << (sequence.order_hint_bits - 1);
  return (diff & (m - 1)) - (diff & m);
}

Result<FrameHeader> parse_frame_header(std::span<const uint8_t> payload,
                                       const SequenceHeader& sequence, const Slots& slots,
                                       unsigned temporal_id, unsigned spatial_id) {
  BitReader in(payload);
  FrameHeader frame;
  HeaderContext context{in, sequence, slots, frame};
  set_sequence(sequence, frame.av1);
  frame.av1.temporal_layer_id = temporal_id & 15;
  frame.av1.spatial_layer_id = spatial_id & 15;
  if (const auto kind = read_kind(context); !kind) return std::unexpected(kind.error());
  if (!frame.show_existing_frame) {
    const auto read = read_frame(context, temporal_id, spatial_id);
    if (!read) return std::unexpected(read.error());
  }
  if (in.overrun()) return fault(Fault::Stream, "a frame header is cut off");
  frame.bits = in.bit_position();
  in.align();
  frame.bytes = in.byte_position();
  return frame;
}

}  // namespace refdrv::nv
