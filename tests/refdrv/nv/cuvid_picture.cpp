// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads CUVIDPICPARAMS into the resynthesiser's terms.
#include "refdrv/nv/cuvid_picture.h"

#include <algorithm>
#include <format>

namespace refdrv::nv {

namespace {

using Av1 = CUVIDAV1PICPARAMS;

constexpr unsigned char no_index = 0xff;
constexpr uint8_t superres_denom_min = 9;

SurfaceId surface_id(unsigned char index) { return index == no_index ? no_surface : index; }

void read_sequence(const Av1& from, SequenceParams& to) {
  to.profile = static_cast<uint8_t>(from.profile);
  to.bit_depth = static_cast<uint8_t>(from.bit_depth_minus8 + 8);
  to.mono_chrome = from.mono_chrome;
  to.subsampling_x = from.subsampling_x;
  to.subsampling_y = from.subsampling_y;
  to.use_128x128_superblock = from.use_128x128_superblock;
  to.enable_filter_intra = from.enable_filter_intra;
  to.enable_intra_edge_filter = from.enable_intra_edge_filter;
  to.enable_interintra_compound = from.enable_interintra_compound;
  to.enable_masked_compound = from.enable_masked_compound;
  to.enable_dual_filter = from.enable_dual_filter;
  to.enable_order_hint = from.enable_order_hint;
  to.order_hint_bits =
      static_cast<uint8_t>(from.enable_order_hint ? from.order_hint_bits_minus1 + 1 : 0);
  to.enable_jnt_comp = from.enable_jnt_comp;
  to.enable_cdef = from.enable_cdef;
  to.enable_superres = from.enable_superres;
  to.enable_restoration = from.enable_restoration;
  to.film_grain_params_present = from.enable_fgs;
}

void read_frame(const Av1& from, Picture& to) {
  to.frame_type = static_cast<FrameType>(from.frame_type);
  to.show_frame = from.show_frame;
  to.upscaled_width = from.width;
  to.frame_height = from.height;
  to.use_superres = from.use_superres;
  to.superres_denom =
      static_cast<uint8_t>(from.use_superres ? from.coded_denom + superres_denom_min : 8);
  to.order_hint = static_cast<uint8_t>(from.frame_offset);
  to.disable_cdf_update = from.disable_cdf_update;
  to.disable_frame_end_update_cdf = from.disable_frame_end_update_cdf;
  to.allow_screen_content_tools = from.allow_screen_content_tools;
  to.force_integer_mv = from.force_integer_mv;
  to.allow_intrabc = from.allow_intrabc;
  to.allow_high_precision_mv = from.allow_high_precision_mv;
  to.interpolation_filter = static_cast<uint8_t>(from.interp_filter);
  to.is_motion_mode_switchable = from.switchable_motion_mode;
  to.use_ref_frame_mvs = from.use_ref_frame_mvs;
  to.tx_mode = static_cast<uint8_t>(from.tx_mode);
  to.reference_select = from.reference_mode;
  to.skip_mode_present = from.skip_mode;
  to.allow_warped_motion = from.allow_warped_motion;
  to.reduced_tx_set = from.reduced_tx_set;
}

void read_quantization(const Av1& from, Picture& to) {
  to.quantization = {
      .base_q_idx = from.base_qindex,
      .y_dc_delta = static_cast<int8_t>(from.qp_y_dc_delta_q),
      .u_dc_delta = static_cast<int8_t>(from.qp_u_dc_delta_q),
      .u_ac_delta = static_cast<int8_t>(from.qp_u_ac_delta_q),
      .v_dc_delta = static_cast<int8_t>(from.qp_v_dc_delta_q),
      .v_ac_delta = static_cast<int8_t>(from.qp_v_ac_delta_q),
      .using_qmatrix = from.using_qmatrix != 0,
      .qm_y = from.qm_y,
      .qm_u = from.qm_u,
      .qm_v = from.qm_v,
  };
  to.delta = {
      .q_present = from.delta_q_present != 0,
      .q_res = static_cast<uint8_t>(from.delta_q_res),
      .lf_present = from.delta_lf_present != 0,
      .lf_res = from.delta_lf_res,
      .lf_multi = from.delta_lf_multi != 0,
  };
  to.segmentation.enabled = from.segmentation_enabled;
  to.segmentation.update_map = from.segmentation_update_map;
  to.segmentation.temporal_update = from.segmentation_temporal_update;
  for (unsigned segment = 0; segment < max_segments; segment++) {
    to.segmentation.feature_mask[segment] = from.segmentation_feature_mask[segment];
    std::ranges::copy(from.segmentation_feature_data[segment],
                      to.segmentation.feature_data[segment].begin());
  }
}

void read_filters(const Av1& from, Picture& to) {
  auto& loop = to.loop_filter;
  loop.level = {from.loop_filter_level[0], from.loop_filter_level[1]};
  loop.level_u = from.loop_filter_level_u;
  loop.level_v = from.loop_filter_level_v;
  loop.sharpness = from.loop_filter_sharpness;
  loop.delta_enabled = from.loop_filter_delta_enabled;
  std::ranges::copy(from.loop_filter_ref_deltas, loop.ref_deltas.begin());
  std::ranges::copy(from.loop_filter_mode_deltas, loop.mode_deltas.begin());

  to.cdef.damping_minus_3 = from.cdef_damping_minus_3;
  to.cdef.bits = from.cdef_bits;
  for (unsigned i = 0; i < to.cdef.y_pri.size(); i++) {
    to.cdef.y_pri[i] = from.cdef_y_strength[i] & 0xf;
    to.cdef.y_sec[i] = from.cdef_y_strength[i] >> 4;
    to.cdef.uv_pri[i] = from.cdef_uv_strength[i] & 0xf;
    to.cdef.uv_sec[i] = from.cdef_uv_strength[i] >> 4;
  }
  for (unsigned plane = 0; plane < 3; plane++) {
    to.restoration.type[plane] = static_cast<Restoration>(from.lr_type[plane]);
    to.restoration.unit_size_log2[plane] = static_cast<uint8_t>(from.lr_unit_size[plane] + 5);
  }
}

void read_film_grain(const Av1& from, FilmGrain& to) {
  to.apply = from.apply_grain;
  to.seed = from.random_seed;
  to.num_y_points = from.num_y_points;
  to.num_cb_points = from.num_cb_points;
  to.num_cr_points = from.num_cr_points;
  const auto point = [](const unsigned char(&p)[2]) { return GrainPoint{p[0], p[1]}; };
  std::ranges::transform(from.scaling_points_y, to.y_points.begin(), point);
  std::ranges::transform(from.scaling_points_cb, to.cb_points.begin(), point);
  std::ranges::transform(from.scaling_points_cr, to.cr_points.begin(), point);
  to.chroma_scaling_from_luma = from.chroma_scaling_from_luma;
  to.scaling_minus_8 = static_cast<uint8_t>(from.scaling_shift_minus8);
  to.ar_coeff_lag = static_cast<uint8_t>(from.ar_coeff_lag);
  std::ranges::copy(from.ar_coeffs_y, to.ar_coeffs_y.begin());
  std::ranges::copy(from.ar_coeffs_cb, to.ar_coeffs_cb.begin());
  std::ranges::copy(from.ar_coeffs_cr, to.ar_coeffs_cr.begin());
  to.ar_coeff_shift_minus_6 = static_cast<uint8_t>(from.ar_coeff_shift_minus6);
  to.scale_shift = static_cast<uint8_t>(from.grain_scale_shift);
  to.cb_mult = from.cb_mult;
  to.cb_luma_mult = from.cb_luma_mult;
  to.cb_offset = static_cast<uint16_t>(from.cb_offset);
  to.cr_mult = from.cr_mult;
  to.cr_luma_mult = from.cr_luma_mult;
  to.cr_offset = static_cast<uint16_t>(from.cr_offset);
  to.overlap = from.overlap_flag;
  to.clip_to_restricted_range = from.clip_to_restricted_range;
}

// References are surfaces here, but slots in a frame header.
Result<> read_references(const Av1& from, Picture& to) {
  std::ranges::transform(from.ref_frame_map, to.ref_frame_map.begin(), surface_id);
  const bool inter = to.frame_type == FrameType::Inter || to.frame_type == FrameType::Switch;
  for (unsigned i = 0; i < refs_per_frame && inter; i++) {
    const auto index = from.ref_frame[i].index;
    const auto* const slot = std::ranges::find(from.ref_frame_map, index);
    if (index == no_index || slot == std::end(from.ref_frame_map)) {
      return client_fault(
          std::format("ref_frame[{}].index is {}, which is not in ref_frame_map", i, index));
    }
    to.ref_frame_idx[i] = static_cast<uint8_t>(slot - std::begin(from.ref_frame_map));
    auto& motion = to.global_motion[i];
    motion.type = static_cast<WarpType>(from.global_motion[i].wmtype);
    std::ranges::copy(from.global_motion[i].wmmat, motion.matrix.begin());
  }
  to.primary_ref_frame = primary_ref_none;
  if (from.primary_ref_frame == no_index) return {};
  for (uint8_t i = 0; i < refs_per_frame; i++) {
    if (inter && from.ref_frame[i].index == from.primary_ref_frame) {
      to.primary_ref_frame = i;
      return {};
    }
  }
  return client_fault(std::format("primary_ref_frame is {}, which is no reference of this picture",
                                  from.primary_ref_frame));
}

Result<> read_tiles(const CUVIDPICPARAMS& params, Picture& to) {
  const Av1& from = params.CodecSpecific.av1;
  const unsigned cols = from.num_tile_cols;
  const unsigned rows = from.num_tile_rows;
  if (cols == 0 || rows == 0 || cols > max_tile_lines || rows > max_tile_lines) {
    return client_fault(std::format("{} columns and {} rows of tiles", cols, rows));
  }
  auto& info = to.tile_info;
  info.cols = static_cast<uint8_t>(cols);
  info.rows = static_cast<uint8_t>(rows);
  std::ranges::copy(from.tile_widths, info.col_widths.begin());
  std::ranges::copy(from.tile_heights, info.row_heights.begin());
  info.context_update_tile_id = static_cast<uint16_t>(from.context_update_tile_id);

  if (params.nNumSlices != cols * rows) {
    return client_fault(
        std::format("nNumSlices is {}, but there are {} tiles", params.nNumSlices, cols * rows));
  }
  if (!params.pBitstreamData || !params.pSliceDataOffsets) {
    return client_fault("pBitstreamData or pSliceDataOffsets is null");
  }
  const std::span data(params.pBitstreamData, params.nBitstreamDataLen);
  to.tiles.reserve(params.nNumSlices);
  for (unsigned tile = 0; tile < params.nNumSlices; tile++) {
    const unsigned begin = params.pSliceDataOffsets[2 * tile];
    const unsigned end = params.pSliceDataOffsets[2 * tile + 1];
    if (begin >= end || end > data.size()) {
      return client_fault(
          std::format("tile {} is from {} to {} of {} bytes", tile, begin, end, data.size()));
    }
    to.tiles.push_back(data.subspan(begin, end - begin));
  }
  return {};
}

Result<> check_reserved(const Av1& params) {
  const auto zero = [](auto value) { return value == 0; };
  const auto motion_is_zero = [](const auto& motion) {
    return motion.reserved5Bits == 0 && motion.reserved24Bits[0] == 0 &&
           motion.reserved24Bits[1] == 0 && motion.reserved24Bits[2] == 0;
  };
  const auto reference_is_zero = [](const auto& reference) {
    return reference.reserved24Bits[0] == 0 && reference.reserved24Bits[1] == 0 &&
           reference.reserved24Bits[2] == 0;
  };
  if (params.reserved0_7bits || params.reserved1_3bits || params.reserved2_4bits ||
      params.reserved3_4bits || params.reserved4_2bits || params.reserved6_4bits ||
      params.reserved7_8bits || !std::ranges::all_of(params.reserved5_32bits, zero) ||
      !std::ranges::all_of(params.reserved, zero) ||
      !std::ranges::all_of(params.global_motion, motion_is_zero) ||
      !std::ranges::all_of(params.ref_frame, reference_is_zero)) {
    return client_fault("a reserved field is not zero");
  }
  return {};
}

}  // namespace

Result<Picture> read_picture(const CUVIDPICPARAMS& params) {
  const Av1& av1 = params.CodecSpecific.av1;
  if (const auto reserved = check_reserved(av1); !reserved) {
    return std::unexpected(reserved.error());
  }
  if (params.field_pic_flag || params.bottom_field_flag || params.second_field) {
    return client_fault("AV1 has no fields");
  }
  Picture picture;
  picture.target = static_cast<SurfaceId>(av1.decodePicIdx);
  read_sequence(av1, picture.sequence);
  read_frame(av1, picture);
  read_quantization(av1, picture);
  read_filters(av1, picture);
  read_film_grain(av1, picture.film_grain);
  if (const auto references = read_references(av1, picture); !references) {
    return std::unexpected(references.error());
  }
  if (const auto tiles = read_tiles(params, picture); !tiles) {
    return std::unexpected(tiles.error());
  }
  return picture;
}

}  // namespace refdrv::nv
