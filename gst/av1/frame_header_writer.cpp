// SPDX-License-Identifier: LGPL-2.1-or-later
// uncompressed_header() in the order of the AV1 specification, 5.9.2.
#include "av1/frame_header_writer.h"

#include <algorithm>
#include <string>

#include "av1/bit_writer.h"

namespace av1hw {
namespace {

constexpr unsigned seg_lvl_alt_q = 0;

// Segmentation_Feature_Bits and _Signed, 5.9.14
constexpr std::array<unsigned, segment_features> feature_bits = {8, 6, 6, 6, 6, 3, 0, 0};
constexpr std::array<bool, segment_features> feature_signed = {true, true,  true,  true,
                                                               true, false, false, false};

// lr_type as coded, by RestorationType: the inverse of Remap_Lr_Type, 5.9.20.
constexpr std::array<uint8_t, 4> coded_lr_type = {0, 2, 3, 1};

class HeaderWriter {
 public:
  HeaderWriter(const SequenceHeader& sequence, const FrameHeaderParams& params, BitWriter& bits)
      : seq_(sequence), params_(params), plan_(params.plan), bits_(bits), start_(bits.position()) {}

  FrameHeaderOffsets write() {
    if (plan_.show_existing_frame) {
      bits_.flag(true);
      bits_.bits(plan_.frame_to_show_map_idx, 3);
      offsets_.end = at();
    } else {
      write_frame();
    }
    bits_.align();
    return offsets_;
  }

 private:
  unsigned at() const { return static_cast<unsigned>(bits_.position() - start_); }
  bool is_intra() const {
    return plan_.type == FrameType::Key || plan_.type == FrameType::IntraOnly;
  }
  bool shown_key() const { return plan_.type == FrameType::Key && plan_.show_frame; }
  bool intrabc() const { return is_intra() && screen_content_ && params_.allow_intrabc; }
  bool error_resilient() const { return shown_key() || params_.error_resilient_mode; }
  bool has_primary() const {
    return !is_intra() && !error_resilient() && plan_.primary_ref_frame != primary_ref_none;
  }
  unsigned planes() const { return seq_.color.mono_chrome ? 1 : 3; }

  void write_frame() {
    frame_type();
    coding_tools();
    refreshed_slots();
    if (is_intra()) {
      frame_size();
      render_size();
      if (screen_content_) bits_.flag(params_.allow_intrabc);
    } else {
      inter_references();
    }
    if (!params_.disable_cdf_update) bits_.flag(params_.disable_frame_end_update_cdf);
    tile_info();
    quantization_params();
    offsets_.segmentation_params = at();
    segmentation_params();
    offsets_.delta_q_params = at();
    delta_params();
    lossless_ = is_coded_lossless(params_);
    offsets_.loop_filter_params = at();
    loop_filter_params();
    offsets_.cdef_params = at();
    cdef_params();
    offsets_.cdef_params_size = at() - offsets_.cdef_params;
    lr_params();
    if (!lossless_) bits_.flag(params_.tx_mode_select);
    compound();
    if (!is_intra() && !error_resilient() && seq_.enable_warped_motion)
      bits_.flag(params_.allow_warped_motion);
    bits_.flag(params_.reduced_tx_set);
    if (!is_intra()) bits_.bits(0, refs_per_frame);  // is_global of each reference
    if (seq_.film_grain_params_present && (plan_.show_frame || plan_.showable_frame))
      bits_.flag(false);  // apply_grain
    offsets_.end = at();
  }

  void frame_type() {
    bits_.flag(false);  // show_existing_frame
    bits_.bits(static_cast<uint32_t>(plan_.type), 2);
    bits_.flag(plan_.show_frame);
    if (!plan_.show_frame) bits_.flag(plan_.showable_frame);
    if (!shown_key() && plan_.type != FrameType::Switch) bits_.flag(params_.error_resilient_mode);
  }

  void coding_tools() {
    bits_.flag(params_.disable_cdf_update);
    screen_content_ = params_.allow_screen_content_tools;
    if (seq_.seq_force_screen_content_tools == select_screen_content_tools) {
      bits_.flag(screen_content_);
    } else {
      screen_content_ = seq_.seq_force_screen_content_tools != 0;
    }
    integer_mv_ = false;
    if (screen_content_) {
      integer_mv_ = params_.force_integer_mv;
      if (seq_.seq_force_integer_mv == select_integer_mv) {
        bits_.flag(integer_mv_);
      } else {
        integer_mv_ = seq_.seq_force_integer_mv != 0;
      }
    }
    bits_.flag(params_.frame_size_override_flag);
    bits_.bits(plan_.order_hint, seq_.order_hint_bits);
    if (!is_intra() && !error_resilient()) bits_.bits(plan_.primary_ref_frame, 3);
  }

