// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the descriptors of the AV1 specification (section 4.10) from bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace refdrv::nv {

// Beyond the end everything is 0; `overrun` tells, once, after a whole header was read.
class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> data) : data_(data) {}

  uint32_t f(unsigned bits) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bits; i++) value = value << 1 | bit();
    return value;
  }

  bool flag() { return bit() != 0; }

  // su(n): n bits, the first of them the sign's.
  int32_t su(unsigned bits) {
    const auto value = static_cast<int32_t>(f(bits));
    const int32_t sign = int32_t{1} << (bits - 1);
    return value & sign ? value - 2 * sign : value;
  }

  // ns(n): a number below n, which need be no power of two.
  uint32_t ns(uint32_t n) {
    const auto width = static_cast<unsigned>(std::bit_width(n));
    const uint32_t short_ones = (uint32_t{1} << width) - n;
    const uint32_t value = f(width - 1);
    return value < short_ones ? value : (value << 1) - short_ones + bit();
  }

  uint32_t uvlc() {
    unsigned zeros = 0;
    while (zeros < 32 && !overrun_ && bit() == 0) zeros++;
    if (zeros >= 32) return UINT32_MAX;
    return f(zeros) + (uint32_t{1} << zeros) - 1;
  }

  // le(n): n bytes, the lowest first.
  uint32_t le(unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value |= f(8) << (8 * i);
    return value;
  }

  void align() { position_ = (position_ + 7) / 8 * 8; }
  size_t bit_position() const { return position_; }
  size_t byte_position() const { return position_ / 8; }
  bool overrun() const { return overrun_; }

 private:
  uint32_t bit() {
    if (position_ >= data_.size() * 8) {
      overrun_ = true;
      return 0;
    }
    const uint32_t value = data_[position_ / 8] >> (7 - position_ % 8) & 1U;
    position_++;
    return value;
  }

  std::span<const uint8_t> data_;
  size_t position_ = 0;  // in bits
  bool overrun_ = false;
};

}  // namespace refdrv::nv
