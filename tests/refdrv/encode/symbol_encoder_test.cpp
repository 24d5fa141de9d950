// SPDX-License-Identifier: LGPL-2.1-or-later
// The symbol encoder, held to a decoder that is written down as the specification has it (8.2).
#include "refdrv/encode/symbol_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

namespace refdrv::encode {
namespace {

class SymbolDecoder {
 public:
  explicit SymbolDecoder(std::span<const uint8_t> data, bool adapts)
      : data_(data), adapts_(adapts), max_bits_(8 * static_cast<int>(data.size()) - 15) {
    value_ = ((1U << 15) - 1) ^ read(15);
  }

  unsigned symbol(std::span<uint16_t> cdf) {
    const auto count = static_cast<unsigned>(cdf.size() - 1);
    uint32_t current = range_, previous = 0;
    unsigned symbol = ~0U;
    do {
      symbol++;
      previous = current;
      const uint32_t f = (1U << 15) - cdf[symbol];
      current = ((range_ >> 8) * (f >> 6)) >> 1;
      current += 4 * (count - symbol - 1);
    } while (value_ < current);
    range_ = previous - current;
    value_ -= current;
    const auto bits = 16 - static_cast<unsigned>(std::bit_width(range_));
    range_ <<= bits;
    value_ = read(bits) ^ (((value_ + 1) << bits) - 1);
    max_bits_ -= static_cast<int>(bits);
    if (adapts_) adapt(cdf, symbol, count);
    return symbol;
  }

  // What exit_symbol() demands of the padding.
  bool ends_well() const {
    if (max_bits_ < -14) return false;
    const size_t trailing = position_ - static_cast<size_t>(std::min(15, max_bits_ + 15));
    for (size_t at = trailing; at < data_.size() * 8; at++) {
      if (bit(at) != (at == trailing)) return false;
    }
    return true;
  }

 private:
  bool bit(size_t at) const { return data_[at / 8] >> (7 - at % 8) & 1; }

  // Beyond the end bits are zero, and the position stays.
  uint32_t read(unsigned bits) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bits; i++) {
      const bool there = position_ < data_.size() * 8;
      value = value << 1 | (there && bit(position_));
      position_ += there;
    }
    return value;
  }

  static void adapt(std::span<uint16_t> cdf, unsigned symbol, unsigned count) {
    const unsigned used = cdf[count];
    const unsigned rate = 3U + (used > 15) + (used > 31) +
                          std::min(static_cast<unsigned>(std::bit_width(count)) - 1, 2U);
    unsigned tmp = 0;
    for (unsigned i = 0; i + 1 < count; i++) {
      tmp = i == symbol ? 1U << 15 : tmp;
      if (tmp < cdf[i]) {
        cdf[i] = static_cast<uint16_t>(cdf[i] - ((cdf[i] - tmp) >> rate));
      } else {
        cdf[i] = static_cast<uint16_t>(cdf[i] + ((tmp - cdf[i]) >> rate));
      }
    }
    cdf[count] = static_cast<uint16_t>(used + (used < 32));
  }

  std::span<const uint8_t> data_;
  const bool adapts_;
  size_t position_ = 0;
  uint32_t range_ = 1U << 15;
  uint32_t value_ = 0;
  int max_bits_ = 0;
};

struct Model {
  Cdf<2> flag = {31000, 32768, 0};
  Cdf<4> four = {100, 300, 32000, 32768, 0};
  Cdf<13> modes = {15588, 17027, 19338, 20218, 20682, 21110, 21825,
                   23244, 24189, 28165, 29093, 30466, 32768, 0};
};

void code_and_decode(unsigned seed, size_t count, bool adapts) {
  std::mt19937 random(seed);
  std::vector<unsigned> values;
  for (size_t i = 0; i < count; i++) values.push_back(static_cast<unsigned>(random()));
  Model coded;
  SymbolEncoder encoder(adapts);
  for (const unsigned value : values) {
    encoder.symbol(coded.flag, value % 97 == 0);
    encoder.symbol(coded.four, value % 4);
    encoder.symbol(coded.modes, value % 13);
    encoder.literal(3, value);
  }
  const std::vector<uint8_t> bytes = encoder.finish();
  ASSERT_FALSE(bytes.empty());
  Model decoded;
  SymbolDecoder decoder(bytes, adapts);
  for (const unsigned value : values) {
    ASSERT_EQ(decoder.symbol(decoded.flag), value % 97 == 0);
    ASSERT_EQ(decoder.symbol(decoded.four), value % 4);
    ASSERT_EQ(decoder.symbol(decoded.modes), value % 13);
    for (unsigned i = 3; i-- > 0;) {
      Cdf<2> even = {1U << 14, 1U << 15, 0};
      ASSERT_EQ(decoder.symbol(even), value >> i & 1);
    }
  }
  EXPECT_EQ(coded.modes, decoded.modes);
  EXPECT_TRUE(decoder.ends_well()) << "seed " << seed << ", " << count << " rounds";
}

TEST(SymbolEncoder, IsUndoneByADecoder) {
  for (unsigned seed = 0; seed < 200; seed++) {
    code_and_decode(seed, seed % 40, true);
    code_and_decode(seed, 3 * seed, false);
  }
  code_and_decode(1, 50000, true);
}

// Carries run through many bytes where symbols are as unlikely as can be.
TEST(SymbolEncoder, HandsOnCarries) {
  for (unsigned last = 0; last < 64; last++) {
    SymbolEncoder encoder(false);
    Cdf<2> cdf = {32000, 32768, 0};
    for (unsigned i = 0; i < 300; i++) encoder.symbol(cdf, i % 100 != last);
    const auto bytes = encoder.finish();
    SymbolDecoder decoder(bytes, false);
    for (unsigned i = 0; i < 300; i++) ASSERT_EQ(decoder.symbol(cdf), i % 100 != last) << i;
    EXPECT_TRUE(decoder.ends_well());
  }
}

}  // namespace
}  // namespace refdrv::encode
