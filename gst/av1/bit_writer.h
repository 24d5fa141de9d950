// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes the descriptors of the AV1 specification (4.10), most significant bit first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace av1hw {

class BitWriter {
 public:
  // `bytes`: what it makes room for; it takes more.
  explicit BitWriter(size_t bytes = 64) { bytes_.reserve(bytes); }

  void flag(bool value) { bits(value ? 1 : 0, 1); }
  // f(n), n = 0..32; higher bits of `value` are ignored.
  void bits(uint32_t value, unsigned n) {
    const auto used = static_cast<unsigned>(position_ % 8);
    if (used == 0 || n > 8 - used) return bits_beyond(value, n);
    const uint32_t low = value & ((1U << n) - 1);
    bytes_.back() |= static_cast<uint8_t>(low << (8 - used - n));
    position_ += n;
  }
  void su(int32_t value, unsigned n);       // su(n), n = 1..32
  void ns(uint32_t value, uint32_t n);      // ns(n), value < n
  void uvlc(uint32_t value);                // uvlc(), value < 2^32-1
  void le(uint32_t value, unsigned bytes);  // le(n), n = 1..4
  void leb128(uint32_t value);              // leb128() in as few bytes as it takes
  void append(std::span<const uint8_t> bytes);
  void trailing_bits();  // a one, then zeros to the next byte (5.3.4)
  void align();          // zeros to the next byte

  size_t position() const { return position_; }  // in bits
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  std::vector<uint8_t> take() &&;

 private:
  void bits_beyond(uint32_t value, unsigned n);

  std::vector<uint8_t> bytes_;
  size_t position_ = 0;
};

}  // namespace av1hw