  void refreshed_slots() {
    if (!shown_key()) bits_.bits(plan_.refresh_frame_flags, num_ref_frames);
    const bool others_stay = !is_intra() || plan_.refresh_frame_flags != all_frames;
    if (!others_stay || !error_resilient() || !seq_.enable_order_hint) return;
    for (const uint8_t hint : params_.ref_order_hint) bits_.bits(hint, seq_.order_hint_bits);
  }

  void frame_size() {
    if (params_.frame_size_override_flag) {
      bits_.bits(params_.frame_width - 1, seq_.frame_width_bits);
      bits_.bits(params_.frame_height - 1, seq_.frame_height_bits);
    }
    if (seq_.enable_superres) bits_.flag(false);  // use_superres
  }

  void render_size() {
    const bool differs = params_.render_width != 0;
    bits_.flag(differs);
    if (!differs) return;
    bits_.bits(params_.render_width - 1, 16);
    bits_.bits(params_.render_height - 1, 16);
  }

  void inter_references() {
    if (seq_.enable_order_hint) bits_.flag(false);  // frame_refs_short_signaling
    for (const uint8_t slot : plan_.ref_frame_idx) bits_.bits(slot, 3);
    if (params_.frame_size_override_flag && !error_resilient())
      bits_.bits(0, refs_per_frame);  // found_ref: the size is written out
    frame_size();
    render_size();
    if (!integer_mv_) bits_.flag(params_.allow_high_precision_mv);
    const bool switchable = params_.interpolation_filter == interpolation_switchable;
    bits_.flag(switchable);
    if (!switchable) bits_.bits(params_.interpolation_filter, 2);
    bits_.flag(params_.is_motion_mode_switchable);
    if (!error_resilient() && seq_.enable_ref_frame_mvs) bits_.flag(params_.use_ref_frame_mvs);
  }

  void tile_info() {
    const bool own_size = params_.frame_size_override_flag;
    const TileLimits limits = tile_limits(own_size ? params_.frame_width : seq_.max_frame_width,
                                          own_size ? params_.frame_height : seq_.max_frame_height,
                                          seq_.use_128x128_superblock);
    write_tile_info(params_.tiles, limits, bits_);
  }

  void delta_q(int8_t value) {
    bits_.flag(value != 0);
    if (value != 0) bits_.su(value, 7);
  }

  void quantization_params() {
    const QuantizationParams& q = params_.quantization;
    offsets_.base_q_idx = at();
    bits_.bits(q.base_q_idx, 8);
    delta_q(q.delta_q_y_dc);
    if (planes() > 1) {
      const bool differs = seq_.color.separate_uv_delta_q &&
                           (q.delta_q_u_dc != q.delta_q_v_dc || q.delta_q_u_ac != q.delta_q_v_ac);
      if (seq_.color.separate_uv_delta_q) bits_.flag(differs);
      delta_q(q.delta_q_u_dc);
      delta_q(q.delta_q_u_ac);
      if (differs) {
        delta_q(q.delta_q_v_dc);
        delta_q(q.delta_q_v_ac);
      }
    }
    bits_.flag(q.using_qmatrix);
    if (!q.using_qmatrix) return;
    bits_.bits(q.qm_y, 4);
    bits_.bits(q.qm_u, 4);
    if (seq_.color.separate_uv_delta_q) bits_.bits(q.qm_v, 4);
  }

  void segmentation_params() {
    const SegmentationParams& s = params_.segmentation;
    bits_.flag(s.enabled);
    if (!s.enabled) return;
    bool update_data = true;
    if (has_primary()) {
      bits_.flag(s.update_map);
      if (s.update_map) bits_.flag(s.temporal_update);
      bits_.flag(s.update_data);
      update_data = s.update_data;
    }
    if (!update_data) return;
    for (const auto& segment : s.feature_data) {
      for (unsigned feature = 0; feature < segment_features; ++feature) {
        const auto& value = segment[feature];
        bits_.flag(value.has_value());
        if (!value) continue;
        if (feature_signed[feature]) {
          bits_.su(*value, 1 + feature_bits[feature]);
        } else {
          bits_.bits(static_cast<uint32_t>(*value), feature_bits[feature]);
        }
      }
    }
  }

