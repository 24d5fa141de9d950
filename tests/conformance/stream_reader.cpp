// SPDX-License-Identifier: LGPL-2.1-or-later
// Readers of IVF, section 5 and annex B files.
#include "stream_reader.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace av1hw::conformance {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr unsigned obu_temporal_delimiter = 2;

uint32_t little_endian(Bytes bytes, size_t at, unsigned count) {
  uint32_t value = 0;
  for (unsigned i = 0; i < count; i++) value |= uint32_t{bytes[at + i]} << (8 * i);
  return value;
}

// AV1 specification, 4.10.5. Moves `bytes` behind the number.
std::optional<size_t> take_leb128(Bytes& bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < 8 && i < bytes.size(); i++) {
    value |= uint64_t{bytes[i] & 0x7fu} << (7 * i);
    if (bytes[i] & 0x80) continue;
    bytes = bytes.subspan(i + 1);
    if (value > UINT32_MAX) return std::nullopt;
    return static_cast<size_t>(value);
  }
  return std::nullopt;
}

unsigned obu_type(uint8_t header) { return header >> 3 & 15; }

std::vector<Bytes> cut_ivf(Bytes file) {
  std::vector<Bytes> units;
  constexpr size_t ivf_frame_header_size = 12;
  size_t at = file.size() >= 32 ? little_endian(file, 6, 2) : file.size();
  while (at + ivf_frame_header_size <= file.size()) {
    size_t size = little_endian(file, at, 4);
    at += ivf_frame_header_size;
    // A file that was cut short still gives what is there.
    size = std::min(size, file.size() - at);
    if (size > 0) units.push_back(file.subspan(at, size));
    at += size;
  }
  return units;
}

// Section 5.2: OBUs one after the other, each with its size. A unit begins with a delimiter.
std::optional<std::vector<Bytes>> cut_section5(Bytes file) {
  std::vector<Bytes> units;
  size_t unit_begin = 0, at = 0;
  while (at < file.size()) {
    uint8_t header = file[at];
    bool has_extension = header & 4, has_size = header & 2;
    Bytes rest = file.subspan(std::min(at + 1 + has_extension, file.size()));
    std::optional<size_t> size = take_leb128(rest);
    if (header & 0x80 || !has_size || !size || *size > rest.size()) return std::nullopt;
    bool delimiter = obu_type(header) == obu_temporal_delimiter;
    if (at == 0 && (!delimiter || *size != 0)) return std::nullopt;
    if (at > 0 && delimiter) {
      units.push_back(file.subspan(unit_begin, at - unit_begin));
      unit_begin = at;
    }
    at = file.size() - (rest.size() - *size);
  }
  units.push_back(file.subspan(unit_begin));
  return units;
}

// Does this temporal unit consist of frame units, and these of OBUs, to the last byte? (Annex B)
bool is_annexb_unit(Bytes unit) {
  bool first = true;
  while (!unit.empty()) {
    std::optional<size_t> frame_size = take_leb128(unit);
    if (!frame_size || *frame_size > unit.size()) return false;
    Bytes frame = unit.first(*frame_size);
    unit = unit.subspan(*frame_size);
    while (!frame.empty()) {
      std::optional<size_t> obu_size = take_leb128(frame);
      if (!obu_size || *obu_size == 0 || *obu_size > frame.size()) return false;
      if (first && obu_type(frame[0]) != obu_temporal_delimiter) return false;
      first = false;
      frame = frame.subspan(*obu_size);
    }
  }
  return !first;
}

// Annex B: the units keep the size that they begin with, as GStreamer's annexb caps want it.
std::optional<std::vector<Bytes>> cut_annexb(Bytes file) {
  std::vector<Bytes> units;
  Bytes rest = file;
  while (!rest.empty()) {
    size_t begin = file.size() - rest.size();
    std::optional<size_t> size = take_leb128(rest);
    if (!size || *size > rest.size() || !is_annexb_unit(rest.first(*size))) return std::nullopt;
    rest = rest.subspan(*size);
    units.push_back(file.subspan(begin, file.size() - rest.size() - begin));
  }
  return units;
}

}  // namespace

Result<Stream> cut_stream(std::vector<uint8_t> bytes) {
  Stream stream;
  stream.bytes = std::move(bytes);
  Bytes file = stream.bytes;
  if (file.size() >= 4 && std::memcmp(file.data(), "DKIF", 4) == 0) {
    stream.units = cut_ivf(file);
  } else if (auto section5 = cut_section5(file); section5 && !file.empty()) {
    stream.container = Container::Section5;
    stream.units = std::move(*section5);
  } else if (auto annexb = cut_annexb(file); annexb && !file.empty()) {
    stream.container = Container::AnnexB;
    stream.units = std::move(*annexb);
  } else {
    return fail(ErrorCode::InvalidData, "neither IVF nor OBUs (section 5 or annex B)");
  }
  return stream;
}

Result<Stream> read_stream(const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) return fail(ErrorCode::Unavailable, "cannot read " + file);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(input), {}};
  return cut_stream(std::move(bytes));
}

}  // namespace av1hw::conformance
