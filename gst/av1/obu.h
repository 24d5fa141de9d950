// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds the OBUs of a packet and the temporal units of a file (specification 5.3 and annex B).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace av1hw {

// obu_type (6.2.2). The values that have no name here are reserved: decoders skip such OBUs.
enum class ObuType : uint8_t {
  SequenceHeader = 1,
  TemporalDelimiter = 2,
  FrameHeader = 3,
  TileGroup = 4,
  Metadata = 5,
  Frame = 6,
  RedundantFrameHeader = 7,
  TileList = 8,
  Padding = 15,
};

// The specification's name ("OBU_FRAME"); "reserved OBU" for a type that has none.
const char* obu_type_name(ObuType type);

// What a packet consists of.
enum class ObuFraming : uint8_t {
  Section5,            // OBUs one after the other, each but the last with its size
  AnnexBTemporalUnit,  // temporal_unit_size, frame_unit_size and obu_length before what they
                       // measure
  AnnexBFrame,         // frame_unit_size and obu_length
  AnnexBObu,           // obu_length
};

struct Obu {
  ObuType type = ObuType::Padding;
  uint8_t temporal_id = 0;
  uint8_t spatial_id = 0;
  bool has_extension = false;
  bool has_size_field = false;
  size_t offset = 0;                 // of the header, from the start of the packet
  std::span<const uint8_t> bytes;    // header and payload: by itself a valid section 5 packet
  std::span<const uint8_t> payload;  // with its trailing bits

  // Carries a frame header of its own (redundant ones repeat another's).
  bool starts_frame() const { return type == ObuType::FrameHeader || type == ObuType::Frame; }
  // "OBU_FRAME at byte 1234", for a packet that starts at that byte of the stream.
  std::string describe(uint64_t packet_offset) const;
};

struct ObuError {
  size_t offset = 0;    // of what is damaged, from the start of the packet
  std::string subject;  // "OBU_FRAME", "obu_length", ...
  std::string problem;  // "claims 500 bytes where 20 are left"

  // "OBU_FRAME at byte 1234: claims ...", for a packet that starts at that byte of the stream.
  std::string describe(uint64_t packet_offset) const;
};

// The OBU at the start of `data`, which ends with the OBU if that has no size of its own.
// Obu::offset is 0.
std::expected<Obu, ObuError> parse_obu(std::span<const uint8_t> data);

// Walks over the OBUs of one packet. The packet outlives the reader and the OBUs.
class ObuReader {
 public:
  ObuReader(std::span<const uint8_t> packet, ObuFraming framing);

  // The next OBU; empty at the end. After an error the next call goes on behind what was damaged
  // where the framing tells where that is (annex B), else it is the end.
  std::expected<std::optional<Obu>, ObuError> next();

 private:
  bool enter_unit(size_t& unit_end, const char* size_name);
  std::expected<std::optional<Obu>, ObuError> next_section5();
  std::expected<std::optional<Obu>, ObuError> next_annexb();

  std::span<const uint8_t> packet_;
  ObuFraming framing_;
  size_t position_ = 0;
  size_t temporal_unit_end_ = 0;
  size_t frame_unit_end_ = 0;
  std::optional<ObuError> error_;
};

struct TemporalUnit {
  size_t offset = 0;                // from the start of the file
  std::span<const uint8_t> packet;  // Section5, or AnnexBTemporalUnit with its temporal_unit_size
};

struct TemporalUnits {
  std::vector<TemporalUnit> units;
  // Where the file stops making sense; the last unit then holds all that follows.
  std::optional<ObuError> error;
};

// The temporal units of a whole file. Section 5: each starts with a temporal delimiter, but that
// OBUs before the first delimiter are a unit too.
TemporalUnits split_section5(std::span<const uint8_t> file);
TemporalUnits split_annexb(std::span<const uint8_t> file);

}  // namespace av1hw
