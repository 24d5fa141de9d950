// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns picture parameters into libva's, field by field.
#include "vaapi/decode_params.h"

#include <algorithm>
#include <iterator>

#include "vaapi/va_surface.h"

namespace av1hw {
namespace {

using VaParams = VADecPictureParameterBufferAV1;

VASurfaceID reference_surface(const ReferenceSlot& slot) {
  return slot.surface ? static_cast<const VaSurface*>(slot.surface)->reconstructed()
                      : VA_INVALID_SURFACE;
}

void fill_sequence(const GstAV1SequenceHeaderOBU& sequence, VaParams& out) {
  out.profile = static_cast<uint8_t>(sequence.seq_profile);
  // Without order hints there are no bits of them, which this field can't say.
  out.order_hint_bits_minus_1 =
      static_cast<uint8_t>(std::max<int>(sequence.order_hint_bits, 1) - 1);
  out.bit_depth_idx = static_cast<uint8_t>((sequence.bit_depth - 8) / 2);
  out.matrix_coefficients = static_cast<uint8_t>(sequence.color_config.matrix_coefficients);
  auto& fields = out.seq_info_fields.fields;
  fields.still_picture = sequence.still_picture;
  fields.use_128x128_superblock = sequence.use_128x128_superblock;
  fields.enable_filter_intra = sequence.enable_filter_intra;
  fields.enable_intra_edge_filter = sequence.enable_intra_edge_filter;
  fields.enable_interintra_compound = sequence.enable_interintra_compound;
  fields.enable_masked_compound = sequence.enable_masked_compound;
  fields.enable_dual_filter = sequence.enable_dual_filter;
  fields.enable_order_hint = sequence.enable_order_hint;
  fields.enable_jnt_comp = sequence.enable_jnt_comp;
  fields.enable_cdef = sequence.enable_cdef;
  fields.mono_chrome = sequence.color_config.mono_chrome;
  fields.color_range = sequence.color_config.color_range;
  fields.subsampling_x = sequence.color_config.subsampling_x;
  fields.subsampling_y = sequence.color_config.subsampling_y;
  fields.film_grain_params_present = sequence.film_grain_params_present;
}

void fill_frame(const GstAV1FrameHeaderOBU& frame, VaParams& out) {
  out.frame_width_minus1 = static_cast<uint16_t>(frame.upscaled_width - 1);
  out.frame_height_minus1 = static_cast<uint16_t>(frame.frame_height - 1);
  out.order_hint = static_cast<uint8_t>(frame.order_hint);
  out.superres_scale_denominator = static_cast<uint8_t>(frame.superres_denom);
  out.interp_filter = static_cast<uint8_t>(frame.interpolation_filter);
  auto& bits = out.pic_info_fields.bits;
  bits.frame_type = frame.frame_type;
  bits.show_frame = frame.show_frame;
  bits.showable_frame = frame.showable_frame;
  bits.error_resilient_mode = frame.error_resilient_mode;
  bits.disable_cdf_update = frame.disable_cdf_update;
  bits.allow_screen_content_tools = frame.allow_screen_content_tools != 0;
  bits.force_integer_mv = frame.force_integer_mv;
  bits.allow_intrabc = frame.allow_intrabc;
  bits.use_superres = frame.use_superres;
  bits.allow_high_precision_mv = frame.allow_high_precision_mv;
  bits.is_motion_mode_switchable = frame.is_motion_mode_switchable;
  bits.use_ref_frame_mvs = frame.use_ref_frame_mvs;
  bits.disable_frame_end_update_cdf = frame.disable_frame_end_update_cdf;
  bits.uniform_tile_spacing_flag = frame.tile_info.uniform_tile_spacing_flag;
  bits.allow_warped_motion = frame.allow_warped_motion;
}

void fill_references(const PictureParams& picture, VaParams& out) {
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  std::ranges::transform(picture.slots, out.ref_frame_map, reference_surface);
  out.primary_ref_frame = frame.primary_ref_frame;
  if (frame.frame_is_intra) return;
  for (unsigned i = 0; i < GST_AV1_REFS_PER_FRAME; i++) {
    out.ref_frame_idx[i] = static_cast<uint8_t>(frame.ref_frame_idx[i]);
  }
}

void fill_target(const PictureParams& picture, VaParams& out) {
  const auto& target = *static_cast<const VaSurface*>(picture.target);
  out.current_frame = target.reconstructed();
  out.current_display_picture = picture.apply_grain ? target.displayed() : VA_INVALID_SURFACE;
}

void fill_segmentation(const GstAV1SegmenationParams& segmentation, VaParams& out) {
  if (!segmentation.segmentation_enabled) return;
  auto& info = out.seg_info;
  auto& bits = info.segment_info_fields.bits;
  bits.enabled = 1;
  bits.update_map = segmentation.segmentation_update_map;
  bits.temporal_update = segmentation.segmentation_temporal_update;
  bits.update_data = segmentation.segmentation_update_data;
  for (unsigned i = 0; i < GST_AV1_MAX_SEGMENTS; i++) {
    for (unsigned j = 0; j < GST_AV1_SEG_LVL_MAX; j++) {
      info.feature_data[i][j] = segmentation.feature_data[i][j];
      if (segmentation.feature_enabled[i][j]) {
        info.feature_mask[i] = static_cast<uint8_t>(info.feature_mask[i] | 1U << j);
      }
    }
  }
}

// `starts`: in units of 4 samples, and one more of them than tiles.
template <size_t N>
void fill_tile_sizes(const guint32* starts, unsigned tiles, unsigned shift, uint16_t (&out)[N]) {
  for (unsigned i = 0; i < std::min<unsigned>(tiles, N); i++) {
    out[i] = static_cast<uint16_t>((starts[i + 1] - starts[i] - 1) >> shift);
  }
}

void fill_tiles(const PictureParams& picture, VaParams& out) {
  const GstAV1TileInfo& tiles = picture.frame->tile_info;
  out.tile_cols = tiles.tile_cols;
  out.tile_rows = tiles.tile_rows;
  out.context_update_tile_id = tiles.context_update_tile_id;
  const unsigned shift = picture.sequence->use_128x128_superblock ? 5 : 4;
  fill_tile_sizes(tiles.mi_col_starts, tiles.tile_cols, shift, out.width_in_sbs_minus_1);
  fill_tile_sizes(tiles.mi_row_starts, tiles.tile_rows, shift, out.height_in_sbs_minus_1);
}

void fill_loop_filter(const GstAV1FrameHeaderOBU& frame, VaParams& out) {
  const GstAV1LoopFilterParams& filter = frame.loop_filter_params;
  out.filter_level[0] = filter.loop_filter_level[0];
  out.filter_level[1] = filter.loop_filter_level[1];
  out.filter_level_u = filter.loop_filter_level[2];
  out.filter_level_v = filter.loop_filter_level[3];
  auto& bits = out.loop_filter_info_fields.bits;
  bits.sharpness_level = filter.loop_filter_sharpness & 7;
  // The parser's default where the header has no loop filter parameters is 1.
  const bool coded = !frame.coded_lossless && !frame.allow_intrabc;
  bits.mode_ref_delta_enabled = coded && filter.loop_filter_delta_enabled;
  bits.mode_ref_delta_update = coded && filter.loop_filter_delta_update;
  std::ranges::copy(filter.loop_filter_ref_deltas, out.ref_deltas);
  std::ranges::copy(filter.loop_filter_mode_deltas, out.mode_deltas);
}

void fill_quantization(const GstAV1QuantizationParams& quantization, VaParams& out) {
  out.base_qindex = quantization.base_q_idx;
  out.y_dc_delta_q = quantization.delta_q_y_dc;
  out.u_dc_delta_q = quantization.delta_q_u_dc;
  out.u_ac_delta_q = quantization.delta_q_u_ac;
  out.v_dc_delta_q = quantization.delta_q_v_dc;
  out.v_ac_delta_q = quantization.delta_q_v_ac;
  if (!quantization.using_qmatrix) return;
  auto& bits = out.qmatrix_fields.bits;
  bits.using_qmatrix = 1;
  bits.qm_y = quantization.qm_y & 15;
  bits.qm_u = quantization.qm_u & 15;
  bits.qm_v = quantization.qm_v & 15;
}

void fill_modes(const GstAV1FrameHeaderOBU& frame, VaParams& out) {
  auto& bits = out.mode_control_fields.bits;
  const GstAV1QuantizationParams& quantization = frame.quantization_params;
  if (quantization.delta_q_present) {
    bits.delta_q_present_flag = 1;
    bits.log2_delta_q_res = quantization.delta_q_res & 3;
  }
  const GstAV1LoopFilterParams& filter = frame.loop_filter_params;
  if (filter.delta_lf_present) {
    bits.delta_lf_present_flag = 1;
    bits.log2_delta_lf_res = filter.delta_lf_res & 3;
    bits.delta_lf_multi = filter.delta_lf_multi;
  }
  bits.tx_mode = frame.tx_mode;
  bits.reference_select = frame.reference_select;
  bits.reduced_tx_set_used = frame.reduced_tx_set;
  bits.skip_mode_present = frame.skip_mode_present;
}

// Of a secondary strength of 3 the parser makes the 4 that it means; libva wants what was coded.
uint8_t cdef_strength(unsigned primary, unsigned secondary) {
  return static_cast<uint8_t>((primary & 15) << 2 | std::min(secondary, 3U));
}

void fill_cdef(const PictureParams& picture, VaParams& out) {
  const GstAV1CDEFParams& cdef = picture.frame->cdef_params;
  out.cdef_damping_minus_3 = static_cast<uint8_t>((cdef.cdef_damping - 3) & 3);
  out.cdef_bits = cdef.cdef_bits & 3;
  for (unsigned i = 0; i < 1U << out.cdef_bits; i++) {
    out.cdef_y_strengths[i] =
        cdef_strength(cdef.cdef_y_pri_strength[i], cdef.cdef_y_sec_strength[i]);
    if (picture.sequence->num_planes == 1) continue;
    out.cdef_uv_strengths[i] =
        cdef_strength(cdef.cdef_uv_pri_strength[i], cdef.cdef_uv_sec_strength[i]);
  }
}

void fill_restoration(const GstAV1LoopRestorationParams& restoration, VaParams& out) {
  if (!restoration.uses_lr) return;
  auto& bits = out.loop_restoration_fields.bits;
  bits.yframe_restoration_type = restoration.frame_restoration_type[0];
  bits.cbframe_restoration_type = restoration.frame_restoration_type[1];
  bits.crframe_restoration_type = restoration.frame_restoration_type[2];
  bits.lr_unit_shift = restoration.lr_unit_shift & 3;
  bits.lr_uv_shift = restoration.lr_uv_shift;
}

void fill_global_motion(const GstAV1GlobalMotionParams& motion, VaParams& out) {
  for (unsigned i = 0; i < std::size(out.wm); i++) {
    const unsigned reference = GST_AV1_REF_LAST_FRAME + i;
    out.wm[i].wmtype = static_cast<VAAV1TransformationType>(motion.gm_type[reference]);
    std::ranges::copy(motion.gm_params[reference], out.wm[i].wmmat);
    out.wm[i].invalid = motion.invalid[reference] != FALSE;
  }
}

template <size_t N>
void fill_points(unsigned count, const guint8* values, const guint8* scalings,
                 uint8_t (&out_values)[N], uint8_t (&out_scalings)[N]) {
  std::copy_n(values, std::min<size_t>(count, N), out_values);
  std::copy_n(scalings, std::min<size_t>(count, N), out_scalings);
}

// Coefficients that the bitstream has none of are 0.
template <size_t N>
void fill_coefficients(const guint8* plus_128, unsigned count, int8_t (&out)[N]) {
  for (unsigned i = 0; i < std::min<unsigned>(count, N); i++) {
    out[i] = static_cast<int8_t>(plus_128[i] - 128);
  }
}

void fill_grain_coefficients(const GstAV1FilmGrainParams& grain, VAFilmGrainStructAV1& out) {
  const bool luma = grain.num_y_points > 0;
  const bool cb = grain.chroma_scaling_from_luma || grain.num_cb_points > 0;
  const bool cr = grain.chroma_scaling_from_luma || grain.num_cr_points > 0;
  const unsigned luma_count = 2U * grain.ar_coeff_lag * (grain.ar_coeff_lag + 1U);
  const unsigned chroma_count = luma_count + luma;
  fill_coefficients(grain.ar_coeffs_y_plus_128, luma ? luma_count : 0, out.ar_coeffs_y);
  fill_coefficients(grain.ar_coeffs_cb_plus_128, cb ? chroma_count : 0, out.ar_coeffs_cb);
  fill_coefficients(grain.ar_coeffs_cr_plus_128, cr ? chroma_count : 0, out.ar_coeffs_cr);
}

void fill_film_grain(const GstAV1FilmGrainParams& grain, VAFilmGrainStructAV1& out) {
  auto& bits = out.film_grain_info_fields.bits;
  bits.apply_grain = 1;
  bits.chroma_scaling_from_luma = grain.chroma_scaling_from_luma & 1;
  bits.grain_scaling_minus_8 = grain.grain_scaling_minus_8 & 3;
  bits.ar_coeff_lag = grain.ar_coeff_lag & 3;
  bits.ar_coeff_shift_minus_6 = grain.ar_coeff_shift_minus_6 & 3;
  bits.grain_scale_shift = grain.grain_scale_shift & 3;
  bits.overlap_flag = grain.overlap_flag;
  bits.clip_to_restricted_range = grain.clip_to_restricted_range;
  out.grain_seed = grain.grain_seed;
  out.num_y_points = grain.num_y_points;
  out.num_cb_points = grain.num_cb_points;
  out.num_cr_points = grain.num_cr_points;
  fill_points(grain.num_y_points, grain.point_y_value, grain.point_y_scaling, out.point_y_value,
              out.point_y_scaling);
  fill_points(grain.num_cb_points, grain.point_cb_value, grain.point_cb_scaling, out.point_cb_value,
              out.point_cb_scaling);
  fill_points(grain.num_cr_points, grain.point_cr_value, grain.point_cr_scaling, out.point_cr_value,
              out.point_cr_scaling);
  fill_grain_coefficients(grain, out);
  out.cb_mult = grain.cb_mult;
  out.cb_luma_mult = grain.cb_luma_mult;
  out.cb_offset = grain.cb_offset;
  out.cr_mult = grain.cr_mult;
  out.cr_luma_mult = grain.cr_luma_mult;
  out.cr_offset = grain.cr_offset;
}

}  // namespace

VADecPictureParameterBufferAV1 va_picture_parameters(const PictureParams& picture) {
  VaParams out = {};
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  fill_sequence(*picture.sequence, out);
  fill_frame(frame, out);
  fill_target(picture, out);
  fill_references(picture, out);
  fill_segmentation(frame.segmentation_params, out);
  fill_tiles(picture, out);
  fill_loop_filter(frame, out);
  fill_quantization(frame.quantization_params, out);
  fill_modes(frame, out);
  fill_cdef(picture, out);
  fill_restoration(frame.loop_restoration_params, out);
  fill_global_motion(frame.global_motion_params, out);
  // What is not applied must not be described.
  if (picture.apply_grain) fill_film_grain(frame.film_grain_params, out.film_grain_info);
  return out;
}

void va_tile_parameters(const PictureParams& picture, size_t group,
                        std::vector<VASliceParameterBufferAV1>& out) {
  out.clear();
  for (const Tile& tile : picture.tiles) {
    if (tile.group != group) continue;
    VASliceParameterBufferAV1& slice = out.emplace_back();
    slice.slice_data_size = tile.size;
    slice.slice_data_offset = tile.offset - picture.tile_groups[group].offset;
    slice.slice_data_flag = VA_SLICE_DATA_FLAG_ALL;
    slice.tile_row = tile.row;
    slice.tile_column = tile.column;
  }
}

}  // namespace av1hw
