// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes the syntax elements of AV1 (AV1 specification, 4.10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace refdrv {

class BitWriter {
 public:
  void f(unsigned bits, uint32_t value);  // f(n): the low `bits` of value, highest first
  void flag(bool value) { f(1, value ? 1 : 0); }
  void su(unsigned bits, int value);        // su(n): two's complement
  void ns(uint32_t count, uint32_t value);  // ns(n): value < count
  // tile_log2-like increments: one bit a step, ended by a zero unless `most` was reached.
  void increment(unsigned least, unsigned most, unsigned value);
  // decode_signed_subexp_with_ref() read backwards: low <= value < high.
  void signed_subexp(int low, int high, int reference, int value);

  void trailing_bits();
  void align();
  size_t bit_position() const { return bit_position_; }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  void subexp(uint32_t count, uint32_t value);

  std::vector<uint8_t> bytes_;
  size_t bit_position_ = 0;
};

// Overwrites bits that were written before.
void patch_bits(std::span<uint8_t> bytes, size_t bit_position, unsigned bits, uint32_t value);

enum class ObuType : uint8_t { SequenceHeader = 1, TemporalDelimiter = 2, Frame = 6 };

// Appends an OBU with its size; returns where in `stream` its payload begins.
size_t append_obu(std::vector<uint8_t>& stream, ObuType type, std::span<const uint8_t> header,
                  std::span<const uint8_t> rest = {});

}  // namespace refdrv
