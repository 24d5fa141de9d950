// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns what an encoder decided into libva's parameters, field by field.
#include "vaapi/encode_params.h"

#include <algorithm>
#include <iterator>

#include "vaapi/va_encode_surface.h"

namespace av1hw {
namespace {

using VaSequence = VAEncSequenceParameterBufferAV1;
using VaPicture = VAEncPictureParameterBufferAV1;

constexpr unsigned frame_header_type = static_cast<unsigned>(ObuType::FrameHeader);
constexpr uint32_t no_end = 0xffff;  // drivers keep a GOP's size in 16 bits
constexpr unsigned select = 2;       // TX_MODE_SELECT and REFERENCE_MODE_SELECT
constexpr unsigned tx_mode_largest = 1;

uint8_t narrow(unsigned value) { return static_cast<uint8_t>(value); }

VASurfaceID id_of(const EncodeSurface* surface) {
  return surface ? static_cast<const VaEncodeSurface*>(surface)->id() : VA_INVALID_SURFACE;
}

bool is_intra(FrameType type) { return type == FrameType::Key || type == FrameType::IntraOnly; }

bool driver_chooses_quantizers(const EncodeStream& stream) {
  return stream.rate.mode != RateControl::Cqp;
}

void fill_size(const EncodePicture& picture, VaPicture& out) {
  const FrameHeaderParams& header = *picture.header;
  const SequenceHeader& sequence = picture.stream->sequence;
  const bool own = header.frame_size_override_flag;
  out.frame_width_minus_1 =
      static_cast<uint16_t>((own ? header.frame_width : sequence.max_frame_width) - 1);
  out.frame_height_minus_1 =
      static_cast<uint16_t>((own ? header.frame_height : sequence.max_frame_height) - 1);
}

// `first` is LAST_FRAME or BWDREF_FRAME, as indices into ref_frame_idx are counted from 1.
uint32_t search_order(unsigned first, unsigned count) {
  constexpr unsigned bits = 3;
  uint32_t value = 0;
  for (unsigned i = 0; i < count; i++) value |= (first + i) << (bits * i);
  return value;
}

void fill_references(const EncodePicture& picture, VaPicture& out) {
  constexpr unsigned last_frame = 1;
  constexpr unsigned bwdref_frame = 5;
  const PlannedFrame& plan = picture.header->plan;
  // Behind a key frame that is shown nothing is referred to that came before it.
  const bool begins_anew = plan.type == FrameType::Key && plan.show_frame;
  std::ranges::transform(picture.slots, out.reference_frames, [&](const EncodeSurface* surface) {
    return begins_anew ? VA_INVALID_SURFACE : id_of(surface);
  });
  out.primary_ref_frame = plan.primary_ref_frame;
  out.refresh_frame_flags = begins_anew ? 0xff : plan.refresh_frame_flags;
  out.order_hint = plan.order_hint;
  if (is_intra(plan.type)) return;
  std::ranges::copy(plan.ref_frame_idx, out.ref_frame_idx);
  out.ref_frame_ctrl_l0.value =
      search_order(last_frame, std::min(plan.forward_references, max_forward_references));
  out.ref_frame_ctrl_l1.value =
      search_order(bwdref_frame, std::min(plan.backward_references, max_backward_references));
}

void fill_flags(const EncodePicture& picture, VaPicture& out) {
  const FrameHeaderParams& header = *picture.header;
  auto& bits = out.picture_flags.bits;
  bits.frame_type = static_cast<uint32_t>(header.plan.type) & 3;
  const bool shown_key = header.plan.type == FrameType::Key && header.plan.show_frame;
  bits.error_resilient_mode = header.error_resilient_mode || shown_key;
  bits.disable_cdf_update = header.disable_cdf_update;
  bits.allow_high_precision_mv = !is_intra(header.plan.type) && header.allow_high_precision_mv;
  bits.use_ref_frame_mvs = header.use_ref_frame_mvs;
  bits.disable_frame_end_update_cdf = header.disable_frame_end_update_cdf;
  bits.reduced_tx_set = header.reduced_tx_set;
  bits.disable_frame_recon = out.refresh_frame_flags == 0;
  bits.allow_intrabc = header.allow_intrabc;
  bits.palette_mode_enable = header.allow_screen_content_tools;
  bits.allow_screen_content_tools = header.allow_screen_content_tools;
  bits.force_integer_mv = header.force_integer_mv;
  out.interpolation_filter = header.interpolation_filter;
  out.temporal_id = header.plan.temporal_id;
  if (picture.stream->anchor_distance > 1)
    out.hierarchical_level_plus1 = narrow(header.plan.level + 1);
}

void fill_loop_filter(const LoopFilterParams& filter, VaPicture& out) {
  out.filter_level[0] = filter.level[0];
  out.filter_level[1] = filter.level[1];
  out.filter_level_u = filter.level[2];
  out.filter_level_v = filter.level[3];
  auto& bits = out.loop_filter_flags.bits;
  bits.sharpness_level = filter.sharpness & 7;
  bits.mode_ref_delta_enabled = filter.delta_enabled;
  bits.mode_ref_delta_update = filter.delta_update;
  std::ranges::copy(filter.ref_deltas, out.ref_deltas);
  std::ranges::copy(filter.mode_deltas, out.mode_deltas);
}

void fill_quantization(const EncodePicture& picture, VaPicture& out) {
  const QuantizationParams& quantization = picture.header->quantization;
  out.base_qindex = quantization.base_q_idx;
  out.y_dc_delta_q = quantization.delta_q_y_dc;
  out.u_dc_delta_q = quantization.delta_q_u_dc;
  out.u_ac_delta_q = quantization.delta_q_u_ac;
  out.v_dc_delta_q = quantization.delta_q_v_dc;
  out.v_ac_delta_q = quantization.delta_q_v_ac;
  if (quantization.using_qmatrix) {
    auto& bits = out.qmatrix_flags.bits;
    bits.using_qmatrix = 1;
    bits.qm_y = quantization.qm_y & 15;
    bits.qm_u = quantization.qm_u & 15;
    bits.qm_v = quantization.qm_v & 15;
  }
  if (!driver_chooses_quantizers(*picture.stream)) return;
  const EncodeRate& rate = picture.stream->rate;
  out.min_base_qindex = narrow(std::clamp(rate.min_quantizer, 1U, 255U));
  out.max_base_qindex = narrow(std::clamp(rate.max_quantizer, 1U, 255U));
}

void fill_modes(const EncodePicture& picture, VaPicture& out) {
  const FrameHeaderParams& header = *picture.header;
  auto& bits = out.mode_control_flags.bits;
  bits.delta_q_present = header.delta_q_present;
  bits.delta_q_res = header.delta_q_res & 3;
  bits.delta_lf_present = header.delta_lf_present;
  bits.delta_lf_res = header.delta_lf_res & 3;
  bits.delta_lf_multi = header.delta_lf_multi;
  bits.tx_mode = header.tx_mode_select ? select : tx_mode_largest;
  bits.reference_mode = header.reference_select ? select : 0;
  bits.skip_mode_present =
      header.skip_mode_present && skip_mode_allowed(picture.stream->sequence, header);
}

void fill_segmentation(const SegmentationParams& segmentation, VaPicture& out) {
  if (!segmentation.enabled) return;
  auto& segments = out.segments;
  segments.seg_flags.bits.segmentation_enabled = 1;
  segments.seg_flags.bits.segmentation_update_map = segmentation.update_map;
  segments.seg_flags.bits.segmentation_temporal_update = segmentation.temporal_update;
  for (unsigned i = 0; i < max_segments; i++) {
    for (unsigned feature = 0; feature < segment_features; feature++) {
      const std::optional<int16_t>& value = segmentation.feature_data[i][feature];
      if (!value) continue;
      segments.segment_number = narrow(i + 1);
      segments.feature_data[i][feature] = *value;
      segments.feature_mask[i] = narrow(segments.feature_mask[i] | 1U << feature);
    }
  }
}

template <size_t N>
void fill_tile_sizes(const std::vector<uint16_t>& sizes, uint16_t (&out)[N]) {
  for (size_t i = 0; i < std::min(sizes.size(), N); i++)
    out[i] = static_cast<uint16_t>(sizes[i] - 1);
}

void fill_tiles(const TileInfo& tiles, VaPicture& out) {
  out.tile_cols = narrow(static_cast<unsigned>(tiles.columns()));
  out.tile_rows = narrow(static_cast<unsigned>(tiles.rows()));
  fill_tile_sizes(tiles.width_in_sbs, out.width_in_sbs_minus_1);
  fill_tile_sizes(tiles.height_in_sbs, out.height_in_sbs_minus_1);
  out.context_update_tile_id = tiles.context_update_tile_id;
}

void fill_filters(const FrameHeaderParams& header, VaPicture& out) {
  out.cdef_damping_minus_3 = narrow(header.cdef.damping - 3U);
  out.cdef_bits = header.cdef.bits;
  std::ranges::copy(header.cdef.y_strength, out.cdef_y_strengths);
  std::ranges::copy(header.cdef.uv_strength, out.cdef_uv_strengths);
  const LoopRestorationParams& restoration = header.restoration;
  auto& bits = out.loop_restoration_flags.bits;
  bits.yframe_restoration_type = static_cast<uint16_t>(restoration.type[0]) & 3;
  bits.cbframe_restoration_type = static_cast<uint16_t>(restoration.type[1]) & 3;
  bits.crframe_restoration_type = static_cast<uint16_t>(restoration.type[2]) & 3;
  bits.lr_unit_shift = restoration.unit_shift & 3;
  bits.lr_uv_shift = restoration.uv_shift;
}

// Only for drivers that change what is there.
void fill_offsets(const EncodePicture& picture, const VaFrameHeader& header,
                  unsigned bytes_before_header, VaPicture& out) {
  if (!driver_chooses_quantizers(*picture.stream)) return;
  const FrameHeaderOffsets& offsets = picture.offsets;
  out.bit_offset_qindex = header.header_offset + offsets.base_q_idx;
  out.bit_offset_loopfilter_params = header.header_offset + offsets.loop_filter_params;
  out.bit_offset_cdef_params = header.header_offset + offsets.cdef_params;
  out.size_in_bits_cdef_params = offsets.cdef_params_size;
  out.byte_offset_frame_hdr_obu_size = bytes_before_header + header.obu_size_offset;
  out.size_in_bits_frame_hdr_obu = header.bits;
}

}  // namespace

void va_frame_header(const EncodePicture& picture, VaFrameHeader& header) {
  constexpr uint8_t type_bits = 0x78;
  std::vector<uint8_t>& out = header.obu;
  // With the extension, where there is one.
  out.assign(picture.frame_obu.begin(), picture.frame_obu.begin() + picture.obu_size_offset);
  out[0] = narrow((out[0] & ~type_bits) | frame_header_type << 3);
  header.obu_size_offset = picture.obu_size_offset;
  const unsigned bits = picture.offsets.end + 1;
  const unsigned payload = (bits + 7) / 8;
  for (unsigned i = 0; i < picture.obu_size_bytes; i++) {
    const unsigned more = i + 1 < picture.obu_size_bytes ? 0x80 : 0;
    out.push_back(narrow((payload >> 7 * i & 0x7f) | more));
  }
  header.header_offset = static_cast<unsigned>(8 * out.size());
  header.bits = header.header_offset + bits;
  const std::span<const uint8_t> source = picture.frame_obu.subspan(picture.header_offset);
  const size_t start = out.size();
  out.resize(start + payload);
  std::copy_n(source.begin(), std::min<size_t>(payload, source.size()), out.begin() + start);
  out.back() = narrow(out.back() | 0x80U >> picture.offsets.end % 8);
}

VaSequence va_sequence_parameters(const EncodeStream& stream) {
  const SequenceHeader& sequence = stream.sequence;
  VaSequence out = {};
  out.seq_profile = sequence.seq_profile;
  out.seq_level_idx = sequence.operating_points[0].seq_level_idx;
  out.seq_tier = sequence.operating_points[0].seq_tier;
  out.hierarchical_flag = stream.anchor_distance > 1;
  out.intra_period = stream.gop_size == 0 ? no_end : std::min(stream.gop_size, no_end);
  out.ip_period = stream.anchor_distance;
  if (driver_chooses_quantizers(stream)) {
    const uint64_t peak = std::max(stream.rate.maximum, stream.rate.target);
    out.bits_per_second = static_cast<uint32_t>(std::min<uint64_t>(peak, UINT32_MAX));
  }
  auto& bits = out.seq_fields.bits;
  bits.still_picture = sequence.still_picture;
  bits.use_128x128_superblock = sequence.use_128x128_superblock;
  bits.enable_filter_intra = sequence.enable_filter_intra;
  bits.enable_intra_edge_filter = sequence.enable_intra_edge_filter;
  bits.enable_interintra_compound = sequence.enable_interintra_compound;
  bits.enable_masked_compound = sequence.enable_masked_compound;
  bits.enable_warped_motion = sequence.enable_warped_motion;
  bits.enable_dual_filter = sequence.enable_dual_filter;
  bits.enable_order_hint = sequence.enable_order_hint;
  bits.enable_jnt_comp = sequence.enable_jnt_comp;
  bits.enable_ref_frame_mvs = sequence.enable_ref_frame_mvs;
  bits.enable_superres = sequence.enable_superres;
  bits.enable_cdef = sequence.enable_cdef;
  bits.enable_restoration = sequence.enable_restoration;
  bits.bit_depth_minus8 = (sequence.color.bit_depth - 8U) & 7;
  bits.subsampling_x = sequence.color.subsampling_x & 1;
  bits.subsampling_y = sequence.color.subsampling_y & 1;
  bits.mono_chrome = sequence.color.mono_chrome;
  out.order_hint_bits_minus_1 = narrow(std::max<unsigned>(sequence.order_hint_bits, 1) - 1);
  return out;
}

VaPicture va_picture_parameters(const EncodePicture& picture, const VaFrameHeader& header,
                                const VaPictureBuffers& buffers) {
  VaPicture out = {};
  out.reconstructed_frame = id_of(picture.target.get());
  out.coded_buf = buffers.coded;
  fill_size(picture, out);
  fill_references(picture, out);
  fill_flags(picture, out);
  fill_loop_filter(picture.header->loop_filter, out);
  fill_quantization(picture, out);
  fill_modes(picture, out);
  fill_segmentation(picture.header->segmentation, out);
  fill_tiles(picture.header->tiles, out);
  fill_filters(*picture.header, out);
  fill_offsets(picture, header, buffers.bytes_before_header, out);
  auto& group = out.tile_group_obu_hdr_info.bits;
  group.obu_has_size_field = 1;
  group.obu_extension_flag = picture.obu_size_offset > 1;
  group.temporal_id = picture.header->plan.temporal_id & 7;
  return out;
}

size_t va_coded_size(const EncodeStream& stream) {
  constexpr uint64_t least = 64UL * 1024;
  const uint64_t samples = static_cast<uint64_t>(stream.coded_width) * stream.coded_height * 3 / 2;
  const uint64_t picture = stream.sequence.color.bit_depth > 8 ? 2 * samples : samples;
  const auto n = static_cast<uint64_t>(std::max(GST_VIDEO_INFO_FPS_N(&stream.info), 1));
  const auto d = static_cast<uint64_t>(std::max(GST_VIDEO_INFO_FPS_D(&stream.info), 1));
  const uint64_t two_frames = gst_util_uint64_scale(stream.rate.target / 4, d, n);
  return std::min<uint64_t>(std::max({least, picture, two_frames}), INT32_MAX);
}

VAEncTileGroupBufferAV1 va_tile_group(const TileInfo& tiles) {
  VAEncTileGroupBufferAV1 out = {};
  out.tg_end = narrow(static_cast<unsigned>(tiles.columns() * tiles.rows()) - 1);
  return out;
}

}  // namespace av1hw
