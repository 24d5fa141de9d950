// SPDX-License-Identifier: LGPL-2.1-or-later
// The start of uncompressed_header() (AV1 specification 5.9.2): what a frame is and what it
// replaces.
#include "av1/frame_header.h"

#include "av1/bit_reader.h"

namespace av1hw {
namespace {

// Presentation times are coded for every frame that is shown, unless all take equally long.
bool has_presentation_time(const SequenceHeader& seq) {
  return seq.decoder_model_info_present && !seq.timing_info.equal_picture_interval;
}

void parse_shown_existing(BitReader& r, const SequenceHeader& seq, FrameHeader& frame) {
  frame.frame_to_show_map_idx = static_cast<uint8_t>(r.bits(3));
  if (has_presentation_time(seq)) {
    frame.frame_presentation_time = r.bits(seq.decoder_model_info.frame_presentation_time_length);
  }
  if (seq.frame_id_numbers_present) {
    frame.current_frame_id = r.bits(seq.frame_id_length);
  }
}

void parse_frame_kind(BitReader& r, const SequenceHeader& seq, FrameHeader& frame) {
  frame.frame_type = static_cast<FrameType>(r.bits(2));
  frame.show_frame = r.flag();
  if (frame.show_frame && has_presentation_time(seq)) {
    frame.frame_presentation_time = r.bits(seq.decoder_model_info.frame_presentation_time_length);
  }
  frame.showable_frame = frame.show_frame ? frame.frame_type != FrameType::Key : r.flag();
  const bool resets = frame.frame_type == FrameType::Switch ||
                      (frame.frame_type == FrameType::Key && frame.show_frame);
  frame.error_resilient_mode = resets || r.flag();
}

void parse_screen_content(BitReader& r, const SequenceHeader& seq, FrameHeader& frame) {
  frame.allow_screen_content_tools =
      seq.seq_force_screen_content_tools == select_screen_content_tools
          ? r.flag()
          : seq.seq_force_screen_content_tools != 0;
  if (frame.allow_screen_content_tools) {
    frame.force_integer_mv =
        seq.seq_force_integer_mv == select_integer_mv ? r.flag() : seq.seq_force_integer_mv != 0;
  }
  if (frame.is_intra()) frame.force_integer_mv = true;
}

void skip_buffer_removal_times(BitReader& r, const SequenceHeader& seq, const Obu& obu) {
  if (!seq.decoder_model_info_present) return;
  const bool present = r.flag();
  if (!present) return;
  for (unsigned i = 0; i < seq.operating_points_count; i++) {
    const OperatingPoint& op = seq.operating_points[i];
    if (!op.decoder_model_present) continue;
    const bool in_temporal_layer = (op.idc >> obu.temporal_id & 1) != 0;
    const bool in_spatial_layer = (op.idc >> (obu.spatial_id + 8) & 1) != 0;
    if (op.idc == 0 || (in_temporal_layer && in_spatial_layer)) {
      r.bits(seq.decoder_model_info.buffer_removal_time_length);
    }
  }
}

void parse_new_frame(BitReader& r, const SequenceHeader& seq, const Obu& obu, FrameHeader& frame) {
  if (seq.reduced_still_picture_header) {
    frame.error_resilient_mode = true;
  } else {
    parse_frame_kind(r, seq, frame);
  }
  frame.disable_cdf_update = r.flag();
  parse_screen_content(r, seq, frame);
  if (seq.frame_id_numbers_present) {
    frame.current_frame_id = r.bits(seq.frame_id_length);
  }
  if (frame.frame_type == FrameType::Switch) {
    frame.frame_size_override_flag = true;
  } else if (!seq.reduced_still_picture_header) {
    frame.frame_size_override_flag = r.flag();
  }
  frame.order_hint = static_cast<uint8_t>(r.bits(seq.order_hint_bits));
  if (!frame.is_intra() && !frame.error_resilient_mode) {
    frame.primary_ref_frame = static_cast<uint8_t>(r.bits(3));
  }
  skip_buffer_removal_times(r, seq, obu);
  const bool replaces_all = frame.frame_type == FrameType::Switch ||
                            (frame.frame_type == FrameType::Key && frame.show_frame);
  frame.refresh_frame_flags = replaces_all ? all_frames : static_cast<uint8_t>(r.bits(8));
}

// What follows refresh_frame_flags in an intra frame's header.
std::optional<FrameSize> parse_intra_size(BitReader& r, const SequenceHeader& seq,
                                          const FrameHeader& frame) {
  if (frame.refresh_frame_flags != all_frames && frame.error_resilient_mode &&
      seq.enable_order_hint) {
    for (unsigned i = 0; i < num_ref_frames; i++) r.bits(seq.order_hint_bits);  // ref_order_hint
  }
  FrameSize size = {.upscaled_width = seq.max_frame_width, .frame_height = seq.max_frame_height};
  if (frame.frame_size_override_flag) {
    size.upscaled_width = r.bits(seq.frame_width_bits) + 1;
    size.frame_height = r.bits(seq.frame_height_bits) + 1;
  }
  const bool use_superres = seq.enable_superres && r.flag();
  if (use_superres) r.bits(3);  // coded_denom
  size.render_width = size.upscaled_width;
  size.render_height = size.frame_height;
  const bool render_and_frame_size_different = r.flag();
  if (render_and_frame_size_different) {
    size.render_width = r.bits(16) + 1;
    size.render_height = r.bits(16) + 1;
  }
  if (r.failed()) return std::nullopt;
  return size;
}

}  // namespace

const char* frame_type_name(FrameType type) {
  switch (type) {
  case FrameType::Key: return "KEY_FRAME";
  case FrameType::Inter: return "INTER_FRAME";
  case FrameType::IntraOnly: return "INTRA_ONLY_FRAME";
  case FrameType::Switch: return "SWITCH_FRAME";
  }
  return "unknown frame type";
}

Result<FrameHeader> FrameHeaderParser::parse(const Obu& obu) {
  if (!sequence_) return fail(ErrorCode::InvalidData, "no sequence header came before it");
  BitReader r(obu.payload);
  FrameHeader frame;
  frame.show_existing_frame = !sequence_->reduced_still_picture_header && r.flag();
  if (frame.show_existing_frame) {
    parse_shown_existing(r, *sequence_, frame);
    const auto type = ref_frame_type_[frame.frame_to_show_map_idx];
    if (!type) return fail(ErrorCode::InvalidData, "shows a reference frame that is not there");
    frame.frame_type = *type;
    if (*type == FrameType::Key) frame.refresh_frame_flags = all_frames;
  } else {
    parse_new_frame(r, *sequence_, obu, frame);
  }
  if (r.failed()) return fail(ErrorCode::InvalidData, "frame header is cut off");
  if (!frame.show_existing_frame && frame.is_intra()) {
    frame.size = parse_intra_size(r, *sequence_, frame);
  }
  for (unsigned i = 0; i < num_ref_frames; i++) {
    if ((frame.refresh_frame_flags >> i & 1) != 0) ref_frame_type_[i] = frame.frame_type;
  }
  return frame;
}

Result<TemporalUnitInfo> inspect_temporal_unit(std::span<const uint8_t> packet, ObuFraming framing,
                                               FrameHeaderParser& parser) {
  TemporalUnitInfo info;
  bool refreshes = false;
  ObuReader reader(packet, framing);
  for (;;) {
    const auto obu = reader.next();
    if (!obu) return fail(ErrorCode::InvalidData, obu.error().describe(0));
    if (!*obu) break;
    if ((*obu)->type == ObuType::SequenceHeader) {
      const auto sequence = parse_sequence_header((*obu)->payload);
      if (!sequence) return std::unexpected(sequence.error());
      parser.set_sequence(*sequence);
      info.has_sequence_header = true;
    } else if ((*obu)->starts_frame()) {
      const auto frame = parser.parse(**obu);
      if (!frame) {
        return fail(frame.error().code, (*obu)->describe(0) + ": " + frame.error().message);
      }
      const bool shown_key =
          frame->frame_type == FrameType::Key && frame->show_frame && !frame->show_existing_frame;
      if (info.frames == 0) info.random_access_point = info.has_sequence_header && shown_key;
      info.frames++;
      if (frame->show_frame) info.shown_frames++;
      if (frame->refresh_frame_flags != 0) refreshes = true;
    }
  }
  info.droppable = info.frames > 0 && !refreshes && !info.has_sequence_header;
  return info;
}

}  // namespace av1hw
