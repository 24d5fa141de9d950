// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the descriptors of the AV1 specification (4.10), most significant bit first.
#include "av1/bit_reader.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace av1hw {

std::optional<Leb128> read_leb128(std::span<const uint8_t> data) {
  uint64_t value = 0;
  for (unsigned i = 0; i < 8 && i < data.size(); i++) {
    value |= static_cast<uint64_t>(data[i] & 0x7f) << (7 * i);
    if ((data[i] & 0x80) != 0) continue;
    if (value > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    return Leb128{static_cast<uint32_t>(value), i + 1};
  }
  return std::nullopt;
}

uint32_t BitReader::bits(unsigned n) {
  const size_t end = data_.size() * 8;
  uint64_t value = 0;
  while (n > 0 && position_ < end) {
    const unsigned left = 8 - static_cast<unsigned>(position_ % 8);  // of this byte
    const unsigned taken = std::min(n, left);
    const unsigned byte = data_[position_ / 8];
    value = value << taken | (byte >> (left - taken) & ((1U << taken) - 1));
    position_ += taken;
    n -= taken;
  }
  if (n > 0) failed_ = true;
  return static_cast<uint32_t>(value << n);
}

int32_t BitReader::su(unsigned n) {
  const int64_t value = bits(n);
  const int64_t sign = int64_t{1} << (n - 1);
  return static_cast<int32_t>((value & sign) != 0 ? value - 2 * sign : value);
}

uint32_t BitReader::ns(uint32_t n) {
  const unsigned width = static_cast<unsigned>(std::bit_width(n));
  const uint64_t short_codes = (uint64_t{1} << width) - n;
  const uint64_t value = bits(width - 1);
  if (value < short_codes) return static_cast<uint32_t>(value);
  return static_cast<uint32_t>((value << 1) - short_codes + bits(1));
}

uint32_t BitReader::uvlc() {
  unsigned leading_zeros = 0;
  while (!flag()) {
    if (failed_) return 0;
    leading_zeros++;
  }
  if (leading_zeros >= 32) return std::numeric_limits<uint32_t>::max();
  return bits(leading_zeros) + ((uint32_t{1} << leading_zeros) - 1);
}

uint32_t BitReader::le(unsigned bytes) {
  uint32_t value = 0;
  for (unsigned i = 0; i < bytes; i++) value |= bits(8) << (8 * i);
  return value;
}

uint32_t BitReader::leb128() {
  const auto code = read_leb128(data_.subspan((position_ + 7) / 8));
  if (!code) {
    failed_ = true;
    return 0;
  }
  align();
  position_ += size_t{8} * code->length;
  return code->value;
}

void BitReader::align() { position_ = (position_ + 7) / 8 * 8; }

}  // namespace av1hw