  void delta_params() {
    if (params_.quantization.base_q_idx == 0) return;
    bits_.flag(params_.delta_q_present);
    if (!params_.delta_q_present) return;
    bits_.bits(params_.delta_q_res, 2);
    if (intrabc()) return;
    bits_.flag(params_.delta_lf_present);
    if (!params_.delta_lf_present) return;
    bits_.bits(params_.delta_lf_res, 2);
    bits_.flag(params_.delta_lf_multi);
  }

  void loop_filter_params() {
    if (lossless_ || intrabc()) return;
    const LoopFilterParams& lf = params_.loop_filter;
    bits_.bits(lf.level[0], 6);
    bits_.bits(lf.level[1], 6);
    if (planes() > 1 && (lf.level[0] != 0 || lf.level[1] != 0)) {
      bits_.bits(lf.level[2], 6);
      bits_.bits(lf.level[3], 6);
    }
    bits_.bits(lf.sharpness, 3);
    bits_.flag(lf.delta_enabled);
    if (!lf.delta_enabled) return;
    bits_.flag(lf.delta_update);
    if (!lf.delta_update) return;
    const auto update = [&](int8_t delta) {
      bits_.flag(true);
      bits_.su(delta, 7);
    };
    std::ranges::for_each(lf.ref_deltas, update);
    std::ranges::for_each(lf.mode_deltas, update);
  }

  void cdef_params() {
    if (lossless_ || intrabc() || !seq_.enable_cdef) return;
    const CdefParams& cdef = params_.cdef;
    bits_.bits(cdef.damping - 3U, 2);
    bits_.bits(cdef.bits, 2);
    for (unsigned i = 0; i < (1U << cdef.bits); ++i) {
      bits_.bits(cdef.y_strength[i], 6);
      if (planes() > 1) bits_.bits(cdef.uv_strength[i], 6);
    }
  }

  void lr_params() {
    if (lossless_ || intrabc() || !seq_.enable_restoration) return;
    const LoopRestorationParams& lr = params_.restoration;
    bool used = false;
    bool used_for_chroma = false;
    for (unsigned plane = 0; plane < planes(); ++plane) {
      bits_.bits(coded_lr_type[static_cast<size_t>(lr.type[plane])], 2);
      if (lr.type[plane] == RestorationType::None) continue;
      used = true;
      used_for_chroma = used_for_chroma || plane > 0;
    }
    if (!used) return;
    if (seq_.use_128x128_superblock) {
      bits_.flag(lr.unit_shift == 2);
    } else {
      bits_.flag(lr.unit_shift > 0);
      if (lr.unit_shift > 0) bits_.flag(lr.unit_shift == 2);
    }
    if (seq_.color.subsampling_x && seq_.color.subsampling_y && used_for_chroma)
      bits_.flag(lr.uv_shift);
  }

  void compound() {
    if (is_intra()) return;
    bits_.flag(params_.reference_select);
    if (skip_mode_allowed(seq_, params_)) bits_.flag(params_.skip_mode_present);
  }

