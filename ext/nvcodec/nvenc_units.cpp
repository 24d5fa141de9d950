// SPDX-License-Identifier: LGPL-2.1-or-later
// Follows the OBUs of a stream: a unit ends behind the frame that it shows.
#include "nvcodec/nvenc_units.h"

#include <array>
#include <utility>

#include "av1/bit_reader.h"
#include "av1/frame_header.h"
#include "av1/obu_writer.h"

namespace av1hw {
namespace {

// A whole OBU_TEMPORAL_DELIMITER: obu_has_size_field, and a size of 0 (AV1 specification, 5.3).
constexpr std::array<uint8_t, 2> temporal_delimiter = {
    static_cast<uint8_t>(ObuType::TemporalDelimiter) << 3 | 1 << 1, 0};

std::unexpected<Error> not_av1(const std::string& what) {
  return fail(ErrorCode::Failed, "NVENC gives a picture that is no AV1: " + what);
}

// What can only stand in front of a frame, and so belongs to the next unit once one was shown.
bool begins_unit(const Obu& obu) {
  return obu.starts_frame() || obu.type == ObuType::TemporalDelimiter ||
         obu.type == ObuType::SequenceHeader || obu.type == ObuType::Metadata;
}

struct FrameStart {
  bool shows = false;
  bool new_key_frame = false;  // coded here, and shown
};

// The start of uncompressed_header() (AV1 specification, 5.9.2).
Result<FrameStart> read_start(const Obu& obu, bool reduced_still_picture_header) {
  if (reduced_still_picture_header) return FrameStart{.shows = true, .new_key_frame = true};
  BitReader reader(obu.payload);
  const bool show_existing_frame = reader.flag();
  if (show_existing_frame) return FrameStart{.shows = true};
  const auto frame_type = static_cast<FrameType>(reader.bits(2));
  const bool show_frame = reader.flag();
  if (reader.failed()) return not_av1("a frame without a header");
  return FrameStart{.shows = show_frame,
                    .new_key_frame = show_frame && frame_type == FrameType::Key};
}

}  // namespace

Result<std::span<const NvencUnit>> NvencUnits::add(NvencFrame frame,
                                                   std::span<const uint8_t> output) {
  frames_.push_back(std::move(frame));
  complete_ = 0;
  ObuReader reader(output, ObuFraming::Section5);
  while (true) {
    const auto next = reader.next();
    if (!next) return not_av1(next.error().describe(0));
    if (!*next) break;
    const Obu& obu = **next;
    if (shown_ && begins_unit(obu)) finish();
    if (obu.type == ObuType::TemporalDelimiter) continue;
    has_layers_ = has_layers_ || obu.temporal_id > 0;
    if (data_.empty()) begin(output.size());
    Result<> added;
    if (obu.type == ObuType::SequenceHeader) {
      added = add_sequence(obu);
    } else if (obu.starts_frame()) {
      added = add_frame(obu);
    } else {
      append(obu);
    }
    if (!added) return std::unexpected(added.error());
  }
  if (shown_) finish();
  return std::span<const NvencUnit>(units_).first(complete_);
}

Result<> NvencUnits::add_sequence(const Obu& obu) {
  const Result<SequenceHeader> sequence = parse_sequence_header(obu.payload);
  if (!sequence) return not_av1(sequence.error().message);
  reduced_still_picture_header_ = sequence->reduced_still_picture_header;
  sequence_ = write_obu(obu.type, obu.payload);
  if (!has_sequence_) append(obu);
  has_sequence_ = true;
  return {};
}

Result<> NvencUnits::add_frame(const Obu& obu) {
  if (sequence_.empty()) return not_av1("a frame before the first sequence header");
  const Result<FrameStart> start = read_start(obu, reduced_still_picture_header_);
  if (!start) return std::unexpected(start.error());
  if (start->shows && frames_.empty())
    return fail(ErrorCode::Failed, "NVENC shows a frame too many");
  if (start->new_key_frame) {
    key_ = true;
    if (!has_sequence_) append(sequence_);
    has_sequence_ = true;
    append(key_metadata_);
  }
  if (start->shows) append(frames_.front().metadata);
  append(obu);
  shown_ = start->shows;
  return {};
}

// `bytes`: of the output that the unit is made of, besides what came before and what is put in.
void NvencUnits::begin(size_t bytes) {
  size_t room = temporal_delimiter.size() + bytes + sequence_.size() + key_metadata_.size();
  if (!frames_.empty()) room += frames_.front().metadata.size();
  data_.reserve(room);
  append(temporal_delimiter);
}

size_t NvencUnits::reset() {
  const size_t missing = frames_.size();
  frames_.clear();
  data_.clear();
  has_sequence_ = shown_ = key_ = false;
  return missing;
}

// The last OBU of what NVENC gives may have no size; in a unit others may follow.
void NvencUnits::append(const Obu& obu) {
  if (obu.has_size_field) return append(obu.bytes);
  const ObuLayer layer = {obu.temporal_id, obu.spatial_id};
  append(write_obu(obu.type, obu.payload, obu.has_extension ? std::optional(layer) : std::nullopt));
}

void NvencUnits::append(std::span<const uint8_t> bytes) {
  data_.insert(data_.end(), bytes.begin(), bytes.end());
}

void NvencUnits::finish() {
  if (complete_ == units_.size()) units_.emplace_back();
  NvencUnit& unit = units_[complete_++];
  unit.data.swap(data_);
  data_.clear();
  unit.number = frames_.front().number;
  unit.key_frame = key_;
  frames_.pop_front();
  has_sequence_ = shown_ = key_ = false;
}

}  // namespace av1hw
