// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts a packet into open bitstream units (specification, sections 5.3 and B.2).
#include "refdrv/nv/parser/obu.h"

#include <format>

namespace refdrv::nv {

// 4.10.5: no more than eight bytes, and no number above 32 bits.
Result<size_t> ObuReader::leb128(std::span<const uint8_t>& from) const {
  uint64_t value = 0;
  for (unsigned i = 0; i < 8; i++) {
    if (i >= from.size()) return fault(Fault::Stream, "a leb128 number is cut off");
    value |= static_cast<uint64_t>(from[i] & 0x7f) << (7 * i);
    if (from[i] & 0x80) continue;
    from = from.subspan(i + 1);
    if (value > UINT32_MAX) break;
    return static_cast<size_t>(value);
  }
  return fault(Fault::Stream, "a leb128 number is above 32 bits");
}

// Opens units as they begin, and says how long the next OBU is.
Result<size_t> ObuReader::annexb_length() {
  const auto sized = [&](size_t& within) -> Result<size_t> {
    const size_t before = rest_.size();
    const auto size = leb128(rest_);
    if (!size) return size;
    const size_t coded = before - rest_.size();
    if (coded > within || *size > within - coded) {
      return fault(Fault::Stream,
                   std::format("a unit of {} bytes does not fit into its own", *size));
    }
    within -= coded + *size;
    return *size;
  };
  if (temporal_unit_ == 0 && frame_unit_ == 0) {
    size_t packet = rest_.size();
    const auto size = sized(packet);
    if (!size) return size;
    temporal_unit_ = *size;
  }
  if (frame_unit_ == 0) {
    const auto size = sized(temporal_unit_);
    if (!size) return size;
    frame_unit_ = *size;
  }
  return sized(frame_unit_);
}

Result<std::optional<Obu>> ObuReader::next() {
  if (rest_.empty()) return std::nullopt;
  size_t length = rest_.size();
  if (annexb_) {
    const auto coded = annexb_length();
    if (!coded) return std::unexpected(coded.error());
    length = *coded;
  }
  if (length == 0) return fault(Fault::Stream, "an OBU without a header");
  std::span<const uint8_t> bytes = rest_.first(length);
  const uint8_t header = bytes[0];
  if (header & 0x80) return fault(Fault::Stream, "obu_forbidden_bit is set");
  Obu obu;
  obu.type = static_cast<ObuType>(header >> 3 & 15);
  obu.has_extension = (header & 4) != 0;
  const bool has_size = (header & 2) != 0;
  bytes = bytes.subspan(1);
  if (obu.has_extension) {
    if (bytes.empty()) return fault(Fault::Stream, "an OBU header is cut off");
    obu.temporal_id = bytes[0] >> 5;
    obu.spatial_id = bytes[0] >> 3 & 3;
    bytes = bytes.subspan(1);
  }
  if (!has_size && !annexb_) return fault(Fault::Stream, "an OBU does not tell its size");
  if (has_size) {
    const auto size = leb128(bytes);
    if (!size) return std::unexpected(size.error());
    if (*size > bytes.size()) {
      return fault(Fault::Stream,
                   std::format("an OBU of {} bytes, where {} are left", *size, bytes.size()));
    }
    bytes = bytes.first(*size);
  }
  obu.payload = bytes;
  const auto end = static_cast<size_t>(bytes.data() + bytes.size() - rest_.data());
  obu.whole = rest_.first(annexb_ ? length : end);
  rest_ = rest_.subspan(obu.whole.size());
  return obu;
}

}  // namespace refdrv::nv
