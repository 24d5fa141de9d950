// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of unit_follower.h.
#include "support/unit_follower.h"

#include <utility>

namespace av1hw::test {
namespace {

constexpr size_t mark_size = 8;

std::optional<uint64_t> mark_in(std::span<const uint8_t> tiles, const GstAV1TileInfo& layout) {
  size_t at = 0;
  // tile_start_and_end_present_flag, and the size of the first tile
  if (unsigned{layout.tile_cols} * layout.tile_rows > 1) at = 1U + layout.tile_size_bytes;
  if (tiles.size() < at + mark_size) return std::nullopt;
  uint64_t mark = 0;
  for (size_t i = 0; i < mark_size; ++i) mark |= uint64_t{tiles[at + i]} << (8 * i);
  return mark;
}

}  // namespace

FollowedUnit UnitFollower::take(std::span<const uint8_t> bytes) {
  FollowedUnit unit;
  ++units_;
  ObuReader reader(bytes, ObuFraming::Section5);
  bool ended = false;
  unsigned place = 0;
  auto read = reader.next();
  for (; read && *read; read = reader.next(), ++place) {
    const Obu& obu = **read;
    expect(obu.has_size_field, "an OBU has no size");
    expect((place == 0) == (obu.type == ObuType::TemporalDelimiter),
           "a temporal delimiter comes first, and once");
    expect(!ended, "something follows the frame that is shown");
    const bool in_layers = sequence_ && sequence_->operating_points_count > 1;
    if (in_layers && obu.has_extension && obu.temporal_id > highest_layer_) continue;
    switch (obu.type) {
    case ObuType::TemporalDelimiter: break;
    case ObuType::SequenceHeader:
      expect(place == 1, "the sequence header does not come first");
      take_sequence(obu, unit);
      break;
    case ObuType::Metadata:
      if (auto metadata = parse_metadata(obu.payload)) {
        if (std::holds_alternative<MetadataItuT35>(*metadata))
          expect(obu.has_extension == in_layers, "T.35 is of its frame's layer");
        unit.metadata.push_back(*std::move(metadata));
      } else {
        expect(false, "metadata that can't be read");
      }
      break;
    case ObuType::Frame:
    case ObuType::FrameHeader:
      expect(obu.has_extension == in_layers, "frames have an extension where there are layers");
      take_frame(obu, unit);
      ended = unit.shown.has_value();
      break;
    default: expect(false, std::string("has an ") + obu_type_name(obu.type));
    }
  }
  if (!read) expect(false, read.error().describe(0));
  return unit;
}

void UnitFollower::take_sequence(const Obu& obu, FollowedUnit& unit) {
  auto sequence = parse_sequence_header(obu.payload);
  if (!sequence) return expect(false, sequence.error().message);
  expect(parser_.set_sequence(*sequence).has_value(), "GstAV1Parser: sequence");
  sequence_ = *sequence;
  slots_ = {};
  unit.sequence = *std::move(sequence);
}

void UnitFollower::take_frame(const Obu& obu, FollowedUnit& unit) {
  const auto size = parser_.parse(obu);
  if (!size) return expect(false, "GstAV1Parser: " + size.error().message);
  const GstAV1FrameHeaderOBU& frame = parser_.frame();
  if (frame.show_existing_frame) {
    const auto slot = static_cast<size_t>(frame.frame_to_show_map_idx);
    expect(slots_[slot].has_value(), "shows an empty slot");
    unit.shown = slots_[slot];
    unit.shows_existing = true;
    if (frame.frame_type == GST_AV1_KEY_FRAME && unit.shown) store(*unit.shown);
    parser_.update_references();
    return;
  }
  ++unit.frames;
  unit.type = frame.frame_type;
  unit.temporal_id = obu.temporal_id;
  unit.render_width = frame.render_width;
  unit.render_height = frame.render_height;
  const bool is_shown_key = frame.frame_type == GST_AV1_KEY_FRAME && frame.show_frame;
  expect(!is_shown_key || unit.sequence, "a key frame without a sequence header");
  expect(is_shown_key || !unit.sequence, "a sequence header without a key frame");
  unit.key_frame = unit.key_frame || is_shown_key;
  unit.references.clear();
  if (frame.frame_type == GST_AV1_INTER_FRAME) {
    for (const gint8 slot : frame.ref_frame_idx) {
      const auto& reference = slots_[static_cast<size_t>(slot)];
      expect(reference.has_value(), "refers to an empty slot");
      unit.references.push_back(reference.value_or(0));
    }
  }
  const auto mark = mark_in(obu.payload.subspan(*size), frame.tile_info);
  if (!mark) return expect(false, "a frame without tiles");
  store(*mark);
  if (frame.show_frame) unit.shown = mark;
  parser_.update_references();
}

void UnitFollower::store(uint64_t mark) {
  const GstAV1FrameHeaderOBU& frame = parser_.frame();
  for (unsigned slot = 0; slot < slots_.size(); ++slot) {
    if (frame.refresh_frame_flags >> slot & 1) slots_[slot] = mark;
  }
}

}  // namespace av1hw::test
