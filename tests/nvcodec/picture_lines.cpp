// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes each field of CUVIDPICPARAMS with its name and value.
#include "picture_lines.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <span>

namespace av1hw {
namespace {

// CRC-32 of ISO 3309, as zlib has it.
uint32_t crc32(std::span<const uint8_t> bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> made = {};
    for (uint32_t i = 0; i < made.size(); i++) {
      made[i] = i;
      for (int bit = 0; bit < 8; bit++) made[i] = made[i] >> 1 ^ (made[i] & 1 ? 0xEDB88320U : 0);
    }
    return made;
  }();
  uint32_t crc = ~0U;
  for (const uint8_t byte : bytes) crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF];
  return ~crc;
}

class Line {
 public:
  Line& add(const char* name, long long value) { return text(name, std::to_string(value)); }

  template <typename Range>
  Line& list(const char* name, const Range& values, size_t count) {
    std::string joined;
    for (size_t i = 0; i < count && i < std::size(values); i++) {
      if (i > 0) joined += ',';
      joined += std::to_string(static_cast<long long>(values[i]));
    }
    return text(name, joined);
  }

  template <typename T, size_t N, size_t M>
  Line& table(const char* name, const T (&values)[N][M]) {
    return list(name, std::span<const T>(&values[0][0], N * M), N * M);
  }

  Line& text(const std::string& name, const std::string& value) {
    if (!line_.empty()) line_ += ' ';
    line_ += name + '=' + value;
    return *this;
  }

  std::string take() { return std::move(line_); }

 private:
  std::string line_;
};

#define FIELD(name) add(#name, av1.name)

void add_bitstream(Line& line, const CUVIDPICPARAMS& params) {
  std::array<char, 9> crc = {};
  std::snprintf(crc.data(), crc.size(), "%08x",
                crc32({params.pBitstreamData, params.nBitstreamDataLen}));
  line.add("CurrPicIdx", params.CurrPicIdx)
      .add("PicWidthInMbs", params.PicWidthInMbs)
      .add("FrameHeightInMbs", params.FrameHeightInMbs)
      .add("ref_pic_flag", params.ref_pic_flag)
      .add("intra_pic_flag", params.intra_pic_flag)
      .add("nBitstreamDataLen", params.nBitstreamDataLen)
      .text("crc", crc.data())
      .add("nNumSlices", params.nNumSlices);
  const std::span<const unsigned> bounds(params.pSliceDataOffsets, 2UZ * params.nNumSlices);
  line.list("offsets", bounds, bounds.size());
}

void add_sequence(Line& line, const CUVIDAV1PICPARAMS& av1) {
  line.FIELD(width).FIELD(height).FIELD(frame_offset).FIELD(decodePicIdx).FIELD(profile);
  line.FIELD(use_128x128_superblock).FIELD(subsampling_x).FIELD(subsampling_y);
  line.FIELD(mono_chrome).FIELD(bit_depth_minus8).FIELD(enable_filter_intra);
  line.FIELD(enable_intra_edge_filter).FIELD(enable_interintra_compound);
  line.FIELD(enable_masked_compound).FIELD(enable_dual_filter).FIELD(enable_order_hint);
  line.FIELD(order_hint_bits_minus1).FIELD(enable_jnt_comp).FIELD(enable_superres);
  line.FIELD(enable_cdef).FIELD(enable_restoration).FIELD(enable_fgs);
}

void add_frame(Line& line, const CUVIDAV1PICPARAMS& av1) {
  line.FIELD(frame_type).FIELD(show_frame).FIELD(disable_cdf_update);
  line.FIELD(allow_screen_content_tools).FIELD(force_integer_mv).FIELD(coded_denom);
  line.FIELD(allow_intrabc).FIELD(allow_high_precision_mv).FIELD(interp_filter);
  line.FIELD(switchable_motion_mode).FIELD(use_ref_frame_mvs).FIELD(disable_frame_end_update_cdf);
  line.FIELD(delta_q_present).FIELD(delta_q_res).FIELD(using_qmatrix).FIELD(coded_lossless);
  line.FIELD(use_superres).FIELD(tx_mode).FIELD(reference_mode).FIELD(allow_warped_motion);
  line.FIELD(reduced_tx_set).FIELD(skip_mode);
  line.FIELD(num_tile_cols).FIELD(num_tile_rows).FIELD(context_update_tile_id);
  line.list("tile_widths", av1.tile_widths, av1.num_tile_cols);
  line.list("tile_heights", av1.tile_heights, av1.num_tile_rows);
}

