// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds the OBUs of a packet and the temporal units of a file (specification 5.3 and annex B).
#include "av1/obu.h"

#include <format>
#include <utility>

#include "av1/bit_reader.h"

namespace av1hw {
namespace {

std::string claims_too_much(uint64_t claimed, size_t left) {
  return std::format("claims {} bytes where {} are left", claimed, left);
}

std::string describe_at(const std::string& subject, uint64_t offset) {
  return std::format("{} at byte {}", subject, offset);
}

}  // namespace

const char* obu_type_name(ObuType type) {
  switch (type) {
  case ObuType::SequenceHeader: return "OBU_SEQUENCE_HEADER";
  case ObuType::TemporalDelimiter: return "OBU_TEMPORAL_DELIMITER";
  case ObuType::FrameHeader: return "OBU_FRAME_HEADER";
  case ObuType::TileGroup: return "OBU_TILE_GROUP";
  case ObuType::Metadata: return "OBU_METADATA";
  case ObuType::Frame: return "OBU_FRAME";
  case ObuType::RedundantFrameHeader: return "OBU_REDUNDANT_FRAME_HEADER";
  case ObuType::TileList: return "OBU_TILE_LIST";
  case ObuType::Padding: return "OBU_PADDING";
  }
  return "reserved OBU";
}

std::string Obu::describe(uint64_t packet_offset) const {
  return describe_at(obu_type_name(type), packet_offset + offset);
}

std::string ObuError::describe(uint64_t packet_offset) const {
  return describe_at(subject, packet_offset + offset) + ": " + problem;
}

std::expected<Obu, ObuError> parse_obu(std::span<const uint8_t> data) {
  const auto fail = [](std::string subject, std::string problem) {
    return std::unexpected(ObuError{0, std::move(subject), std::move(problem)});
  };
  if (data.empty()) return fail("OBU header", "is missing");
  const uint8_t header = data[0];
  if ((header & 0x80) != 0) return fail("OBU header", "has its forbidden bit set");
  Obu obu;
  obu.type = static_cast<ObuType>(header >> 3 & 15);
  obu.has_extension = (header & 4) != 0;
  obu.has_size_field = (header & 2) != 0;
  const char* name = obu_type_name(obu.type);
  size_t at = 1;
  if (obu.has_extension) {
    if (data.size() < 2) return fail(name, "ends inside its header");
    obu.temporal_id = data[1] >> 5;
    obu.spatial_id = data[1] >> 3 & 3;
    at = 2;
  }
  size_t size = data.size() - at;
  if (obu.has_size_field) {
    const auto coded = read_leb128(data.subspan(at));
    if (!coded) return fail(name, "has a size that is cut off or too large");
    at += coded->length;
    if (coded->value > data.size() - at) {
      return fail(name, claims_too_much(coded->value, data.size() - at));
    }
    size = coded->value;
  }
  obu.bytes = data.first(at + size);
  obu.payload = data.subspan(at, size);
  return obu;
}

ObuReader::ObuReader(std::span<const uint8_t> packet, ObuFraming framing)
    : packet_(packet), framing_(framing) {
  if (framing == ObuFraming::AnnexBFrame) temporal_unit_end_ = packet.size();
  if (framing == ObuFraming::AnnexBObu) temporal_unit_end_ = frame_unit_end_ = packet.size();
}

std::expected<std::optional<Obu>, ObuError> ObuReader::next() {
  return framing_ == ObuFraming::Section5 ? next_section5() : next_annexb();
}

std::expected<std::optional<Obu>, ObuError> ObuReader::next_section5() {
  if (position_ == packet_.size()) return std::nullopt;
  auto obu = parse_obu(packet_.subspan(position_));
  if (!obu) {
    obu.error().offset = std::exchange(position_, packet_.size());
    return std::unexpected(std::move(obu.error()));
  }
  obu->offset = position_;
  position_ += obu->bytes.size();
  return *obu;
}

// Reads the size of a unit that ends at `unit_end` then. False: error_ says why not, and the
// position is behind the last byte that can be made sense of.
bool ObuReader::enter_unit(size_t& unit_end, const char* size_name) {
  // The unit that this one lies in; the packet itself for the outermost.
  const size_t limit = &unit_end == &temporal_unit_end_ ? packet_.size() : temporal_unit_end_;
  const size_t start = position_;
  const auto size = read_leb128(packet_.subspan(position_, limit - position_));
  if (!size) {
    error_ = ObuError{start, size_name, "is cut off or too large"};
  } else if (size->value > limit - position_ - size->length) {
    error_ =
        ObuError{start, size_name, claims_too_much(size->value, limit - position_ - size->length)};
  }
  position_ = error_ ? limit : position_ + size->length;
  unit_end = error_ ? limit : position_ + size->value;
  return !error_;
}

std::expected<std::optional<Obu>, ObuError> ObuReader::next_annexb() {
  const auto fail = [this] { return std::unexpected(*std::exchange(error_, std::nullopt)); };
  while (position_ == frame_unit_end_) {
    if (position_ == temporal_unit_end_) {
      if (position_ == packet_.size()) return std::nullopt;
      if (!enter_unit(temporal_unit_end_, "temporal_unit_size")) {
        frame_unit_end_ = position_;
        return fail();
      }
      frame_unit_end_ = position_;
      continue;
    }
    if (!enter_unit(frame_unit_end_, "frame_unit_size")) return fail();
  }
  const auto unit = packet_.subspan(position_, frame_unit_end_ - position_);
  const auto length = read_leb128(unit);
  if (!length || length->value > unit.size() - length->length) {
    error_ = ObuError{position_, "obu_length",
                      length ? claims_too_much(length->value, unit.size() - length->length)
                             : "is cut off or too large"};
    position_ = frame_unit_end_;
    return fail();
  }
  const size_t start = position_ + length->length;
  position_ = start + length->value;
  auto obu = parse_obu(packet_.subspan(start, length->value));
  if (!obu) {
    obu.error().offset = start;
    return std::unexpected(std::move(obu.error()));
  }
  obu->offset = start;
  return *obu;
}

TemporalUnits split_section5(std::span<const uint8_t> file) {
  TemporalUnits split;
  size_t start = 0;
  const auto end_unit = [&](size_t end) {
    if (end > start) split.units.push_back({start, file.subspan(start, end - start)});
    start = end;
  };
  ObuReader reader(file, ObuFraming::Section5);
  for (;;) {
    auto obu = reader.next();
    if (!obu) split.error = std::move(obu.error());
    if (!obu || !*obu) break;
    if ((*obu)->type == ObuType::TemporalDelimiter) end_unit((*obu)->offset);
  }
  end_unit(file.size());
  return split;
}

TemporalUnits split_annexb(std::span<const uint8_t> file) {
  TemporalUnits split;
  for (size_t at = 0; at < file.size();) {
    const auto rest = file.subspan(at);
    const auto size = read_leb128(rest);
    size_t length = rest.size();
    if (!size) {
      split.error = ObuError{at, "temporal_unit_size", "is cut off or too large"};
    } else if (size->value > rest.size() - size->length) {
      split.error = ObuError{at, "temporal_unit_size",
                             claims_too_much(size->value, rest.size() - size->length)};
    } else {
      length = size->length + size->value;
    }
    split.units.push_back({at, rest.first(length)});
    at += length;
  }
  return split;
}

}  // namespace av1hw
