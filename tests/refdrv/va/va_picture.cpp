// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads libva's structures into the resynthesiser's terms.
#include "refdrv/va/va_picture.h"

#include <algorithm>
#include <format>

namespace refdrv::va {

namespace {

using Params = VADecPictureParameterBufferAV1;

constexpr unsigned smallest_restoration_log2 = 6;  // RESTORATION_TILESIZE_MAX >> 2

void read_sequence(const Params& from, SequenceParams& to) {
  const auto& fields = from.seq_info_fields.fields;
  to.profile = from.profile;
  to.bit_depth = static_cast<uint8_t>(from.bit_depth_idx * 2 + 8);
  to.matrix_coefficients = from.matrix_coefficients;
  to.mono_chrome = fields.mono_chrome;
  to.color_range = fields.color_range;
  to.subsampling_x = fields.subsampling_x;
  to.subsampling_y = fields.subsampling_y;
  to.use_128x128_superblock = fields.use_128x128_superblock;
  to.enable_filter_intra = fields.enable_filter_intra;
  to.enable_intra_edge_filter = fields.enable_intra_edge_filter;
  to.enable_interintra_compound = fields.enable_interintra_compound;
  to.enable_masked_compound = fields.enable_masked_compound;
  to.enable_dual_filter = fields.enable_dual_filter;
  to.enable_order_hint = fields.enable_order_hint;
  to.order_hint_bits =
      static_cast<uint8_t>(fields.enable_order_hint ? from.order_hint_bits_minus_1 + 1 : 0);
  to.enable_jnt_comp = fields.enable_jnt_comp;
  to.enable_cdef = fields.enable_cdef;
  to.film_grain_params_present = fields.film_grain_params_present;
}

void read_frame(const Params& from, Picture& to) {
  const auto& bits = from.pic_info_fields.bits;
  to.target = from.current_frame;
  to.frame_type = static_cast<FrameType>(bits.frame_type);
  to.show_frame = bits.show_frame;
  to.upscaled_width = from.frame_width_minus1 + 1U;
  to.frame_height = from.frame_height_minus1 + 1U;
  to.use_superres = bits.use_superres;
  to.superres_denom = bits.use_superres ? from.superres_scale_denominator : 8;
  to.order_hint = from.order_hint;
  to.primary_ref_frame = from.primary_ref_frame;
  to.disable_cdf_update = bits.disable_cdf_update;
  to.disable_frame_end_update_cdf = bits.disable_frame_end_update_cdf;
  to.allow_screen_content_tools = bits.allow_screen_content_tools;
  to.force_integer_mv = bits.force_integer_mv;
  to.allow_intrabc = bits.allow_intrabc;
  to.allow_high_precision_mv = bits.allow_high_precision_mv;
  to.interpolation_filter = from.interp_filter;
  to.is_motion_mode_switchable = bits.is_motion_mode_switchable;
  to.use_ref_frame_mvs = bits.use_ref_frame_mvs;
  to.allow_warped_motion = bits.allow_warped_motion;
  const auto& modes = from.mode_control_fields.bits;
  to.tx_mode = static_cast<uint8_t>(modes.tx_mode);
  to.reference_select = modes.reference_select;
  to.skip_mode_present = modes.skip_mode_present;
  to.reduced_tx_set = modes.reduced_tx_set_used;
}

void read_quantization(const Params& from, Picture& to) {
  const auto& matrices = from.qmatrix_fields.bits;
  to.quantization = {
      .base_q_idx = from.base_qindex,
      .y_dc_delta = from.y_dc_delta_q,
      .u_dc_delta = from.u_dc_delta_q,
      .u_ac_delta = from.u_ac_delta_q,
      .v_dc_delta = from.v_dc_delta_q,
      .v_ac_delta = from.v_ac_delta_q,
      .using_qmatrix = matrices.using_qmatrix != 0,
      .qm_y = static_cast<uint8_t>(matrices.qm_y),
      .qm_u = static_cast<uint8_t>(matrices.qm_u),
      .qm_v = static_cast<uint8_t>(matrices.qm_v),
  };
  const auto& modes = from.mode_control_fields.bits;
  to.delta = {
      .q_present = modes.delta_q_present_flag != 0,
      .q_res = static_cast<uint8_t>(modes.log2_delta_q_res),
      .lf_present = modes.delta_lf_present_flag != 0,
      .lf_res = static_cast<uint8_t>(modes.log2_delta_lf_res),
      .lf_multi = modes.delta_lf_multi != 0,
  };
  const auto& segmentation = from.seg_info;
  to.segmentation.enabled = segmentation.segment_info_fields.bits.enabled;
  to.segmentation.update_map = segmentation.segment_info_fields.bits.update_map;
  to.segmentation.temporal_update = segmentation.segment_info_fields.bits.temporal_update;
  for (unsigned segment = 0; segment < max_segments; segment++) {
    to.segmentation.feature_mask[segment] = segmentation.feature_mask[segment];
    std::ranges::copy(segmentation.feature_data[segment],
                      to.segmentation.feature_data[segment].begin());
  }
}

void read_filters(const Params& from, Picture& to) {
  auto& loop = to.loop_filter;
  loop.level = {from.filter_level[0], from.filter_level[1]};
  loop.level_u = from.filter_level_u;
  loop.level_v = from.filter_level_v;
  loop.sharpness = static_cast<uint8_t>(from.loop_filter_info_fields.bits.sharpness_level);
  loop.delta_enabled = from.loop_filter_info_fields.bits.mode_ref_delta_enabled;
  std::ranges::copy(from.ref_deltas, loop.ref_deltas.begin());
  std::ranges::copy(from.mode_deltas, loop.mode_deltas.begin());

  to.cdef.damping_minus_3 = from.cdef_damping_minus_3;
  to.cdef.bits = from.cdef_bits;
  for (unsigned i = 0; i < to.cdef.y_pri.size(); i++) {
    to.cdef.y_pri[i] = from.cdef_y_strengths[i] >> 2;
    to.cdef.y_sec[i] = from.cdef_y_strengths[i] & 3;
    to.cdef.uv_pri[i] = from.cdef_uv_strengths[i] >> 2;
    to.cdef.uv_sec[i] = from.cdef_uv_strengths[i] & 3;
  }
  const auto& bits = from.loop_restoration_fields.bits;
  to.restoration.type = {static_cast<Restoration>(bits.yframe_restoration_type),
                         static_cast<Restoration>(bits.cbframe_restoration_type),
                         static_cast<Restoration>(bits.crframe_restoration_type)};
  const auto luma = static_cast<uint8_t>(smallest_restoration_log2 + bits.lr_unit_shift);
  const auto chroma = static_cast<uint8_t>(luma - bits.lr_uv_shift);
  to.restoration.unit_size_log2 = {luma, chroma, chroma};
}

template <size_t N>
void read_points(const uint8_t (&values)[N], const uint8_t (&scalings)[N],
                 std::array<GrainPoint, N>& to) {
  for (size_t i = 0; i < N; i++) to[i] = {values[i], scalings[i]};
}

void read_film_grain(const VAFilmGrainStructAV1& from, FilmGrain& to) {
  const auto& bits = from.film_grain_info_fields.bits;
  to.apply = bits.apply_grain;
  to.chroma_scaling_from_luma = bits.chroma_scaling_from_luma;
  to.scaling_minus_8 = static_cast<uint8_t>(bits.grain_scaling_minus_8);
  to.ar_coeff_lag = static_cast<uint8_t>(bits.ar_coeff_lag);
  to.ar_coeff_shift_minus_6 = static_cast<uint8_t>(bits.ar_coeff_shift_minus_6);
  to.scale_shift = static_cast<uint8_t>(bits.grain_scale_shift);
  to.overlap = bits.overlap_flag;
  to.clip_to_restricted_range = bits.clip_to_restricted_range;
  to.seed = from.grain_seed;
  to.num_y_points = from.num_y_points;
  to.num_cb_points = from.num_cb_points;
  to.num_cr_points = from.num_cr_points;
  read_points(from.point_y_value, from.point_y_scaling, to.y_points);
  read_points(from.point_cb_value, from.point_cb_scaling, to.cb_points);
  read_points(from.point_cr_value, from.point_cr_scaling, to.cr_points);
  std::ranges::copy(from.ar_coeffs_y, to.ar_coeffs_y.begin());
  std::ranges::copy(from.ar_coeffs_cb, to.ar_coeffs_cb.begin());
  std::ranges::copy(from.ar_coeffs_cr, to.ar_coeffs_cr.begin());
  to.cb_mult = from.cb_mult;
  to.cb_luma_mult = from.cb_luma_mult;
  to.cb_offset = from.cb_offset;
  to.cr_mult = from.cr_mult;
  to.cr_luma_mult = from.cr_luma_mult;
  to.cr_offset = from.cr_offset;
}

void read_references(const Params& from, Picture& to) {
  static_assert(VA_INVALID_SURFACE == no_surface);
  std::ranges::copy(from.ref_frame_map, to.ref_frame_map.begin());
  if (to.frame_type != FrameType::Inter && to.frame_type != FrameType::Switch) return;
  std::ranges::copy(from.ref_frame_idx, to.ref_frame_idx.begin());
  for (unsigned i = 0; i < refs_per_frame; i++) {
    to.global_motion[i].type = static_cast<WarpType>(from.wm[i].wmtype);
    std::copy_n(from.wm[i].wmmat, to.global_motion[i].matrix.size(),
                to.global_motion[i].matrix.begin());
  }
}

// The structure has no room for the last one's size, where there are 64.
Result<> read_tile_info(const Params& from, TileInfo& to) {
  if (from.tile_cols == 0 || from.tile_rows == 0 || from.tile_cols > max_tile_lines ||
      from.tile_rows > max_tile_lines) {
    return client_fault(std::format("{} columns and {} rows of tiles",
                                    static_cast<unsigned>(from.tile_cols),
                                    static_cast<unsigned>(from.tile_rows)));
  }
  to.cols = from.tile_cols;
  to.rows = from.tile_rows;
  to.uniform = from.pic_info_fields.bits.uniform_tile_spacing_flag;
  to.context_update_tile_id = from.context_update_tile_id;
  if (to.uniform) return {};
  const auto plus_1 = [](uint16_t size) { return static_cast<uint16_t>(size + 1); };
  const auto sized = [](uint8_t lines) { return std::min<size_t>(lines, max_tile_lines - 1); };
  std::ranges::transform(std::span(from.width_in_sbs_minus_1).first(sized(to.cols)),
                         to.col_widths.begin(), plus_1);
  std::ranges::transform(std::span(from.height_in_sbs_minus_1).first(sized(to.rows)),
                         to.row_heights.begin(), plus_1);
  return {};
}

Result<> check_reserved(const Params& p) {
  if (p.seq_info_fields.fields.reserved || p.pic_info_fields.bits.reserved ||
      p.loop_filter_info_fields.bits.reserved || p.qmatrix_fields.bits.reserved ||
      p.mode_control_fields.bits.reserved || p.loop_restoration_fields.bits.reserved ||
      p.seg_info.segment_info_fields.bits.reserved ||
      p.film_grain_info.film_grain_info_fields.bits.reserved) {
    return client_fault("a reserved field is not zero");
  }
  if (p.pic_info_fields.bits.large_scale_tile || p.anchor_frames_num) {
    return fault(Fault::Unsupported, "large scale tiles");
  }
  if (p.bit_depth_idx > 2) return client_fault("bit_depth_idx is above 2");
  return {};
}

}  // namespace

Result<Picture> read_picture(const VADecPictureParameterBufferAV1& params) {
  if (const auto r = check_reserved(params); !r) return std::unexpected(r.error());
  Picture picture;
  read_sequence(params, picture.sequence);
  read_frame(params, picture);
  read_quantization(params, picture);
  read_filters(params, picture);
  read_film_grain(params.film_grain_info, picture.film_grain);
  read_references(params, picture);
  if (const auto r = read_tile_info(params, picture.tile_info); !r) {
    return std::unexpected(r.error());
  }
  return picture;
}

Result<> add_tiles(std::span<const VASliceParameterBufferAV1> tiles, std::span<const uint8_t> data,
                   Picture& picture) {
  for (const VASliceParameterBufferAV1& tile : tiles) {
    const size_t expected = picture.tiles.size();
    const size_t index = size_t{tile.tile_row} * picture.tile_info.cols + tile.tile_column;
    if (tile.tile_column >= picture.tile_info.cols || index != expected) {
      return client_fault(std::format("tile {} is said to be in row {}, column {}", expected,
                                      tile.tile_row, tile.tile_column));
    }
    if (tile.slice_data_flag != VA_SLICE_DATA_FLAG_ALL) return client_fault("a part of a tile");
    if (tile.slice_data_size == 0 || tile.slice_data_offset > data.size() ||
        tile.slice_data_size > data.size() - tile.slice_data_offset) {
      return client_fault(std::format("tile {} is {} bytes from {} on, of {}", expected,
                                      tile.slice_data_size, tile.slice_data_offset, data.size()));
    }
    picture.tiles.push_back(data.subspan(tile.slice_data_offset, tile.slice_data_size));
  }
  return {};
}

}  // namespace refdrv::va
