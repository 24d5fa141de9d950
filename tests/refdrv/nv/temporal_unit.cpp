// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts a temporal unit together as NVENC writes it, from what libaom coded.
#include "refdrv/nv/temporal_unit.h"

#include "refdrv/nv/parser/obu.h"

namespace refdrv::nv {

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t has_size_flag = 0x02;
constexpr uint8_t has_extension_flag = 0x04;
constexpr uint8_t trailing_bits = 0x80;
constexpr unsigned type_shift = 3;
constexpr size_t padding_overhead = 4;  // its header, size and trailing bits

void append(Bytes& out, std::span<const uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// One OBU, without its size.
struct Unsized {
  ObuType type = ObuType::Padding;
  Bytes header;
  Bytes payload;
};

Unsized obu_of(const Obu& read) {
  Unsized obu{.type = read.type, .header = {}, .payload = {}};
  obu.header.push_back(static_cast<uint8_t>(read.whole[0] & ~has_size_flag));
  if (read.whole[0] & has_extension_flag) obu.header.push_back(read.whole[1]);
  append(obu.payload, read.payload);
  return obu;
}

Unsized made(ObuType type, Bytes payload = {}) {
  return {.type = type,
          .header = {static_cast<uint8_t>(static_cast<unsigned>(type) << type_shift)},
          .payload = std::move(payload)};
}

Unsized metadata_obu(const Metadata& metadata) {
  Bytes payload;
  put_leb128(payload, metadata.type);
  append(payload, metadata.payload);
  payload.push_back(trailing_bits);
  return made(ObuType::Metadata, std::move(payload));
}

Result<> read_all(std::vector<Unsized>& obus, std::span<const uint8_t> bytes, bool frames_only) {
  ObuReader reader(bytes, false);
  while (true) {
    const auto obu = reader.next();
    if (!obu) return std::unexpected(obu.error());
    if (!*obu) return {};
    const bool is_header =
        (*obu)->type == ObuType::TemporalDelimiter || (*obu)->type == ObuType::SequenceHeader;
    if (!frames_only || !is_header) obus.push_back(obu_of(**obu));
  }
}

Bytes low_overhead(const std::vector<Unsized>& obus) {
  Bytes out;
  for (const auto& obu : obus) {
    append(out, obu.header);
    out[out.size() - obu.header.size()] |= has_size_flag;
    put_leb128(out, obu.payload.size());
    append(out, obu.payload);
  }
  return out;
}

// temporal_unit(): a frame unit ends with its frame.
Bytes length_delimited(const std::vector<Unsized>& obus) {
  Bytes frame_units;
  Bytes unit;
  const auto end_unit = [&] {
    if (unit.empty()) return;
    put_leb128(frame_units, unit.size());
    append(frame_units, unit);
    unit.clear();
  };
  for (const auto& obu : obus) {
    put_leb128(unit, obu.header.size() + obu.payload.size());
    append(unit, obu.header);
    append(unit, obu.payload);
    if (obu.type == ObuType::Frame || obu.type == ObuType::FrameHeader) end_unit();
  }
  end_unit();
  Bytes out;
  put_leb128(out, frame_units.size());
  append(out, frame_units);
  return out;
}

}  // namespace

void put_leb128(std::vector<uint8_t>& out, size_t value) {
  do {
    const auto low = static_cast<uint8_t>(value & 0x7f);
    value >>= 7;
    out.push_back(value > 0 ? low | 0x80 : low);
  } while (value > 0);
}

Result<std::vector<uint8_t>> write_temporal_unit(std::span<const uint8_t> coded,
                                                 const UnitLayout& layout) {
  std::vector<Unsized> obus;
  obus.push_back(made(ObuType::TemporalDelimiter));
  if (const auto read = read_all(obus, layout.sequence_header, false); !read) {
    return std::unexpected(read.error());
  }
  for (const auto& metadata : layout.metadata) obus.push_back(metadata_obu(metadata));
  if (const auto read = read_all(obus, coded, true); !read) return std::unexpected(read.error());
  const size_t size = low_overhead(obus).size();
  if (size + padding_overhead < layout.padded_size) {
    Bytes padding(layout.padded_size - size - padding_overhead);
    padding.push_back(trailing_bits);
    obus.push_back(made(ObuType::Padding, std::move(padding)));
  }
  return layout.annexb ? length_delimited(obus) : low_overhead(obus);
}

}  // namespace refdrv::nv
