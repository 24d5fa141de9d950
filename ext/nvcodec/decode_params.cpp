// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns picture parameters into CUVIDPICPARAMS, as NVIDIA's own parser fills it.
#include "nvcodec/decode_params.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <span>

namespace av1hw {
namespace {

constexpr unsigned char no_picture_index = 0xFF;

unsigned char picture_index(const DecodeSurface* surface) {
  if (!surface) return no_picture_index;
  return static_cast<unsigned char>(static_cast<const CuvidSurface*>(surface)->reference_index());
}

void fill_sequence(const GstAV1SequenceHeaderOBU& sequence, CUVIDAV1PICPARAMS& out) {
  out.profile = sequence.seq_profile;
  out.use_128x128_superblock = sequence.use_128x128_superblock;
  out.subsampling_x = sequence.color_config.subsampling_x;
  out.subsampling_y = sequence.color_config.subsampling_y;
  out.mono_chrome = sequence.color_config.mono_chrome;
  out.bit_depth_minus8 = sequence.bit_depth - 8;
  out.enable_filter_intra = sequence.enable_filter_intra;
  out.enable_intra_edge_filter = sequence.enable_intra_edge_filter;
  out.enable_interintra_compound = sequence.enable_interintra_compound;
  out.enable_masked_compound = sequence.enable_masked_compound;
  out.enable_dual_filter = sequence.enable_dual_filter;
  out.enable_order_hint = sequence.enable_order_hint;
  out.order_hint_bits_minus1 = (sequence.order_hint_bits - 1U) & 7;
  out.enable_jnt_comp = sequence.enable_jnt_comp;
  out.enable_superres = sequence.enable_superres;
  out.enable_cdef = sequence.enable_cdef;
  out.enable_restoration = sequence.enable_restoration;
  out.enable_fgs = sequence.film_grain_params_present;
}

void fill_frame(const GstAV1FrameHeaderOBU& frame, CUVIDAV1PICPARAMS& out) {
  out.width = frame.upscaled_width;
  out.height = frame.frame_height;
  out.frame_offset = frame.order_hint;
  out.frame_type = frame.frame_type;
  out.show_frame = frame.show_frame;
  out.disable_cdf_update = frame.disable_cdf_update;
  out.allow_screen_content_tools = frame.allow_screen_content_tools;
  out.force_integer_mv = frame.force_integer_mv || frame.frame_is_intra;
  if (frame.use_superres) out.coded_denom = frame.superres_denom - GST_AV1_SUPERRES_DENOM_MIN;
  out.allow_intrabc = frame.allow_intrabc;
  out.allow_high_precision_mv = frame.allow_high_precision_mv;
  out.interp_filter = frame.interpolation_filter;
  out.switchable_motion_mode = frame.is_motion_mode_switchable;
  out.use_ref_frame_mvs = frame.use_ref_frame_mvs;
  out.disable_frame_end_update_cdf = frame.disable_frame_end_update_cdf;
  out.coded_lossless = frame.coded_lossless;
  out.use_superres = frame.use_superres;
  out.tx_mode = frame.tx_mode;
  out.reference_mode = frame.reference_select;
  out.allow_warped_motion = frame.allow_warped_motion;
  out.reduced_tx_set = frame.reduced_tx_set;
  out.skip_mode = frame.skip_mode_present;
  out.SkipModeFrame0 = frame.skip_mode_frame[0];
  out.SkipModeFrame1 = frame.skip_mode_frame[1];
}

void fill_tile_info(const GstAV1TileInfo& tiles, CUVIDAV1PICPARAMS& out) {
  out.num_tile_cols = tiles.tile_cols;
  out.num_tile_rows = tiles.tile_rows;
  out.context_update_tile_id = tiles.context_update_tile_id;
  for (unsigned i = 0; i < std::min<unsigned>(tiles.tile_cols, GST_AV1_MAX_TILE_COLS); i++)
    out.tile_widths[i] = static_cast<unsigned short>(tiles.width_in_sbs_minus_1[i] + 1);
  for (unsigned i = 0; i < std::min<unsigned>(tiles.tile_rows, GST_AV1_MAX_TILE_ROWS); i++)
    out.tile_heights[i] = static_cast<unsigned short>(tiles.height_in_sbs_minus_1[i] + 1);
}

// Of a secondary strength of 3 the parser makes the 4 that it means; CUVID wants what was coded.
unsigned char cdef_strength(unsigned primary, unsigned secondary) {
  return static_cast<unsigned char>(primary | std::min(secondary, 3U) << 4);
}

void fill_cdef(const GstAV1CDEFParams& cdef, CUVIDAV1PICPARAMS& out) {
  out.cdef_damping_minus_3 = static_cast<unsigned char>(cdef.cdef_damping - 3) & 3;
  out.cdef_bits = cdef.cdef_bits & 3;
  for (unsigned i = 0; i < 1U << out.cdef_bits; i++) {
    out.cdef_y_strength[i] =
        cdef_strength(cdef.cdef_y_pri_strength[i], cdef.cdef_y_sec_strength[i]);
    out.cdef_uv_strength[i] =
        cdef_strength(cdef.cdef_uv_pri_strength[i], cdef.cdef_uv_sec_strength[i]);
  }
}

void fill_quantization(const GstAV1QuantizationParams& quantization, CUVIDAV1PICPARAMS& out) {
  out.base_qindex = quantization.base_q_idx;
  out.qp_y_dc_delta_q = quantization.delta_q_y_dc;
  out.qp_u_dc_delta_q = quantization.delta_q_u_dc;
  out.qp_v_dc_delta_q = quantization.delta_q_v_dc;
  out.qp_u_ac_delta_q = quantization.delta_q_u_ac;
  out.qp_v_ac_delta_q = quantization.delta_q_v_ac;
  out.using_qmatrix = quantization.using_qmatrix;
  out.qm_y = quantization.qm_y;
  out.qm_u = quantization.qm_u;
  out.qm_v = quantization.qm_v;
  out.delta_q_present = quantization.delta_q_present;
  out.delta_q_res = quantization.delta_q_res;
}

void fill_segmentation(const GstAV1SegmenationParams& segmentation, CUVIDAV1PICPARAMS& out) {
  out.segmentation_enabled = segmentation.segmentation_enabled & 1;
  if (!segmentation.segmentation_enabled) return;
  out.segmentation_update_map = segmentation.segmentation_update_map & 1;
  out.segmentation_update_data = segmentation.segmentation_update_data & 1;
  out.segmentation_temporal_update = segmentation.segmentation_temporal_update & 1;
  for (unsigned i = 0; i < GST_AV1_MAX_SEGMENTS; i++) {
    for (unsigned j = 0; j < GST_AV1_SEG_LVL_MAX; j++) {
      out.segmentation_feature_data[i][j] = segmentation.feature_data[i][j];
      if (segmentation.feature_enabled[i][j])
        out.segmentation_feature_mask[i] |= static_cast<unsigned char>(1U << j);
    }
  }
}

void fill_loop_filter(const GstAV1FrameHeaderOBU& frame, CUVIDAV1PICPARAMS& out) {
  const GstAV1LoopFilterParams& filter = frame.loop_filter_params;
  out.loop_filter_level[0] = filter.loop_filter_level[0];
  out.loop_filter_level[1] = filter.loop_filter_level[1];
  out.loop_filter_level_u = filter.loop_filter_level[2];
  out.loop_filter_level_v = filter.loop_filter_level[3];
  out.loop_filter_sharpness = filter.loop_filter_sharpness;
  // The deltas are those in force. loop_filter_delta_update stays 0, as in NVIDIA's parser.
  std::copy(std::begin(filter.loop_filter_ref_deltas), std::end(filter.loop_filter_ref_deltas),
            std::begin(out.loop_filter_ref_deltas));
  std::copy(std::begin(filter.loop_filter_mode_deltas), std::end(filter.loop_filter_mode_deltas),
            std::begin(out.loop_filter_mode_deltas));
  // The parser's default where the header has no loop filter parameters is 1.
  const bool coded = !frame.coded_lossless && !frame.allow_intrabc;
  out.loop_filter_delta_enabled = coded && filter.loop_filter_delta_enabled;
  out.delta_lf_present = filter.delta_lf_present & 1;
  out.delta_lf_res = filter.delta_lf_res & 3;
  out.delta_lf_multi = filter.delta_lf_multi & 1;
}

// 0: 32 samples, 1: 64, 2: 128, 3: 256.
unsigned char restoration_unit(unsigned samples) {
  return static_cast<unsigned char>(std::clamp<int>(std::bit_width(samples), 6, 9) - 6);
}

void fill_restoration(const PictureParams& picture, CUVIDAV1PICPARAMS& out) {
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  if (frame.all_lossless || frame.allow_intrabc || !picture.sequence->enable_restoration) return;
  const GstAV1LoopRestorationParams& restoration = frame.loop_restoration_params;
  for (unsigned plane = 0; plane < picture.sequence->num_planes; plane++) {
    out.lr_type[plane] = static_cast<unsigned char>(restoration.frame_restoration_type[plane]);
    out.lr_unit_size[plane] =
        restoration_unit(restoration.uses_lr ? restoration.loop_restoration_size[plane]
                                             : GST_AV1_RESTORATION_TILESIZE_MAX);
  }
}

void fill_references(const PictureParams& picture, CUVIDAV1PICPARAMS& out) {
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  for (unsigned i = 0; i < GST_AV1_NUM_REF_FRAMES; i++)
    out.ref_frame_map[i] = picture_index(picture.slots[i].surface);
  out.primary_ref_frame = no_picture_index;
  for (unsigned i = 0; i < GST_AV1_REFS_PER_FRAME; i++) {
    auto& reference = out.ref_frame[i];
    reference.index = no_picture_index;
    if (frame.frame_is_intra) continue;
    const ReferenceSlot& slot =
        picture.slots[static_cast<unsigned>(frame.ref_frame_idx[i]) % GST_AV1_NUM_REF_FRAMES];
    reference.index = picture_index(slot.surface);
    reference.width = slot.frame_width;
    reference.height = slot.frame_height;
    if (frame.primary_ref_frame == i) out.primary_ref_frame = reference.index;
  }
}

void fill_global_motion(const GstAV1GlobalMotionParams& motion, CUVIDAV1PICPARAMS& out) {
  for (unsigned i = 0; i < GST_AV1_REFS_PER_FRAME; i++) {
    auto& global = out.global_motion[i];
    const unsigned reference = GST_AV1_REF_LAST_FRAME + i;
    global.invalid = motion.invalid[reference] & 1;
    global.wmtype = static_cast<unsigned char>(motion.gm_type[reference]) & 3;
    std::copy(std::begin(motion.gm_params[reference]), std::end(motion.gm_params[reference]),
              std::begin(global.wmmat));
  }
}

template <size_t N>
void fill_points(unsigned count, const guint8* values, const guint8* scalings,
                 unsigned char (&out)[N][2]) {
  for (unsigned i = 0; i < std::min<unsigned>(count, N); i++) {
    out[i][0] = values[i];
    out[i][1] = scalings[i];
  }
}

// Coefficients that the bitstream has none of are 0.
template <size_t N>
void fill_coefficients(const guint8* plus_128, unsigned count, short (&out)[N]) {
  for (unsigned i = 0; i < std::min<unsigned>(count, N); i++)
    out[i] = static_cast<short>(plus_128[i] - 128);
}

void fill_film_grain(const GstAV1FilmGrainParams& grain, CUVIDAV1PICPARAMS& out) {
  out.apply_grain = 1;
  out.overlap_flag = grain.overlap_flag & 1;
  out.scaling_shift_minus8 = grain.grain_scaling_minus_8 & 3;
  out.chroma_scaling_from_luma = grain.chroma_scaling_from_luma & 1;
  out.ar_coeff_lag = grain.ar_coeff_lag & 3;
  out.ar_coeff_shift_minus6 = grain.ar_coeff_shift_minus_6 & 3;
  out.grain_scale_shift = grain.grain_scale_shift & 3;
  out.clip_to_restricted_range = grain.clip_to_restricted_range & 1;
  out.num_y_points = grain.num_y_points;
  out.num_cb_points = grain.num_cb_points;
  out.num_cr_points = grain.num_cr_points;
  fill_points(grain.num_y_points, grain.point_y_value, grain.point_y_scaling, out.scaling_points_y);
  fill_points(grain.num_cb_points, grain.point_cb_value, grain.point_cb_scaling,
              out.scaling_points_cb);
  fill_points(grain.num_cr_points, grain.point_cr_value, grain.point_cr_scaling,
              out.scaling_points_cr);
  out.random_seed = grain.grain_seed;
  const bool luma = grain.num_y_points > 0;
  const bool cb = grain.chroma_scaling_from_luma || grain.num_cb_points > 0;
  const bool cr = grain.chroma_scaling_from_luma || grain.num_cr_points > 0;
  const unsigned luma_count = 2U * grain.ar_coeff_lag * (grain.ar_coeff_lag + 1U);
  const unsigned chroma_count = luma_count + luma;
  fill_coefficients(grain.ar_coeffs_y_plus_128, luma ? luma_count : 0, out.ar_coeffs_y);
  fill_coefficients(grain.ar_coeffs_cb_plus_128, cb ? chroma_count : 0, out.ar_coeffs_cb);
  fill_coefficients(grain.ar_coeffs_cr_plus_128, cr ? chroma_count : 0, out.ar_coeffs_cr);
  out.cb_mult = grain.cb_mult;
  out.cb_luma_mult = grain.cb_luma_mult;
  out.cb_offset = static_cast<short>(grain.cb_offset);
  out.cr_mult = grain.cr_mult;
  out.cr_luma_mult = grain.cr_luma_mult;
  out.cr_offset = static_cast<short>(grain.cr_offset);
}

// Where the first tile of a group begins, with the size in front of it where it has one: NVIDIA's
// parser leaves out the group's own header.
uint32_t tiles_begin(const PictureParams& picture, const TileGroup& group, const Tile& first) {
  const bool has_size = group.end > group.start;
  return first.offset - (has_size ? picture.frame->tile_info.tile_size_bytes : 0);
}

void fill_bitstream(const PictureParams& picture, CuvidPicture& out) {
  out.tile_bounds.clear();
  const uint32_t begin = tiles_begin(picture, picture.tile_groups.front(), picture.tiles.front());
  for (const Tile& tile : picture.tiles) {
    out.tile_bounds.push_back(tile.offset - begin);
    out.tile_bounds.push_back(tile.offset + tile.size - begin);
  }
  const std::span<const uint8_t> bytes = picture.data.subspan(begin);
  out.params.pBitstreamData = bytes.data();
  out.params.nBitstreamDataLen = static_cast<unsigned>(bytes.size());
  out.params.nNumSlices = static_cast<unsigned>(picture.tiles.size());
  out.params.pSliceDataOffsets = out.tile_bounds.data();
}

}  // namespace

void fill_cuvid_picture(const PictureParams& picture, CuvidPicture& out) {
  const GstAV1FrameHeaderOBU& frame = *picture.frame;
  const auto& target = static_cast<const CuvidSurface&>(*picture.target);
  out.params = {};
  // Whole macroblocks only, as in NVIDIA's parser; the size that counts is in samples.
  out.params.PicWidthInMbs = static_cast<int>(frame.upscaled_width / 16);
  out.params.FrameHeightInMbs = static_cast<int>(frame.frame_height / 16);
  out.params.CurrPicIdx = static_cast<int>(target.shown_index(picture.apply_grain));
  out.params.intra_pic_flag = frame.frame_is_intra;
  CUVIDAV1PICPARAMS& av1 = out.params.CodecSpecific.av1;
  av1.decodePicIdx = static_cast<int>(target.reference_index());
  av1.temporal_layer_id = picture.temporal_id & 15;
  av1.spatial_layer_id = picture.spatial_id & 15;
  fill_sequence(*picture.sequence, av1);
  fill_frame(frame, av1);
  fill_tile_info(frame.tile_info, av1);
  fill_cdef(frame.cdef_params, av1);
  fill_quantization(frame.quantization_params, av1);
  fill_segmentation(frame.segmentation_params, av1);
  fill_loop_filter(frame, av1);
  fill_restoration(picture, av1);
  fill_references(picture, av1);
  fill_global_motion(frame.global_motion_params, av1);
  if (picture.apply_grain) fill_film_grain(frame.film_grain_params, av1);
  fill_bitstream(picture, out);
}

}  // namespace av1hw
