// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes the syntax elements of AV1 (AV1 specification, 4.10).
#include "refdrv/resynth/bit_writer.h"

#include <bit>

namespace refdrv {

void BitWriter::f(unsigned bits, uint32_t value) {
  for (unsigned bit = bits; bit-- > 0;) {
    if (bit_position_ % 8 == 0) bytes_.push_back(0);
    bytes_.back() |= ((value >> bit) & 1) << (7 - bit_position_ % 8);
    ++bit_position_;
  }
}

void BitWriter::su(unsigned bits, int value) { f(bits, static_cast<uint32_t>(value)); }

void BitWriter::ns(uint32_t count, uint32_t value) {
  const unsigned width = static_cast<unsigned>(std::bit_width(count));
  const uint32_t short_codes = (1u << width) - count;
  if (value < short_codes)
    f(width - 1, value);
  else
    f(width, value + short_codes);
}

void BitWriter::increment(unsigned least, unsigned most, unsigned value) {
  for (unsigned step = least; step < value; ++step) flag(true);
  if (value < most) flag(false);
}

void BitWriter::subexp(uint32_t count, uint32_t value) {
  constexpr unsigned k = 3;
  uint32_t base = 0;
  for (unsigned i = 0;; ++i) {
    const unsigned bits = i > 0 ? k + i - 1 : k;
    const uint32_t range = 1u << bits;
    if (count <= base + 3 * range) return ns(count - base, value - base);
    const bool more = value >= base + range;
    flag(more);
    if (!more) return f(bits, value - base);
    base += range;
  }
}

namespace {

// The number that inverse_recenter(reference, number) makes `value` of.
uint32_t recenter(uint32_t reference, uint32_t value) {
  if (value > 2 * reference) return value;
  return value >= reference ? 2 * (value - reference) : 2 * (reference - value) - 1;
}

}  // namespace

void BitWriter::signed_subexp(int low, int high, int reference, int value) {
  const auto count = static_cast<uint32_t>(high - low);
  const auto r = static_cast<uint32_t>(reference - low);
  const auto v = static_cast<uint32_t>(value - low);
  subexp(count, 2 * r <= count ? recenter(r, v) : recenter(count - 1 - r, count - 1 - v));
}

void BitWriter::trailing_bits() {
  flag(true);
  align();
}

void BitWriter::align() {
  while (bit_position_ % 8 != 0) flag(false);
}

void patch_bits(std::span<uint8_t> bytes, size_t bit_position, unsigned bits, uint32_t value) {
  for (unsigned bit = bits; bit-- > 0; ++bit_position) {
    const unsigned shift = 7 - bit_position % 8;
    uint8_t& byte = bytes[bit_position / 8];
    byte = static_cast<uint8_t>((byte & ~(1u << shift)) | (((value >> bit) & 1) << shift));
  }
}

size_t append_obu(std::vector<uint8_t>& stream, ObuType type, std::span<const uint8_t> header,
                  std::span<const uint8_t> rest) {
  constexpr unsigned has_size_field = 1 << 1;
  stream.push_back(static_cast<uint8_t>(static_cast<unsigned>(type) << 3 | has_size_field));
  size_t size = header.size() + rest.size();
  do {
    stream.push_back(static_cast<uint8_t>((size & 0x7f) | (size > 0x7f ? 0x80 : 0)));
    size >>= 7;
  } while (size > 0);
  const size_t payload = stream.size();
  stream.insert(stream.end(), header.begin(), header.end());
  stream.insert(stream.end(), rest.begin(), rest.end());
  return payload;
}

}  // namespace refdrv