  const SequenceHeader& seq_;
  const FrameHeaderParams& params_;
  const PlannedFrame& plan_;
  BitWriter& bits_;
  const size_t start_;
  FrameHeaderOffsets offsets_;
  bool screen_content_ = false;
  bool integer_mv_ = false;
  bool lossless_ = false;
};

// get_relative_dist(), 5.9.3
int relative_distance(const SequenceHeader& sequence, unsigned a, unsigned b) {
  const int m = 1 << (sequence.order_hint_bits - 1);
  const int diff = static_cast<int>(a) - static_cast<int>(b);
  return (diff & (m - 1)) - (diff & m);
}

// Limits of feature_data, 5.9.14.
constexpr std::array<int, segment_features> feature_max = {255, 63, 63, 63, 63, 7, 0, 0};

bool is_feature(unsigned feature, const std::optional<int16_t>& value) {
  if (!value) return true;
  const int low = feature_signed[feature] ? -feature_max[feature] : 0;
  return *value >= low && *value <= feature_max[feature];
}

// Where there is segmentation: features are not written without.
bool has_features(const SegmentationParams& segmentation) {
  if (!segmentation.enabled) return true;
  for (const auto& segment : segmentation.feature_data) {
    for (unsigned feature = 0; feature < segment_features; ++feature) {
      if (!is_feature(feature, segment[feature])) return false;
    }
  }
  return true;
}

bool is_small_delta(int value) { return value >= -64 && value <= 63; }

Result<> check_sequence(const SequenceHeader& seq) {
  const auto invalid = [](const char* message) { return fail(ErrorCode::InvalidData, message); };
  if (seq.frame_id_numbers_present) return invalid("frame ids are not written");
  if (seq.reduced_still_picture_header) return invalid("reduced headers are not written");
  if (seq.decoder_model_info_present) return invalid("the decoder model is not written");
  if (seq.enable_order_hint != (seq.order_hint_bits > 0))
    return invalid("enable_order_hint and OrderHintBits contradict each other");
  return {};
}

Result<> check_tiles(const SequenceHeader& seq, const FrameHeaderParams& params) {
  const bool own = params.frame_size_override_flag;
  const TileLimits limits =
      tile_limits(own ? params.frame_width : seq.max_frame_width,
                  own ? params.frame_height : seq.max_frame_height, seq.use_128x128_superblock);
  const TileInfo& tiles = params.tiles;
  const auto sum = [](const std::vector<uint16_t>& sizes) {
    unsigned total = 0;
    for (const uint16_t size : sizes) total += size;
    return total;
  };
  if (!fits(tiles, limits))
    return fail(ErrorCode::InvalidData, "tile_info: tiles that the frame's size does not allow");
  if (sum(tiles.width_in_sbs) != limits.sb_cols || sum(tiles.height_in_sbs) != limits.sb_rows)
    return fail(ErrorCode::InvalidData, "tile_info: the tiles are not those of the frame's size");
  if (tiles.context_update_tile_id >= tiles.columns() * tiles.rows())
    return fail(ErrorCode::InvalidData, "context_update_tile_id: there is no such tile");
  if (tiles.tile_size_bytes < 1 || tiles.tile_size_bytes > 4)
    return fail(ErrorCode::InvalidData, "tile_size_bytes is not 1 to 4");
  return {};
}

Result<> check_plan(const SequenceHeader& seq, const PlannedFrame& plan) {
  const auto invalid = [](const char* message) { return fail(ErrorCode::InvalidData, message); };
  const bool key = plan.type == FrameType::Key && plan.show_frame;
  if (plan.type == FrameType::Switch) return invalid("switch frames are not written");
  if (plan.type == FrameType::IntraOnly && plan.refresh_frame_flags == all_frames)
    return invalid("refresh_frame_flags: no intra-only frame replaces all");
  if (key && plan.refresh_frame_flags != all_frames)
    return invalid("refresh_frame_flags: a key frame that is shown replaces all");
  if (plan.primary_ref_frame > primary_ref_none ||
      std::ranges::any_of(plan.ref_frame_idx, [](uint8_t slot) { return slot >= num_ref_frames; }))
    return invalid("primary_ref_frame and ref_frame_idx are 0 to 7");
  if (plan.order_hint >> seq.order_hint_bits != 0)
    return invalid("order_hint has more than OrderHintBits");
  return {};
}

Result<> check_frame(const SequenceHeader& seq, const FrameHeaderParams& params) {
  if (auto result = check_plan(seq, params.plan); !result) return result;
  const auto invalid = [](const char* message) { return fail(ErrorCode::InvalidData, message); };
  if (params.frame_size_override_flag &&
      (params.frame_width < 1 || params.frame_width > seq.max_frame_width ||
       params.frame_height < 1 || params.frame_height > seq.max_frame_height))
    return invalid("frame_width and frame_height: not of the sequence's size or less");
  if ((params.render_width == 0) != (params.render_height == 0) || params.render_width > 65536 ||
      params.render_height > 65536)
    return invalid("render_width and render_height are both 0 or 1 to 65536");
  const QuantizationParams& q = params.quantization;
  if (!is_small_delta(q.delta_q_y_dc) || !is_small_delta(q.delta_q_u_dc) ||
      !is_small_delta(q.delta_q_u_ac) || !is_small_delta(q.delta_q_v_dc) ||
      !is_small_delta(q.delta_q_v_ac))
    return invalid("delta_q is not -64 to 63");
  if (seq.color.mono_chrome &&
      (q.delta_q_u_dc != 0 || q.delta_q_u_ac != 0 || q.delta_q_v_dc != 0 || q.delta_q_v_ac != 0))
    return invalid("delta_q of chroma, and there is none");
  if (!seq.color.separate_uv_delta_q &&
      (q.delta_q_u_dc != q.delta_q_v_dc || q.delta_q_u_ac != q.delta_q_v_ac))
    return invalid("delta_q of U and V differ without separate_uv_delta_q");
  if (q.qm_y > 15 || q.qm_u > 15 || q.qm_v > 15) return invalid("qm_y, qm_u and qm_v are 0 to 15");
  if (!has_features(params.segmentation)) return invalid("feature_value is out of range");
  if (params.delta_q_res > 3 || params.delta_lf_res > 3)
    return invalid("delta_q_res and delta_lf_res are 0 to 3");
  if (params.loop_filter.sharpness > 7 ||
      std::ranges::any_of(params.loop_filter.level, [](uint8_t level) { return level > 63; }))
    return invalid("loop_filter_level is 0 to 63, and loop_filter_sharpness 0 to 7");
  const CdefParams& cdef = params.cdef;
  if (cdef.damping < 3 || cdef.damping > 6 || cdef.bits > 3)
    return invalid("cdef_params: damping is 3 to 6, and bits 0 to 3");
  if (params.restoration.unit_shift > 2 ||
      (seq.use_128x128_superblock && params.restoration.unit_shift == 0 &&
       params.restoration.type != decltype(params.restoration.type){}))
    return invalid("lr_unit_shift is 0 to 2, and not 0 with superblocks of 128x128");
  const auto small = [](int8_t delta) { return is_small_delta(delta); };
  if (!std::ranges::all_of(params.loop_filter.ref_deltas, small) ||
      !std::ranges::all_of(params.loop_filter.mode_deltas, small))
    return invalid("loop_filter_ref_deltas and _mode_deltas are -64 to 63");
  if (params.interpolation_filter > interpolation_switchable)
    return invalid("interpolation_filter is 0 to 4");
  return check_tiles(seq, params);
}

}  // namespace

bool is_coded_lossless(const FrameHeaderParams& params) {
  const QuantizationParams& q = params.quantization;
  if (q.delta_q_y_dc != 0 || q.delta_q_u_dc != 0 || q.delta_q_u_ac != 0 || q.delta_q_v_dc != 0 ||
      q.delta_q_v_ac != 0)
    return false;
  if (!params.segmentation.enabled) return q.base_q_idx == 0;
  return std::ranges::all_of(params.segmentation.feature_data, [&](const auto& segment) {
    return q.base_q_idx + segment[seg_lvl_alt_q].value_or(0) <= 0;
  });
}

bool skip_mode_allowed(const SequenceHeader& sequence, const FrameHeaderParams& params) {
  const PlannedFrame& plan = params.plan;
  if (plan.type == FrameType::Key || plan.type == FrameType::IntraOnly) return false;
  if (!params.reference_select || !sequence.enable_order_hint) return false;
  std::optional<uint8_t> forward;
  bool backward = false;
  const auto distance = [&](uint8_t a, uint8_t b) { return relative_distance(sequence, a, b); };
  for (const uint8_t slot : plan.ref_frame_idx) {
    const uint8_t hint = params.ref_order_hint[slot];
    const int place = distance(hint, plan.order_hint);
    if (place < 0 && (!forward || distance(hint, *forward) > 0)) forward = hint;
    if (place > 0) backward = true;
  }
  if (!forward) return false;
  if (backward) return true;
  return std::ranges::any_of(plan.ref_frame_idx, [&](uint8_t slot) {
    return distance(params.ref_order_hint[slot], *forward) < 0;
  });
}

Result<WrittenFrameHeader> write_frame_header(const SequenceHeader& sequence,
                                              const FrameHeaderParams& params) {
  BitWriter bits;
  const auto offsets = write_frame_header(sequence, params, bits);
  if (!offsets) return std::unexpected(offsets.error());
  return WrittenFrameHeader{std::move(bits).take(), *offsets};
}

Result<FrameHeaderOffsets> write_frame_header(const SequenceHeader& sequence,
                                              const FrameHeaderParams& params, BitWriter& bits) {
  if (auto result = check_sequence(sequence); !result) return std::unexpected(result.error());
  if (!params.plan.show_existing_frame) {
    if (auto result = check_frame(sequence, params); !result)
      return std::unexpected(result.error());
  }
  return HeaderWriter(sequence, params, bits).write();
}

}  // namespace av1hw
