// SPDX-License-Identifier: LGPL-2.1-or-later
// Gathers a frame's tile groups and finds its tiles (AV1 specification 5.11.1).
#include "codec/tile_collector.h"

#include <format>

#include "av1/bit_reader.h"

namespace av1hw {
namespace {

// Offsets are 32 bits wide, and parsers count bits in as many.
constexpr size_t max_data_size = size_t{1} << 28;

}  // namespace

void TileCollector::begin(const GstAV1TileInfo& layout) {
  active_ = true;
  columns_ = layout.tile_cols;
  tile_count_ = unsigned{layout.tile_cols} * layout.tile_rows;
  tile_number_bits_ = unsigned{layout.tile_cols_log2} + layout.tile_rows_log2;
  size_bytes_ = static_cast<unsigned>(layout.tile_size_bytes_minus_1) + 1;
  tiles_.clear();
  groups_.clear();
  data_ = {};
  copied_ = false;
  copy_.clear();
}

Result<> TileCollector::add(std::span<const uint8_t> bytes) {
  TileGroup group;
  group.start = 0;
  group.end = static_cast<uint16_t>(tile_count_ - 1);
  size_t header_size = 0;
  if (tile_count_ > 1) {
    BitReader r(bytes);
    const bool start_and_end_present = r.flag();
    if (start_and_end_present) {
      group.start = static_cast<uint16_t>(r.bits(tile_number_bits_));
      group.end = static_cast<uint16_t>(r.bits(tile_number_bits_));
    }
    r.align();
    if (r.failed()) return fail(ErrorCode::InvalidData, "its tile group is cut off");
    header_size = r.position() / 8;
  }
  if (group.start != tiles_.size() || group.end < group.start || group.end >= tile_count_) {
    return fail(ErrorCode::InvalidData,
                std::format("has tiles {} to {} where tile {} of {} is due", group.start, group.end,
                            tiles_.size(), tile_count_));
  }
  const Result<uint32_t> offset = place(bytes);
  if (!offset) return std::unexpected(offset.error());
  group.offset = *offset;
  group.size = static_cast<uint32_t>(bytes.size());
  return add_tiles(group, bytes, header_size);
}

// Where the group starts in data(), which includes it from then on.
Result<uint32_t> TileCollector::place(std::span<const uint8_t> group) {
  size_t offset = 0;
  if (copied_) {
    offset = copy_.size();
  } else if (!groups_.empty()) {
    offset = static_cast<size_t>(group.data() - data_.data());
  }
  if (offset > max_data_size || group.size() > max_data_size - offset) {
    return fail(ErrorCode::InvalidData, "makes a frame of more than 256 MiB");
  }
  if (copied_) {
    copy_.insert(copy_.end(), group.begin(), group.end());
  } else {
    data_ = {group.data() - offset, offset + group.size()};
  }
  return static_cast<uint32_t>(offset);
}

Result<> TileCollector::add_tiles(const TileGroup& group, std::span<const uint8_t> bytes,
                                  size_t header_size) {
  const auto index = static_cast<uint16_t>(groups_.size());
  size_t at = header_size;
  for (unsigned number = group.start; number <= group.end; number++) {
    size_t size = bytes.size() - at;
    if (number < group.end) {
      BitReader r(bytes.subspan(at));
      const size_t coded = size_t{r.le(size_bytes_)} + 1;
      if (r.failed() || coded > size - size_bytes_) {
        return fail(ErrorCode::InvalidData,
                    std::format("tile {} claims {} bytes where {} are left", number, coded, size));
      }
      at += size_bytes_;
      size = coded;
    }
    if (size == 0) return fail(ErrorCode::InvalidData, std::format("tile {} is empty", number));
    Tile tile;
    tile.offset = group.offset + static_cast<uint32_t>(at);
    tile.size = static_cast<uint32_t>(size);
    tile.row = static_cast<uint16_t>(number / columns_);
    tile.column = static_cast<uint16_t>(number % columns_);
    tile.group = index;
    tiles_.push_back(tile);
    at += size;
  }
  groups_.push_back(group);
  return {};
}

void TileCollector::release() {
  if (active_ && !copied_) {
    copy_.assign(data_.begin(), data_.end());
    copied_ = true;
  }
  data_ = {};
}

}  // namespace av1hw
