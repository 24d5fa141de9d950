// SPDX-License-Identifier: LGPL-2.1-or-later
// GstAV1Parser, kept away from input that it can't take.
#include "codec/header_parser.h"

#include <algorithm>
#include <format>
#include <span>
#include <vector>

#include "av1/sequence_header_writer.h"
#include "codec/warp_model.h"

namespace av1hw {
namespace {

constexpr uint8_t all_slots = 0xff;
// GstAV1Parser counts bits in 32 bits.
constexpr size_t max_obu_size = size_t{1} << 28;
constexpr uint8_t maximum_parameters_level = 31;
constexpr uint8_t longest_display_delay = 10;
constexpr uint32_t narrowest_superres_frame = 16;

const char* problem_of(GstAV1ParserResult result) {
  switch (result) {
  case GST_AV1_PARSER_NO_MORE_DATA: return "is cut off";
  case GST_AV1_PARSER_MISSING_OBU_REFERENCE: return "refers to a header that is missing";
  default: return "contradicts the specification, or what came before it";
  }
}

GstAV1OBU parser_obu(GstAV1OBUType type, std::span<const uint8_t> payload) {
  GstAV1OBU obu = {};
  obu.header.obu_type = obu.obu_type = type;
  // It is read only, but not declared so.
  obu.data = const_cast<uint8_t*>(payload.data());
  obu.obu_size = static_cast<guint32>(payload.size());
  return obu;
}

// Levels that version 1.0.0 of the specification left undefined.
bool is_undefined_level(unsigned seq_level_idx) {
  constexpr uint32_t undefined =
      1U << 2 | 1U << 3 | 1U << 6 | 1U << 7 | 1U << 10 | 1U << 11 | 0xfU << 20 | 0x7fU << 24;
  return (undefined >> seq_level_idx & 1) != 0;
}

// GstAV1Parser refuses headers for things that do not matter to decoding; it does not get to see
// them.
SequenceHeader palatable(SequenceHeader sequence) {
  for (OperatingPoint& point : sequence.operating_points) {
    if (is_undefined_level(point.seq_level_idx)) point.seq_level_idx = maximum_parameters_level;
    point.initial_display_delay = std::min(point.initial_display_delay, longest_display_delay);
  }
  TimingInfo& timing = sequence.timing_info;
  timing.num_units_in_display_tick = std::max(timing.num_units_in_display_tick, 1U);
  timing.time_scale = std::max(timing.time_scale, 1U);
  timing.num_ticks_per_picture = std::max(timing.num_ticks_per_picture, 1U);
  ColorConfig& color = sequence.color;
  if (color.matrix_coefficients == matrix_identity && color.subsampling_x != 0) {
    color.matrix_coefficients = color_unspecified;
  }
  return sequence;
}

}  // namespace

void HeaderParser::reset() { gst_av1_parser_reset(parser_.get(), FALSE); }

Result<> HeaderParser::set_sequence(const SequenceHeader& sequence) {
  reset();
  const std::vector<uint8_t> payload = write_sequence_header(palatable(sequence));
  GstAV1OBU obu = parser_obu(GST_AV1_OBU_SEQUENCE_HEADER, payload);
  const GstAV1ParserResult result =
      gst_av1_parser_parse_sequence_header_obu(parser_.get(), &obu, &sequence_);
  if (result != GST_AV1_PARSER_OK) return fail(ErrorCode::InvalidData, problem_of(result));
  fill_references();
  return {};
}

// A frame may take its size from a slot that nothing was put into. GstAV1Parser takes 0 from there,
// and divides by the tiles in it; so no slot of its is ever empty. Whether there is a picture in
// a slot is for ReferenceSlots to know.
void HeaderParser::fill_references() {
  GstAV1FrameHeaderOBU& nothing = frame_.frame_header;
  nothing = {};
  nothing.frame_type = GST_AV1_INTER_FRAME;
  nothing.refresh_frame_flags = all_slots;
  nothing.upscaled_width = nothing.frame_width = nothing.render_width =
      sequence_.max_frame_width_minus_1 + 1U;
  nothing.frame_height = nothing.render_height = sequence_.max_frame_height_minus_1 + 1U;
  update_references();
}

void HeaderParser::update_references() {
  gst_av1_parser_reference_frame_update(parser_.get(), &frame_.frame_header);
}

Result<size_t> HeaderParser::parse(const Obu& obu) {
  if (obu.payload.empty()) return fail(ErrorCode::InvalidData, "is empty");
  if (obu.payload.size() > max_obu_size) {
    return fail(ErrorCode::NotSupported, "has more than 256 MiB");
  }
  // GstAV1Parser refuses a header where it waits for tiles. It is told that none are due.
  GstAV1OBU delimiter = parser_obu(GST_AV1_OBU_TEMPORAL_DELIMITER, {});
  gst_av1_parser_parse_temporal_delimiter_obu(parser_.get(), &delimiter);

  const bool has_tiles = obu.type == ObuType::Frame;
  GstAV1OBU parsed =
      parser_obu(has_tiles ? GST_AV1_OBU_FRAME : GST_AV1_OBU_FRAME_HEADER, obu.payload);
  parsed.header.obu_temporal_id = obu.temporal_id;
  parsed.header.obu_spatial_id = obu.spatial_id;
  // GstAV1Parser would look for tiles of a layout that it does not have.
  const bool show_existing_frame =
      !sequence_.reduced_still_picture_header && (obu.payload[0] & 0x80) != 0;
  if (has_tiles && show_existing_frame) {
    return fail(ErrorCode::InvalidData, "has tiles, but shows an existing frame");
  }
  frame_.frame_header.upscaled_width = frame_.frame_header.frame_height = 0;
  const GstAV1ParserResult result =
      has_tiles
          ? gst_av1_parser_parse_frame_obu(parser_.get(), &parsed, &frame_)
          : gst_av1_parser_parse_frame_header_obu(parser_.get(), &parsed, &frame_.frame_header);
  if (result != GST_AV1_PARSER_OK) return fail(ErrorCode::InvalidData, problem_of(result));

  if (const Result<> corrected = correct_superres(); !corrected) {
    return std::unexpected(corrected.error());
  }
  // GstAV1Parser computes this in 16 bits.
  GstAV1GlobalMotionParams& motion = frame_.frame_header.global_motion_params;
  for (unsigned i = GST_AV1_REF_LAST_FRAME; i <= GST_AV1_REF_ALTREF_FRAME; i++) {
    motion.invalid[i] =
        motion.gm_type[i] != GST_AV1_WARP_MODEL_IDENTITY && !warp_is_valid(motion.gm_params[i]);
  }
  return has_tiles ? tile_group_offset() : obu.payload.size();
}

// Superres leaves a frame at least 16 samples wide (annex A.3), or as wide as it is. libaom and
// dav1d see to that; GstAV1Parser computes a width below. Where other syntax depends on whether the
// width was changed at all, what it parsed is wrong.
Result<> HeaderParser::correct_superres() {
  GstAV1FrameHeaderOBU& frame = frame_.frame_header;
  const uint32_t least = std::min(narrowest_superres_frame, frame.upscaled_width);
  if (!frame.use_superres || frame.frame_width >= least) return {};
  const bool unchanged = least == frame.upscaled_width;
  if (unchanged && (frame.allow_screen_content_tools || frame.coded_lossless)) {
    return fail(ErrorCode::NotSupported,
                std::format("has superres for {} columns", frame.upscaled_width));
  }
  frame.frame_width = least;
  GstAV1TileInfo& tiles = frame.tile_info;
  tiles.mi_col_starts[tiles.tile_cols] = 2 * ((least + 7) >> 3);
  return {};
}

// GstAV1Parser tells only where the first tile's data starts. Before it come the size of that tile,
// unless it is the last, and the tile group's own start.
size_t HeaderParser::tile_group_offset() const {
  const GstAV1TileGroupOBU& group = frame_.tile_group;
  const GstAV1TileInfo& layout = frame_.frame_header.tile_info;
  size_t before = group.tg_start == group.tg_end ? 0 : layout.tile_size_bytes;
  if (group.num_tiles > 1) {
    const unsigned numbers = group.tile_start_and_end_present_flag
                                 ? 2 * (unsigned{layout.tile_cols_log2} + layout.tile_rows_log2)
                                 : 0;
    before += (1 + numbers + 7) / 8;
  }
  return group.entry[group.tg_start].tile_offset - before;
}

}  // namespace av1hw
