// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver made of a picture: checked, and without what is not the picture's.
#include "vaapi/coded_frame.h"

#include <algorithm>
#include <format>
#include <span>

#include "av1/obu.h"

namespace av1hw {
namespace {

// A driver's list that has more is a ring.
constexpr unsigned most_segments = 1024;

Result<> check_status(uint32_t status) {
  if (status & VA_CODED_BUF_STATUS_BAD_BITSTREAM)
    return fail(ErrorCode::Failed, "the VA driver says of a picture that it is corrupt");
  if (status & VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK) {
    return fail(ErrorCode::Failed,
                "a picture came out larger than the buffer that the VA driver was given for it");
  }
  return {};
}

// The bytes of all segments, after what `capacity` allows.
Result<size_t> size_of(const VACodedBufferSegment* segments, size_t capacity) {
  size_t size = 0;
  unsigned count = 0;
  for (const auto* segment = segments; segment;
       segment = static_cast<const VACodedBufferSegment*>(segment->next)) {
    if (const Result<> sane = check_status(segment->status); !sane)
      return std::unexpected(sane.error());
    if (++count > most_segments) {
      return fail(
          ErrorCode::Failed,
          std::format("the VA driver claims more than {} segments of a picture", most_segments));
    }
    if (segment->size == 0) continue;
    if (!segment->buf || segment->bit_offset % 8 != 0 || segment->bit_offset / 8 > segment->size ||
        segment->size > capacity - size) {
      return fail(ErrorCode::Failed,
                  std::format("the VA driver claims {} bytes of a picture in a buffer of {}",
                              segment->size, capacity));
    }
    size += segment->size;
  }
  return size;
}

Result<std::vector<uint8_t>> joined(const VACodedBufferSegment* segments, size_t capacity) {
  const Result<size_t> size = size_of(segments, capacity);
  if (!size) return std::unexpected(size.error());
  std::vector<uint8_t> bytes;
  bytes.reserve(*size);
  for (const auto* segment = segments; segment;
       segment = static_cast<const VACodedBufferSegment*>(segment->next)) {
    if (segment->size == 0) continue;
    const std::span data(static_cast<const uint8_t*>(segment->buf), segment->size);
    bytes.insert(bytes.end(), data.begin() + segment->bit_offset / 8, data.end());
  }
  return bytes;
}

bool is_frame(ObuType type) {
  return type == ObuType::Frame || type == ObuType::FrameHeader || type == ObuType::TileGroup;
}

// Padding that is no OBU.
bool is_zero(std::span<const uint8_t> rest) {
  for (const uint8_t byte : rest) {
    if (byte != 0) return false;
  }
  return true;
}

}  // namespace

// What is not the picture's is cut out of the one copy that is made.
Result<std::vector<uint8_t>> va_coded_frame(const VACodedBufferSegment* segments, size_t capacity) {
  Result<std::vector<uint8_t>> bytes = joined(segments, capacity);
  if (!bytes) return bytes;
  size_t kept = 0;
  bool has_tiles = false;
  std::span<uint8_t> rest = *bytes;
  while (!rest.empty()) {
    const std::expected<Obu, ObuError> obu = parse_obu(rest);
    if (!obu || !obu->has_size_field) {
      if (is_zero(rest)) break;
      return fail(ErrorCode::Failed, "the VA driver's picture is damaged: " +
                                         (obu ? std::string("an OBU has no size")
                                              : obu.error().describe(bytes->size() - rest.size())));
    }
    const std::span<uint8_t> whole = rest.first(obu->bytes.size());
    rest = rest.subspan(whole.size());
    if (!is_frame(obu->type)) continue;
    has_tiles |= obu->type != ObuType::FrameHeader;
    if (whole.data() != bytes->data() + kept) std::ranges::copy(whole, bytes->begin() + kept);
    kept += whole.size();
  }
  if (!has_tiles) return fail(ErrorCode::Failed, "the VA driver made nothing of a picture");
  bytes->resize(kept);
  return bytes;
}

}  // namespace av1hw
