// SPDX-License-Identifier: LGPL-2.1-or-later
// metadata_obu() (AV1 specification 5.8): HDR light levels, mastering display, T.35 and the like.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/result.h"

namespace av1hw {

struct HdrCll {
  uint16_t max_cll = 0;   // cd/m2
  uint16_t max_fall = 0;  // cd/m2

  bool operator==(const HdrCll&) const = default;
};

struct Chromaticity {
  uint16_t x = 0;  // CIE 1931, in 1/65536
  uint16_t y = 0;

  bool operator==(const Chromaticity&) const = default;
};

struct HdrMdcv {
  std::array<Chromaticity, 3> primaries;  // red, green, blue
  Chromaticity white_point;
  uint32_t luminance_max = 0;  // in 1/256 cd/m2
  uint32_t luminance_min = 0;  // in 1/16384 cd/m2

  bool operator==(const HdrMdcv&) const = default;
};

struct MetadataItuT35 {
  // From itu_t_t35_country_code on, without the OBU's trailing bits; at least that one byte.
  std::vector<uint8_t> bytes;

  bool operator==(const MetadataItuT35&) const = default;
};

// scalability_mode_idc (6.7.5): one spatial layer, and two or three temporal ones.
constexpr uint8_t scalability_l1t2 = 0;
constexpr uint8_t scalability_l1t3 = 1;
constexpr uint8_t scalability_ss = 14;  // described by a structure of its own

struct Scalability {
  uint8_t mode_idc = scalability_l1t2;

  bool operator==(const Scalability&) const = default;
};

struct Timecode {
  uint8_t counting_type = 0;
  bool full_timestamp = false;
  bool discontinuity = false;
  bool cnt_dropped = false;
  uint16_t n_frames = 0;
  uint8_t seconds = 0;
  uint8_t minutes = 0;
  uint8_t hours = 0;
  int32_t time_offset_value = 0;

  bool operator==(const Timecode&) const = default;
};

// Of a type that is reserved or for private use: nothing that a decoder must know.
struct UnknownMetadata {
  uint32_t metadata_type = 0;

  bool operator==(const UnknownMetadata&) const = default;
};

using MetadataObu =
    std::variant<HdrCll, HdrMdcv, Scalability, MetadataItuT35, Timecode, UnknownMetadata>;

// Parses an OBU_METADATA's payload. InvalidData: it is cut off.
Result<MetadataObu> parse_metadata(std::span<const uint8_t> payload);

// Whole OBU_METADATAs with a size field, to go behind the sequence header (light levels, mastering
// display, scalability: any mode but scalability_ss) or before a frame (T.35: country code first,
// not empty).
std::vector<uint8_t> write_metadata(const HdrCll& cll);
std::vector<uint8_t> write_metadata(const HdrMdcv& mdcv);
std::vector<uint8_t> write_metadata(const Scalability& scalability);
std::vector<uint8_t> write_itu_t35_metadata(std::span<const uint8_t> bytes);

}  // namespace av1hw
