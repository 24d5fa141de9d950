// SPDX-License-Identifier: LGPL-2.1-or-later
// Holds what a client says in libva's structures to what its packed headers say, and to what the
// device can do.
#include "refdrv/va/encode_checks.h"

#include <algorithm>
#include <concepts>
#include <format>
#include <optional>
#include <string_view>

namespace refdrv::va {

namespace {

// Keeps what was found first.
class Comparison {
 public:
  void same(std::string_view field, std::integral auto given, std::integral auto coded) {
    if (static_cast<long>(given) == static_cast<long>(coded)) return;
    wrong(std::format("{} is {}, the packed header has {}", field, static_cast<long>(given),
                      static_cast<long>(coded)));
  }
  void true_of(bool holds, std::string_view what) {
    if (!holds) wrong(std::string(what));
  }
  // `used` by the header, though the device has it not.
  void tool(const EncoderProfile& encoder, bool used, std::string_view name) {
    if (used && !std::ranges::contains(encoder.tools, name)) {
      wrong(std::format("the packed header uses {}, which the device has not", name));
    }
  }
  Result<> result() const {
    if (found_) return client_fault(*found_);
    return {};
  }

 private:
  void wrong(std::string what) {
    if (!found_) found_ = std::move(what);
  }
  std::optional<std::string> found_;
};

// As VA has them: 4 bits of the primary strength, 2 of the secondary. CUVID has them the other way.
unsigned cdef_strength(unsigned char cuvid) { return (cuvid & 15U) << 2 | cuvid >> 4; }

void check_quantization(const VAEncPictureParameterBufferAV1& params, const CUVIDAV1PICPARAMS& av1,
                        bool rate_controlled, Comparison& is) {
  if (!rate_controlled) is.same("base_qindex", params.base_qindex, av1.base_qindex);
  is.same("y_dc_delta_q", params.y_dc_delta_q, av1.qp_y_dc_delta_q);
  is.same("u_dc_delta_q", params.u_dc_delta_q, av1.qp_u_dc_delta_q);
  is.same("u_ac_delta_q", params.u_ac_delta_q, av1.qp_u_ac_delta_q);
  is.same("v_dc_delta_q", params.v_dc_delta_q, av1.qp_v_dc_delta_q);
  is.same("v_ac_delta_q", params.v_ac_delta_q, av1.qp_v_ac_delta_q);
  is.same("using_qmatrix", params.qmatrix_flags.bits.using_qmatrix, av1.using_qmatrix);
  const auto& control = params.mode_control_flags.bits;
  is.same("delta_q_present", control.delta_q_present, av1.delta_q_present);
  is.same("delta_lf_present", control.delta_lf_present, av1.delta_lf_present);
  is.same("segmentation_enabled", params.segments.seg_flags.bits.segmentation_enabled,
          av1.segmentation_enabled);
  is.true_of(!rate_controlled || av1.base_qindex != 0,
             "the packed header has base_q_idx 0, so that it has no room for filters");
}

void check_loop_filter(const VAEncPictureParameterBufferAV1& params, const CUVIDAV1PICPARAMS& av1,
                       bool rate_controlled, Comparison& is) {
  if (av1.coded_lossless || av1.allow_intrabc) return;
  if (!rate_controlled) {
    is.same("filter_level[0]", params.filter_level[0], av1.loop_filter_level[0]);
    is.same("filter_level[1]", params.filter_level[1], av1.loop_filter_level[1]);
    if (av1.loop_filter_level[0] != 0 || av1.loop_filter_level[1] != 0) {
      is.same("filter_level_u", params.filter_level_u, av1.loop_filter_level_u);
      is.same("filter_level_v", params.filter_level_v, av1.loop_filter_level_v);
    }
  }
  const auto& flags = params.loop_filter_flags.bits;
  is.same("sharpness_level", flags.sharpness_level, av1.loop_filter_sharpness);
  is.same("mode_ref_delta_enabled", flags.mode_ref_delta_enabled, av1.loop_filter_delta_enabled);
  for (unsigned i = 0; i < 8 && av1.loop_filter_delta_enabled; i++) {
    is.same(std::format("ref_deltas[{}]", i), params.ref_deltas[i], av1.loop_filter_ref_deltas[i]);
  }
  for (unsigned i = 0; i < 2 && av1.loop_filter_delta_enabled; i++) {
    is.same(std::format("mode_deltas[{}]", i), params.mode_deltas[i],
            av1.loop_filter_mode_deltas[i]);
  }
}

void check_cdef(const VAEncPictureParameterBufferAV1& params, const PackedFrame& frame,
                const EncoderProfile& encoder, bool rate_controlled, Comparison& is) {
  const bool per_channel = std::ranges::contains(encoder.tools, "cdef-channel-strength");
  for (unsigned i = 0; i < 8; i++) {
    is.true_of(params.cdef_y_strengths[i] <= 63 && params.cdef_uv_strengths[i] <= 63,
               "a CDEF strength is above 63");
    is.true_of(per_channel || params.cdef_y_strengths[i] == params.cdef_uv_strengths[i],
               "CDEF strengths differ between luma and chroma, which the device has not");
  }
  const CUVIDAV1PICPARAMS& av1 = frame.header.av1;
  if (rate_controlled || frame.header.positions.cdef == frame.header.positions.cdef_end) return;
  is.same("cdef_damping_minus_3", params.cdef_damping_minus_3, av1.cdef_damping_minus_3);
  is.same("cdef_bits", params.cdef_bits, av1.cdef_bits);
  for (unsigned i = 0; i < 1U << av1.cdef_bits; i++) {
    is.same(std::format("cdef_y_strengths[{}]", i), params.cdef_y_strengths[i],
            cdef_strength(av1.cdef_y_strength[i]));
    is.same(std::format("cdef_uv_strengths[{}]", i), params.cdef_uv_strengths[i],
            cdef_strength(av1.cdef_uv_strength[i]));
  }
}

void check_kind(const VAEncPictureParameterBufferAV1& params, const PackedFrame& frame,
                const nv::SequenceHeader& sequence, Comparison& is) {
  const auto& flags = params.picture_flags.bits;
  const nv::FrameHeader& header = frame.header;
  is.same("frame_type", flags.frame_type, header.av1.frame_type);
  is.same("error_resilient_mode", flags.error_resilient_mode, header.error_resilient_mode);
  is.same("disable_cdf_update", flags.disable_cdf_update, header.av1.disable_cdf_update);
  is.same("disable_frame_end_update_cdf", flags.disable_frame_end_update_cdf,
          header.av1.disable_frame_end_update_cdf);
  is.same("enable_frame_obu", flags.enable_frame_obu, frame.obu.type == nv::ObuType::Frame);
  is.same("frame_width_minus_1", params.frame_width_minus_1, header.av1.width - 1);
  is.same("frame_height_minus_1", params.frame_height_minus_1, header.av1.height - 1);
  if (sequence.enable_order_hint) {
    is.same("order_hint", params.order_hint, header.av1.frame_offset);
  }
  is.same("refresh_frame_flags", params.refresh_frame_flags, header.refresh_frame_flags);
  is.same("primary_ref_frame", params.primary_ref_frame, header.primary_ref_frame);
  is.same("temporal_id", params.temporal_id, frame.obu.temporal_id);
  is.same("tile_group_obu_hdr_info.temporal_id", params.tile_group_obu_hdr_info.bits.temporal_id,
          frame.obu.temporal_id);
  is.true_of(params.tile_group_obu_hdr_info.bits.obu_has_size_field, "obu_has_size_field is 0");
}

void check_prediction(const VAEncPictureParameterBufferAV1& params, const nv::FrameHeader& header,
                      Comparison& is) {
  const auto& flags = params.picture_flags.bits;
  const CUVIDAV1PICPARAMS& av1 = header.av1;
  is.same("use_superres", flags.use_superres, av1.use_superres);
  is.same("reduced_tx_set", flags.reduced_tx_set, av1.reduced_tx_set);
  is.same("allow_intrabc", flags.allow_intrabc, av1.allow_intrabc);
  const auto& control = params.mode_control_flags.bits;
  if (!av1.coded_lossless) is.same("tx_mode", control.tx_mode, av1.tx_mode);
  is.same("reference_mode", control.reference_mode != 0, av1.reference_mode);
  is.same("skip_mode_present", control.skip_mode_present, av1.skip_mode);
  if (header.is_intra()) return;
  is.same("interpolation_filter", params.interpolation_filter, av1.interp_filter);
  is.same("allow_high_precision_mv", flags.allow_high_precision_mv, av1.allow_high_precision_mv);
  is.same("use_ref_frame_mvs", flags.use_ref_frame_mvs, av1.use_ref_frame_mvs);
  for (unsigned i = 0; i < nv::reference_count; i++) {
    is.same(std::format("ref_frame_idx[{}]", i), params.ref_frame_idx[i], header.ref_frame_idx[i]);
  }
}

void check_search(const VAEncPictureParameterBufferAV1& params, const nv::FrameHeader& header,
                  const EncoderProfile& encoder, Comparison& is) {
  if (header.is_intra()) return;
  const unsigned forward = searched(params.ref_frame_ctrl_l0);
  const unsigned backward = searched(params.ref_frame_ctrl_l1);
  is.true_of(forward > 0, "an inter frame without a reference in ref_frame_ctrl_l0");
  // radeonsi reads the first one, whatever else is there.
  is.true_of(encoder.writes_headers || forward <= encoder.forward_references,
             std::format("{} references in ref_frame_ctrl_l0, the device has {}", forward,
                         encoder.forward_references));
  is.true_of(backward <= encoder.backward_references,
             std::format("{} references in ref_frame_ctrl_l1, the device has {}", backward,
                         encoder.backward_references));
  is.true_of(!header.av1.reference_mode || backward > 0 || forward > 1,
             "reference_select without two references to search");
}

}  // namespace

unsigned searched(const VARefFrameCtrlAV1& list) {
  const auto& f = list.fields;
  const unsigned indices[] = {f.search_idx0, f.search_idx1, f.search_idx2, f.search_idx3,
                              f.search_idx4, f.search_idx5, f.search_idx6};
  return static_cast<unsigned>(std::ranges::count_if(indices, [](unsigned i) { return i != 0; }));
}

Result<> check_sequence(const VAEncSequenceParameterBufferAV1& params,
                        const nv::SequenceHeader& header, const EncoderProfile& encoder) {
  Comparison is;
  const auto& fields = params.seq_fields.bits;
  is.same("seq_profile", params.seq_profile, header.profile);
  is.same("seq_level_idx", params.seq_level_idx, header.operating_points[0].level);
  is.same("seq_tier", params.seq_tier, header.operating_points[0].tier);
  is.same("still_picture", fields.still_picture, header.still_picture);
  is.same("use_128x128_superblock", fields.use_128x128_superblock, header.use_128x128_superblock);
  is.same("enable_filter_intra", fields.enable_filter_intra, header.enable_filter_intra);
  is.same("enable_intra_edge_filter", fields.enable_intra_edge_filter,
          header.enable_intra_edge_filter);
  is.same("enable_interintra_compound", fields.enable_interintra_compound,
          header.enable_interintra_compound);
  is.same("enable_masked_compound", fields.enable_masked_compound, header.enable_masked_compound);
  is.same("enable_warped_motion", fields.enable_warped_motion, header.enable_warped_motion);
  is.same("enable_dual_filter", fields.enable_dual_filter, header.enable_dual_filter);
  is.same("enable_order_hint", fields.enable_order_hint, header.enable_order_hint);
  is.same("enable_jnt_comp", fields.enable_jnt_comp, header.enable_jnt_comp);
  is.same("enable_ref_frame_mvs", fields.enable_ref_frame_mvs, header.enable_ref_frame_mvs);
  is.same("enable_superres", fields.enable_superres, header.enable_superres);
  is.same("enable_cdef", fields.enable_cdef, header.enable_cdef);
  is.same("enable_restoration", fields.enable_restoration, header.enable_restoration);
  if (header.enable_order_hint) {
    is.same("order_hint_bits_minus_1", params.order_hint_bits_minus_1, header.order_hint_bits - 1);
  }
  is.tool(encoder, header.use_128x128_superblock, "128x128-superblock");
  is.tool(encoder, header.enable_filter_intra, "filter-intra");
  is.tool(encoder, header.enable_intra_edge_filter, "intra-edge-filter");
  is.tool(encoder, header.enable_interintra_compound, "interintra-compound");
  is.tool(encoder, header.enable_masked_compound, "masked-compound");
  is.tool(encoder, header.enable_warped_motion, "warped-motion");
  is.tool(encoder, header.enable_dual_filter, "dual-filter");
  is.tool(encoder, header.enable_jnt_comp, "jnt-comp");
  is.tool(encoder, header.enable_ref_frame_mvs, "ref-frame-mvs");
  is.tool(encoder, header.enable_superres, "superres");
  is.tool(encoder, header.enable_restoration, "restoration");
  is.true_of(!header.reduced_still_picture_header && !header.film_grain_params_present,
             "a reduced still picture header, or film grain, which no device codes");
  return is.result();
}

Result<> check_frame(const VAEncPictureParameterBufferAV1& params, const PackedFrame& frame,
                     const nv::SequenceHeader& sequence, const EncoderProfile& encoder,
                     bool rate_controlled) {
  Comparison is;
  check_kind(params, frame, sequence, is);
  check_prediction(params, frame.header, is);
  check_search(params, frame.header, encoder, is);
  check_quantization(params, frame.header.av1, rate_controlled, is);
  check_loop_filter(params, frame.header.av1, rate_controlled, is);
  check_cdef(params, frame, encoder, rate_controlled, is);
  const bool knows_mode = encoder.tx_modes >> params.mode_control_flags.bits.tx_mode & 1U;
  is.true_of(frame.header.av1.coded_lossless || knows_mode, "tx_mode is none of the device's");
  is.true_of(!frame.header.av1.using_qmatrix, "quantizer matrices, which the device has not");
  is.true_of(!frame.header.av1.segmentation_enabled || encoder.segment_features != 0,
             "segmentation, which the device has not");
  is.tool(encoder, frame.header.av1.allow_intrabc, "allow-intrabc");
  return is.result();
}

Result<> check_tiles(const VAEncPictureParameterBufferAV1& params,
                     std::span<const VAEncTileGroupBufferAV1> groups, const nv::FrameHeader& frame,
                     const EncoderProfile& encoder) {
  Comparison is;
  const unsigned columns = frame.av1.num_tile_cols;
  const unsigned rows = frame.av1.num_tile_rows;
  is.same("tile_cols", params.tile_cols, columns);
  is.same("tile_rows", params.tile_rows, rows);
  if (const auto early = is.result(); !early) return early;
  // iHD looks at the last size as well, which could be derived.
  const unsigned derived = encoder.min_tile > 1 ? 0 : 1;
  for (unsigned i = 0; i + derived < std::min(columns, 63U); i++) {
    is.same(std::format("width_in_sbs_minus_1[{}]", i), params.width_in_sbs_minus_1[i],
            frame.av1.tile_widths[i] - 1);
  }
  for (unsigned i = 0; i + derived < std::min(rows, 63U); i++) {
    is.same(std::format("height_in_sbs_minus_1[{}]", i), params.height_in_sbs_minus_1[i],
            frame.av1.tile_heights[i] - 1);
  }
  const auto least =
      std::min(*std::min_element(frame.av1.tile_widths, frame.av1.tile_widths + columns),
               *std::min_element(frame.av1.tile_heights, frame.av1.tile_heights + rows));
  is.true_of(least >= encoder.min_tile,
             std::format("a side of a tile is {} superblocks, the device "
                         "wants {}",
                         least, encoder.min_tile));
  is.true_of(columns * rows <= encoder.max_tiles && columns <= encoder.max_tile_columns,
             std::format("{}x{} tiles, more than the device has", columns, rows));
  if (columns * rows > 1) {
    is.same("context_update_tile_id", params.context_update_tile_id,
            frame.av1.context_update_tile_id);
    is.true_of(frame.tile_size_bytes == encoder.tile_size_bytes,
               std::format("TileSizeBytes is {} in the packed header, {} on the device",
                           frame.tile_size_bytes, encoder.tile_size_bytes));
  }
  is.true_of(groups.size() == params.num_tile_groups_minus1 + 1U,
             std::format("{} tile groups, num_tile_groups_minus1 is {}", groups.size(),
                         params.num_tile_groups_minus1));
  is.true_of(groups.size() == 1 || !params.picture_flags.bits.enable_frame_obu,
             "several tile groups in an OBU_FRAME");
  unsigned next = 0;
  for (const auto& group : groups) {
    is.true_of(group.tg_start == next && group.tg_end >= group.tg_start,
               std::format("a tile group of {} to {}, where {} is next", group.tg_start,
                           group.tg_end, next));
    next = group.tg_end + 1U;
  }
  is.true_of(next == columns * rows,
             std::format("tile groups end at {} of {} tiles", next, columns * rows));
  return is.result();
}

Result<> check_offsets(const VAEncPictureParameterBufferAV1& params, const PackedFrame& frame,
                       const EncoderProfile& encoder, bool rate_controlled) {
  Comparison is;
  const size_t payload = 8 * (frame.obu.size_offset + frame.obu.size_bytes);
  const nv::HeaderPositions& at = frame.header.positions;
  if (rate_controlled) {
    is.same("bit_offset_qindex", params.bit_offset_qindex, payload + at.quantization);
    if (params.bit_offset_segmentation != 0) {
      is.same("bit_offset_segmentation", params.bit_offset_segmentation, payload + at.segmentation);
    }
    is.same("bit_offset_loopfilter_params", params.bit_offset_loopfilter_params,
            payload + at.loop_filter);
    if (at.cdef != at.cdef_end) {
      is.same("bit_offset_cdef_params", params.bit_offset_cdef_params, payload + at.cdef);
    }
    is.same("size_in_bits_cdef_params", params.size_in_bits_cdef_params, at.cdef_end - at.cdef);
    // Clients disagree on whether the byte is filled.
    const size_t header =
        payload + frame.header.bits + (frame.obu.type == nv::ObuType::FrameHeader ? 1 : 0);
    is.true_of(params.size_in_bits_frame_hdr_obu >= header &&
                   params.size_in_bits_frame_hdr_obu <= frame.obu.whole.size() * 8,
               std::format("size_in_bits_frame_hdr_obu is {}, the packed header has {}",
                           params.size_in_bits_frame_hdr_obu, header));
  }
  if (rate_controlled || frame.obu.type == nv::ObuType::Frame) {
    is.same("byte_offset_frame_hdr_obu_size", params.byte_offset_frame_hdr_obu_size,
            frame.offset + frame.obu.size_offset);
    is.true_of(frame.obu.size_bytes == encoder.obu_size_bytes,
               std::format("obu_size takes {} bytes in the packed frame header, {} on the device",
                           frame.obu.size_bytes, encoder.obu_size_bytes));
  }
  return is.result();
}

}  // namespace refdrv::va
