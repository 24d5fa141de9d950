// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts a coded picture together: packed headers, the frame header, tile groups.
#include "refdrv/va/coded_buffer.h"

#include <algorithm>
#include <format>
#include <utility>

#include "refdrv/resynth/bit_writer.h"

namespace refdrv::va {

namespace {

// tile_group_obu() of tiles `first` to `last` (specification, 5.11.1).
Result<std::vector<uint8_t>> tile_group(const nv::FrameHeader& frame, const EncodedFrame& coded,
                                        size_t first, size_t last) {
  BitWriter header;
  if (coded.tiles.size() > 1) {
    const bool part = first != 0 || last + 1 != coded.tiles.size();
    const unsigned bits = frame.tile_cols_log2 + frame.tile_rows_log2;
    header.flag(part);
    if (part) {
      header.f(bits, static_cast<uint32_t>(first));
      header.f(bits, static_cast<uint32_t>(last));
    }
    header.align();
  }
  std::vector<uint8_t> group = header.bytes();
  for (size_t tile = first; tile <= last; tile++) {
    const auto& range = coded.tiles[tile];
    if (tile != last) {
      const size_t coded_size = range.size - 1;
      if (coded_size >> (8 * frame.tile_size_bytes) != 0) {
        return fault(Fault::System, std::format("a tile of {} bytes is above TileSizeBytes {}",
                                                range.size, frame.tile_size_bytes));
      }
      for (unsigned i = 0; i < frame.tile_size_bytes; i++) {
        group.push_back(static_cast<uint8_t>(coded_size >> (8 * i)));
      }
    }
    const auto data = std::span(coded.tile_group).subspan(range.offset, range.size);
    group.insert(group.end(), data.begin(), data.end());
  }
  return group;
}

}  // namespace

// leb128 of a fixed length, as devices write it.
void CodedWriter::add_size(size_t size) {
  for (unsigned i = 1; size > 0x7f || i < size_bytes_; i++) {
    bytes_.push_back(static_cast<uint8_t>((size & 0x7f) | 0x80));
    size >>= 7;
  }
  bytes_.push_back(static_cast<uint8_t>(size));
}

void CodedWriter::add(std::span<const uint8_t> obu) {
  bytes_.insert(bytes_.end(), obu.begin(), obu.end());
  ends_.push_back(bytes_.size());
}

void CodedWriter::add(const PackedObu& like, std::span<const uint8_t> payload) {
  const auto header = like.whole.first(like.size_offset);
  bytes_.insert(bytes_.end(), header.begin(), header.end());
  add_size(payload.size());
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  ends_.push_back(bytes_.size());
}

Result<> CodedWriter::add_frame(const PackedObu& like, const HeaderBits& header,
                                const nv::FrameHeader& frame, const EncodedFrame& coded) {
  std::vector<uint8_t> payload = header.bytes;
  if (like.type == nv::ObuType::Frame) {
    const auto group = tile_group(frame, coded, 0, coded.tiles.size() - 1);
    if (!group) return std::unexpected(group.error());
    payload.insert(payload.end(), group->begin(), group->end());
  } else if (header.bits % 8 == 0) {
    payload.push_back(0x80);
  } else {
    patch_bits(payload, header.bits, 1, 1);
  }
  add(like, payload);
  return {};
}

Result<> CodedWriter::add_tile_groups(const VAEncPictureParameterBufferAV1& params,
                                      std::span<const VAEncTileGroupBufferAV1> groups,
                                      const nv::FrameHeader& frame, const EncodedFrame& coded) {
  const auto& info = params.tile_group_obu_hdr_info.bits;
  for (const auto& group : groups) {
    const auto payload = tile_group(frame, coded, group.tg_start, group.tg_end);
    if (!payload) return std::unexpected(payload.error());
    BitWriter header;
    header.f(1, 0);
    header.f(4, static_cast<uint32_t>(nv::ObuType::TileGroup));
    header.flag(info.obu_extension_flag);
    header.flag(true);  // obu_has_size_field
    header.f(1, 0);
    if (info.obu_extension_flag) {
      header.f(3, info.temporal_id);
      header.f(2, info.spatial_id);
      header.f(3, 0);
    }
    bytes_.insert(bytes_.end(), header.bytes().begin(), header.bytes().end());
    add_size(payload->size());
    bytes_.insert(bytes_.end(), payload->begin(), payload->end());
    ends_.push_back(bytes_.size());
  }
  return {};
}

CodedData CodedWriter::take(size_t capacity, bool segment_per_obu) {
  CodedData data;
  data.bytes = std::exchange(bytes_, {});
  if (data.bytes.size() > capacity) {
    data.bytes.resize(capacity);
    data.status |= VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK;
  }
  size_t begin = 0;
  for (const size_t end : std::exchange(ends_, {})) {
    const size_t clipped = std::min(end, data.bytes.size());
    if (!segment_per_obu || clipped == begin) continue;
    data.segment_sizes.push_back(clipped - begin);
    begin = clipped;
  }
  if (begin < data.bytes.size()) data.segment_sizes.push_back(data.bytes.size() - begin);
  return data;
}

VACodedBufferSegment* map_segments(CodedData& data) {
  data.segments.assign(std::max<size_t>(data.segment_sizes.size(), 1), {});
  size_t offset = 0;
  for (size_t i = 0; i < data.segment_sizes.size(); i++) {
    VACodedBufferSegment& segment = data.segments[i];
    segment.size = static_cast<uint32_t>(data.segment_sizes[i]);
    segment.status = data.status;
    segment.buf = data.bytes.data() + offset;
    segment.next = i + 1 < data.segment_sizes.size() ? &data.segments[i + 1] : nullptr;
    offset += segment.size;
  }
  return data.segments.data();
}

}  // namespace refdrv::va