void add_filters(Line& line, const CUVIDAV1PICPARAMS& av1) {
  line.FIELD(cdef_damping_minus_3).FIELD(cdef_bits);
  line.list("cdef_y_strength", av1.cdef_y_strength, 8);
  line.list("cdef_uv_strength", av1.cdef_uv_strength, 8);
  line.FIELD(SkipModeFrame0).FIELD(SkipModeFrame1);
  line.FIELD(base_qindex).FIELD(qp_y_dc_delta_q).FIELD(qp_u_dc_delta_q).FIELD(qp_v_dc_delta_q);
  line.FIELD(qp_u_ac_delta_q).FIELD(qp_v_ac_delta_q).FIELD(qm_y).FIELD(qm_u).FIELD(qm_v);
  line.FIELD(segmentation_enabled).FIELD(segmentation_update_map);
  line.FIELD(segmentation_update_data).FIELD(segmentation_temporal_update);
  line.table("segmentation_feature_data", av1.segmentation_feature_data);
  line.list("segmentation_feature_mask", av1.segmentation_feature_mask, 8);
  line.list("loop_filter_level", av1.loop_filter_level, 2);
  line.FIELD(loop_filter_level_u).FIELD(loop_filter_level_v).FIELD(loop_filter_sharpness);
  line.list("loop_filter_ref_deltas", av1.loop_filter_ref_deltas, 8);
  line.list("loop_filter_mode_deltas", av1.loop_filter_mode_deltas, 2);
  line.FIELD(loop_filter_delta_enabled).FIELD(loop_filter_delta_update);
  line.FIELD(delta_lf_present).FIELD(delta_lf_res).FIELD(delta_lf_multi);
  line.list("lr_unit_size", av1.lr_unit_size, 3).list("lr_type", av1.lr_type, 3);
}

void add_references(Line& line, const CUVIDAV1PICPARAMS& av1) {
  line.FIELD(primary_ref_frame).list("ref_frame_map", av1.ref_frame_map, 8);
  line.FIELD(temporal_layer_id).FIELD(spatial_layer_id);
  for (size_t i = 0; i < std::size(av1.ref_frame); i++) {
    const auto& reference = av1.ref_frame[i];
    line.text("ref" + std::to_string(i), std::to_string(reference.width) + "x" +
                                             std::to_string(reference.height) + ":" +
                                             std::to_string(reference.index));
  }
  for (size_t i = 0; i < std::size(av1.global_motion); i++) {
    const auto& motion = av1.global_motion[i];
    std::string value = std::to_string(motion.invalid) + ":" + std::to_string(motion.wmtype);
    for (size_t k = 0; k < std::size(motion.wmmat); k++)
      value += (k == 0 ? ":" : ",") + std::to_string(motion.wmmat[k]);
    line.text("gm" + std::to_string(i), value);
  }
}

void add_film_grain(Line& line, const CUVIDAV1PICPARAMS& av1) {
  line.FIELD(apply_grain);
  if (!av1.apply_grain) return;
  line.FIELD(overlap_flag).FIELD(scaling_shift_minus8).FIELD(chroma_scaling_from_luma);
  line.FIELD(ar_coeff_lag).FIELD(ar_coeff_shift_minus6).FIELD(grain_scale_shift);
  line.FIELD(clip_to_restricted_range).FIELD(num_y_points).FIELD(num_cb_points);
  line.FIELD(num_cr_points).table("scaling_points_y", av1.scaling_points_y);
  line.table("scaling_points_cb", av1.scaling_points_cb);
  line.table("scaling_points_cr", av1.scaling_points_cr).FIELD(random_seed);
  line.list("ar_coeffs_y", av1.ar_coeffs_y, 24).list("ar_coeffs_cb", av1.ar_coeffs_cb, 25);
  line.list("ar_coeffs_cr", av1.ar_coeffs_cr, 25).FIELD(cb_mult).FIELD(cb_luma_mult);
  line.FIELD(cb_offset).FIELD(cr_mult).FIELD(cr_luma_mult).FIELD(cr_offset);
}

#undef FIELD

}  // namespace

std::string picture_line(const CUVIDPICPARAMS& params) {
  const CUVIDAV1PICPARAMS& av1 = params.CodecSpecific.av1;
  Line line;
  add_bitstream(line, params);
  add_sequence(line, av1);
  add_frame(line, av1);
  add_filters(line, av1);
  add_references(line, av1);
  add_film_grain(line, av1);
  return line.take();
}

}  // namespace av1hw
