// SPDX-License-Identifier: LGPL-2.1-or-later
// The comparisons of encode_header_check.h.
#include "support/encode_header_check.h"

#include <algorithm>
#include <format>

#include "av1/bit_reader.h"
#include "av1/obu.h"

namespace av1hw::test {

void EncodeHeaderCheck::take_sequence(const EncodePicture& picture) {
  const bool is_key = picture.header->plan.type == FrameType::Key;
  expect(picture.sequence_obu.empty() != is_key, "sequence_obu is of key frames, and of no others");
  if (!is_key || picture.sequence_obu.empty()) return;
  const auto obu = parse_obu(picture.sequence_obu);
  if (!obu || obu->type != ObuType::SequenceHeader) return expect(false, "sequence_obu is none");
  expect(obu->bytes.size() == picture.sequence_obu.size(), "sequence_obu has something behind it");
  const auto sequence = parse_sequence_header(obu->payload);
  expect(sequence && *sequence == picture.stream->sequence, "sequence_obu is not the stream's");
  if (sequence) expect(parser_.set_sequence(*sequence).has_value(), "GstAV1Parser: sequence");
}

void EncodeHeaderCheck::take_frame(const EncodePicture& picture, std::span<const uint8_t> whole) {
  check_start(picture);
  check_offsets(picture);
  const auto obu = parse_obu(whole);
  if (!obu || obu->type != ObuType::Frame || obu->bytes.size() != whole.size())
    return expect(false, "frame_obu does not start an OBU_FRAME");
  const bool layers = picture.stream->temporal_layers > 1;
  expect(obu->has_extension == layers, "OBUs have an extension where there are layers");
  expect(obu->temporal_id == picture.header->plan.temporal_id, "temporal_id");
  const auto size = parser_.parse(*obu);
  if (!size) return expect(false, "GstAV1Parser: " + size.error().message);
  expect(*size == (picture.offsets.end + 7) / 8, "offsets.end is not where tiles start");
  compare_structure(picture);
  compare_tools(picture);
  compare_sizes(picture);
  parser_.update_references();
}

void EncodeHeaderCheck::check_start(const EncodePicture& picture) {
  const auto bytes = picture.frame_obu;
  const size_t extension = picture.stream->temporal_layers > 1 ? 1 : 0;
  expect(picture.obu_size_offset == 1 + extension, "obu_size_offset is not behind the OBU header");
  expect(picture.header_offset == picture.obu_size_offset + picture.obu_size_bytes,
         "header_offset is not behind obu_size");
  if (picture.header_offset > bytes.size()) return expect(false, "frame_obu is too short");
  const auto size = read_leb128(bytes.subspan(picture.obu_size_offset, picture.obu_size_bytes));
  expect(size && size->length == picture.obu_size_bytes, "obu_size takes other bytes than said");
  expect(size && size->value == bytes.size() - picture.header_offset,
         "obu_size is not the header's");
}

// What a driver patches is where it is told.
void EncodeHeaderCheck::check_offsets(const EncodePicture& picture) {
  const FrameHeaderOffsets& at = picture.offsets;
  const auto header = picture.frame_obu.subspan(picture.header_offset);
  const auto read = [&](unsigned from, unsigned count) {
    BitReader bits(header);
    for (unsigned i = 0; i < from; ++i) bits.bits(1);
    return bits.bits(count);
  };
  expect(header.size() == (at.end + 7) / 8, "frame_obu goes on behind offsets.end");
  expect(read(at.base_q_idx, 8) == picture.header->quantization.base_q_idx, "base_q_idx offset");
  expect(read(at.loop_filter_params, 6) == picture.header->loop_filter.level[0],
         "loop_filter_params offset");
  expect((at.cdef_params_size > 0) == picture.stream->sequence.enable_cdef, "cdef_params_size");
  if (at.cdef_params_size > 0)
    expect(read(at.cdef_params, 2) + 3 == picture.header->cdef.damping, "cdef_params offset");
  expect(at.base_q_idx < at.segmentation_params && at.segmentation_params < at.delta_q_params &&
             at.delta_q_params < at.loop_filter_params && at.loop_filter_params < at.cdef_params &&
             at.cdef_params + at.cdef_params_size <= at.end,
         "offsets are out of order");
}

void EncodeHeaderCheck::compare_structure(const EncodePicture& picture) {
  const GstAV1FrameHeaderOBU& read = parser_.frame();
  const PlannedFrame& plan = picture.header->plan;
  expect(read.frame_type == static_cast<int>(plan.type), "frame_type");
  expect((read.show_frame != 0) == plan.show_frame, "show_frame");
  expect(plan.show_frame || (read.showable_frame != 0) == plan.showable_frame, "showable_frame");
  expect(read.order_hint == plan.order_hint, "order_hint");
  expect(read.refresh_frame_flags == plan.refresh_frame_flags, "refresh_frame_flags");
  expect(read.primary_ref_frame == plan.primary_ref_frame, "primary_ref_frame");
  expect(!read.disable_cdf_update, "disable_cdf_update");
  if (plan.type != FrameType::Inter) return;
  for (unsigned name = 0; name < refs_per_frame; ++name) {
    const uint8_t slot = plan.ref_frame_idx[name];
    expect(read.ref_frame_idx[name] == slot, std::format("ref_frame_idx[{}]", name));
    expect(read.order_hints[name + 1] == picture.header->ref_order_hint[slot],
           std::format("RefOrderHint of slot {}", slot));
  }
  expect((read.reference_select != 0) == (plan.backward_references > 0), "reference_select");
}

void EncodeHeaderCheck::compare_tools(const EncodePicture& picture) {
  const GstAV1FrameHeaderOBU& read = parser_.frame();
  const FrameHeaderParams& header = *picture.header;
  expect(read.quantization_params.base_q_idx == header.quantization.base_q_idx, "base_q_idx");
  expect(read.quantization_params.base_q_idx > 0, "is lossless");
  for (unsigned i = 0; i < 4; ++i)
    expect(read.loop_filter_params.loop_filter_level[i] == header.loop_filter.level[i],
           std::format("loop_filter_level[{}]", i));
  expect((read.tx_mode_select != 0) == header.tx_mode_select, "tx_mode_select");
  expect((read.reduced_tx_set != 0) == header.reduced_tx_set, "reduced_tx_set");
  if (header.plan.type != FrameType::Inter) return;
  expect(static_cast<unsigned>(read.interpolation_filter) == header.interpolation_filter,
         "interpolation_filter");
  expect((read.allow_high_precision_mv != 0) == header.allow_high_precision_mv,
         "allow_high_precision_mv");
  expect((read.use_ref_frame_mvs != 0) == header.use_ref_frame_mvs, "use_ref_frame_mvs");
  expect((read.skip_mode_present != 0) == header.skip_mode_present, "skip_mode_present");
}

void EncodeHeaderCheck::compare_sizes(const EncodePicture& picture) {
  const GstAV1FrameHeaderOBU& read = parser_.frame();
  const EncodeStream& stream = *picture.stream;
  const auto width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&stream.info));
  const auto height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&stream.info));
  expect(read.upscaled_width == stream.sequence.max_frame_width, "UpscaledWidth");
  expect(read.frame_height == stream.sequence.max_frame_height, "FrameHeight");
  expect(read.render_width == width && read.render_height == height,
         "RenderWidth and RenderHeight are not the input's");
  expect(read.tile_info.tile_cols == stream.tiles.columns() &&
             read.tile_info.tile_rows == stream.tiles.rows(),
         "TileCols and TileRows");
  if (stream.tiles.columns() * stream.tiles.rows() > 1)
    expect(read.tile_info.tile_size_bytes == stream.tiles.tile_size_bytes, "TileSizeBytes");
}

}  // namespace av1hw::test
