// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes the descriptors of the AV1 specification (4.10), most significant bit first.
#include "av1/bit_writer.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace av1hw {

// Not all of them fit into what is left of the last byte.
void BitWriter::bits_beyond(uint32_t value, unsigned n) {
  while (n > 0) {
    const auto used = static_cast<unsigned>(position_ % 8);
    if (used == 0) bytes_.push_back(0);
    const unsigned now = std::min(n, 8 - used);
    const uint32_t part = value >> (n - now) & ((1U << now) - 1);
    bytes_.back() |= static_cast<uint8_t>(part << (8 - used - now));
    position_ += now;
    n -= now;
  }
}

void BitWriter::su(int32_t value, unsigned n) { bits(static_cast<uint32_t>(value), n); }

void BitWriter::ns(uint32_t value, uint32_t n) {
  const unsigned width = static_cast<unsigned>(std::bit_width(n));
  const uint64_t short_codes = (uint64_t{1} << width) - n;
  if (value < short_codes) {
    bits(value, width - 1);
  } else {
    bits(static_cast<uint32_t>(value + short_codes), width);
  }
}

void BitWriter::uvlc(uint32_t value) {
  const uint32_t coded = value + 1;
  const unsigned width = static_cast<unsigned>(std::bit_width(coded));
  bits(0, width - 1);
  bits(coded, width);
}

void BitWriter::le(uint32_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) bits(value >> (8 * i) & 0xff, 8);
}

void BitWriter::leb128(uint32_t value) {
  for (; value >= 0x80; value >>= 7) bits((value & 0x7f) | 0x80, 8);
  bits(value, 8);
}

void BitWriter::append(std::span<const uint8_t> bytes) {
  if (position_ % 8 != 0) {
    for (const uint8_t byte : bytes) bits(byte, 8);
    return;
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  position_ += 8 * bytes.size();
}

void BitWriter::trailing_bits() {
  flag(true);
  align();
}

void BitWriter::align() { position_ = (position_ + 7) / 8 * 8; }

std::vector<uint8_t> BitWriter::take() && {
  position_ = 0;
  return std::exchange(bytes_, {});
}

}  // namespace av1hw
