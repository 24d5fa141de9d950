// SPDX-License-Identifier: LGPL-2.1-or-later
// The symbol coder (specification, section 8.2), backwards: from symbols to a tile's bytes.
#include "refdrv/encode/symbol_encoder.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace refdrv::encode {

namespace {

constexpr uint32_t probability_one = 1U << 15;
constexpr unsigned prob_shift = 6;     // EC_PROB_SHIFT
constexpr uint32_t min_prob = 4;       // EC_MIN_PROB
constexpr unsigned range_bits = 16;    // of range_, between symbols
constexpr unsigned trailing_bit = 14;  // its place in the last bits that a decoder reads

unsigned floor_log2(size_t value) { return static_cast<unsigned>(std::bit_width(value)) - 1; }

// 8.2.6: how a decoder changes a distribution that gave it `symbol`.
void adapt(std::span<uint16_t> cdf, unsigned symbol) {
  const size_t symbols = cdf.size() - 1;
  uint16_t& count = cdf[symbols];
  const unsigned rate = 3 + (count > 15) + (count > 31) + std::min(floor_log2(symbols), 2U);
  for (size_t i = 0; i + 1 < symbols; i++) {
    if (i >= symbol) {
      cdf[i] = static_cast<uint16_t>(cdf[i] + ((probability_one - cdf[i]) >> rate));
    } else {
      cdf[i] = static_cast<uint16_t>(cdf[i] - (cdf[i] >> rate));
    }
  }
  if (count < 32) count++;
}

}  // namespace

// A decoder holds what is left from its value up to the interval's end, so that symbols are laid
// out from the end: the first one is the lowest part here.
void SymbolEncoder::narrow(std::span<const uint16_t> cdf, unsigned value) {
  const auto symbols = static_cast<unsigned>(cdf.size() - 1);
  const auto bound = [&](unsigned symbol) {
    const uint32_t rest = probability_one - cdf[symbol];
    return (((range_ >> 8) * (rest >> prob_shift)) >> (7 - prob_shift)) +
           min_prob * (symbols - symbol - 1);
  };
  const uint32_t upper = value > 0 ? bound(value - 1) : range_;
  const uint32_t lower = bound(value);
  low_ += range_ - upper;
  range_ = upper - lower;
  const unsigned shift = range_bits - static_cast<unsigned>(std::bit_width(range_));
  low_ <<= shift;
  range_ <<= shift;
  bits_ += shift;
  while (bits_ >= range_bits + 9) put_byte();
}

// Takes the highest eight bits, and hands a carry on to the bytes before.
void SymbolEncoder::put_byte() {
  const uint64_t top = low_ >> (bits_ - 8);
  if (top > 0xff) {
    size_t at = bytes_.size();
    while (at > 0 && ++bytes_[at - 1] == 0) at--;
  }
  bytes_.push_back(static_cast<uint8_t>(top));
  bits_ -= 8;
  low_ &= (uint64_t{1} << bits_) - 1;
}

void SymbolEncoder::symbol(std::span<uint16_t> cdf, unsigned value) {
  narrow(cdf, value);
  if (adapts_) adapt(cdf, value);
}

void SymbolEncoder::fixed_symbol(std::span<const uint16_t> cdf, unsigned value) {
  narrow(cdf, value);
}

void SymbolEncoder::literal(unsigned bits, uint32_t value) {
  constexpr Cdf<2> even = {probability_one / 2, probability_one, 0};
  for (unsigned i = bits; i-- > 0;) narrow(even, value >> i & 1);
}

// The one value in the interval that ends in the trailing bit and zeros.
std::vector<uint8_t> SymbolEncoder::finish() {
  constexpr uint64_t bit = uint64_t{1} << trailing_bit;
  low_ = ((low_ + bit - 1) & ~(bit - 1)) | bit;
  while (bits_ > trailing_bit) put_byte();
  return std::move(bytes_);
}

}  // namespace refdrv::encode
