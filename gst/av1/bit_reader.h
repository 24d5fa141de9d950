// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the descriptors of the AV1 specification (4.10), most significant bit first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace av1hw {

struct Leb128 {
  uint32_t value = 0;
  unsigned length = 0;  // bytes that it took, 1..8
};

// The leb128() at the start of `data`. Empty: it runs past the end, or takes more than 8 bytes or
// 32 bits, both of which the specification forbids.
std::optional<Leb128> read_leb128(std::span<const uint8_t> data);

// Never reads past the end: what lies there reads as zero and sets failed(), which stays set. So a
// parser may read a whole structure and ask once.
class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> data) : data_(data) {}

  bool flag() { return bits(1) != 0; }
  uint32_t bits(unsigned n);    // f(n), n = 0..32
  int32_t su(unsigned n);       // su(n), n = 1..32
  uint32_t ns(uint32_t n);      // ns(n): 0..n-1, n >= 1
  uint32_t uvlc();              // uvlc(): 32 or more leading zeros give 2^32-1
  uint32_t le(unsigned bytes);  // le(n), n = 1..4; the position must be at a byte
  uint32_t leb128();            // leb128(); the position must be at a byte
  void align();                 // to the next byte

  size_t position() const { return position_; }  // in bits
  size_t bits_left() const { return data_.size() * 8 - position_; }
  // Something was read that is not there, or was not a legal code.
  bool failed() const { return failed_; }

 private:
  std::span<const uint8_t> data_;
  size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace av1hw
