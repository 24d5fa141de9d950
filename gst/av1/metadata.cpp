// SPDX-License-Identifier: LGPL-2.1-or-later
// metadata_obu() (AV1 specification 5.8): HDR light levels, mastering display, T.35 and the like.
#include "av1/metadata.h"

#include "av1/bit_reader.h"
#include "av1/bit_writer.h"
#include "av1/obu_writer.h"

namespace av1hw {
namespace {

// metadata_type (6.7.1)
enum MetadataType : uint32_t {
  METADATA_TYPE_HDR_CLL = 1,
  METADATA_TYPE_HDR_MDCV = 2,
  METADATA_TYPE_SCALABILITY = 3,
  METADATA_TYPE_ITUT_T35 = 4,
  METADATA_TYPE_TIMECODE = 5,
};

uint16_t read_u16(BitReader& r) { return static_cast<uint16_t>(r.bits(16)); }

HdrCll parse_hdr_cll(BitReader& r) {
  HdrCll cll;
  cll.max_cll = read_u16(r);
  cll.max_fall = read_u16(r);
  return cll;
}

Chromaticity parse_chromaticity(BitReader& r) {
  Chromaticity point;
  point.x = read_u16(r);
  point.y = read_u16(r);
  return point;
}

HdrMdcv parse_hdr_mdcv(BitReader& r) {
  HdrMdcv mdcv;
  for (Chromaticity& primary : mdcv.primaries) primary = parse_chromaticity(r);
  mdcv.white_point = parse_chromaticity(r);
  mdcv.luminance_max = r.bits(32);
  mdcv.luminance_min = r.bits(32);
  return mdcv;
}

// 5.8.7: without a full timestamp each of the three is there only where the next larger may be.
void parse_clock(BitReader& r, Timecode& code) {
  if (!code.full_timestamp && !r.flag()) return;
  code.seconds = static_cast<uint8_t>(r.bits(6));
  if (!code.full_timestamp && !r.flag()) return;
  code.minutes = static_cast<uint8_t>(r.bits(6));
  if (!code.full_timestamp && !r.flag()) return;
  code.hours = static_cast<uint8_t>(r.bits(5));
}

Timecode parse_timecode(BitReader& r) {
  Timecode code;
  code.counting_type = static_cast<uint8_t>(r.bits(5));
  code.full_timestamp = r.flag();
  code.discontinuity = r.flag();
  code.cnt_dropped = r.flag();
  code.n_frames = static_cast<uint16_t>(r.bits(9));
  parse_clock(r, code);
  const unsigned offset_length = r.bits(5);
  if (offset_length > 0) code.time_offset_value = r.su(offset_length);
  return code;
}

// The payload bytes have no length of their own: they end where the trailing bits begin, that is
// before the last byte that is not zero (its one bit is the trailing one bit).
MetadataItuT35 parse_itu_t35(std::span<const uint8_t> rest) {
  while (!rest.empty() && rest.back() == 0) rest = rest.first(rest.size() - 1);
  if (!rest.empty()) rest = rest.first(rest.size() - 1);
  return {{rest.begin(), rest.end()}};
}

MetadataObu parse_body(uint32_t type, std::span<const uint8_t> rest, BitReader& r) {
  switch (type) {
  case METADATA_TYPE_HDR_CLL: return parse_hdr_cll(r);
  case METADATA_TYPE_HDR_MDCV: return parse_hdr_mdcv(r);
  case METADATA_TYPE_SCALABILITY: return Scalability{static_cast<uint8_t>(r.bits(8))};
  case METADATA_TYPE_ITUT_T35: return parse_itu_t35(rest);
  case METADATA_TYPE_TIMECODE: return parse_timecode(r);
  default: return UnknownMetadata{type};
  }
}

std::vector<uint8_t> finish(BitWriter& w) {
  w.trailing_bits();
  return write_obu(ObuType::Metadata, w.bytes());
}

void write_chromaticity(BitWriter& w, const Chromaticity& point) {
  w.bits(point.x, 16);
  w.bits(point.y, 16);
}

}  // namespace

Result<MetadataObu> parse_metadata(std::span<const uint8_t> payload) {
  const auto cut_off = [] { return fail(ErrorCode::InvalidData, "OBU_METADATA: is cut off"); };
  const auto type = read_leb128(payload);
  if (!type) return cut_off();
  const auto rest = payload.subspan(type->length);
  BitReader r(rest);
  const MetadataObu metadata = parse_body(type->value, rest, r);
  const auto* t35 = std::get_if<MetadataItuT35>(&metadata);
  if (r.failed() || (t35 != nullptr && t35->bytes.empty())) return cut_off();
  return metadata;
}

std::vector<uint8_t> write_metadata(const HdrCll& cll) {
  BitWriter w;
  w.leb128(METADATA_TYPE_HDR_CLL);
  w.bits(cll.max_cll, 16);
  w.bits(cll.max_fall, 16);
  return finish(w);
}

std::vector<uint8_t> write_metadata(const HdrMdcv& mdcv) {
  BitWriter w;
  w.leb128(METADATA_TYPE_HDR_MDCV);
  for (const Chromaticity& primary : mdcv.primaries) write_chromaticity(w, primary);
  write_chromaticity(w, mdcv.white_point);
  w.bits(mdcv.luminance_max, 32);
  w.bits(mdcv.luminance_min, 32);
  return finish(w);
}

std::vector<uint8_t> write_metadata(const Scalability& scalability) {
  BitWriter w;
  w.leb128(METADATA_TYPE_SCALABILITY);
  w.bits(scalability.mode_idc, 8);
  return finish(w);
}

std::vector<uint8_t> write_itu_t35_metadata(std::span<const uint8_t> bytes) {
  BitWriter w;
  w.leb128(METADATA_TYPE_ITUT_T35);
  w.append(bytes);
  return finish(w);
}

}  // namespace av1hw
