// SPDX-License-Identifier: LGPL-2.1-or-later
// The specification's descriptors: known codes, round trips and ends of data.
#include "av1/bit_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "av1/bit_writer.h"

namespace av1hw {
namespace {

constexpr uint32_t max32 = std::numeric_limits<uint32_t>::max();

TEST(BitReader, ReadsMostSignificantBitFirst) {
  const uint8_t data[] = {0xa5, 0x0f, 0xff, 0xff, 0xff};
  BitReader r(data);
  EXPECT_TRUE(r.flag());
  EXPECT_EQ(r.bits(3), 2u);
  EXPECT_EQ(r.bits(0), 0u);
  EXPECT_EQ(r.bits(8), 0x50u);
  EXPECT_EQ(r.position(), 12u);
  EXPECT_EQ(r.bits_left(), 28u);
  r.align();
  EXPECT_EQ(r.position(), 16u);
  EXPECT_EQ(r.bits(24), 0xffffffu);
  EXPECT_FALSE(r.failed());
}

TEST(BitReader, GivesZeroAndFailsPastTheEnd) {
  const uint8_t data[] = {0xff};
  BitReader r(data);
  EXPECT_EQ(r.bits(32), 0xff000000u);
  EXPECT_TRUE(r.failed());
  EXPECT_EQ(r.position(), 8u);
  EXPECT_EQ(r.bits(1), 0u);
  EXPECT_TRUE(r.failed());
}

TEST(BitReader, EmptyDataFailsAtTheFirstBit) {
  BitReader r({});
  EXPECT_FALSE(r.failed());
  EXPECT_FALSE(r.flag());
  EXPECT_TRUE(r.failed());
}

TEST(BitReader, UvlcOfOnlyZerosEnds) {
  const std::vector<uint8_t> zeros(100, 0);
  BitReader r(zeros);
  EXPECT_EQ(r.uvlc(), 0u);
  EXPECT_TRUE(r.failed());
}

TEST(BitReader, UvlcWith32ZerosIsTheMaximum) {
  const uint8_t data[] = {0, 0, 0, 0, 0x80};
  BitReader r(data);
  EXPECT_EQ(r.uvlc(), max32);
  EXPECT_FALSE(r.failed());
  EXPECT_EQ(r.position(), 33u);
}

TEST(BitReader, NonSymmetricCodesOfFive) {
  // ns(5): 00 01 10 110 111
  const uint8_t data[] = {0b00011011, 0b01110000};
  BitReader r(data);
  for (uint32_t expected = 0; expected < 5; expected++) EXPECT_EQ(r.ns(5), expected);
  EXPECT_EQ(r.position(), 12u);
  EXPECT_EQ(BitReader({}).ns(1), 0u);
}

TEST(Leb128, KnownCodes) {
  const uint8_t longer[] = {0xe5, 0x8e, 0x26};
  const auto code = read_leb128(longer);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->value, 624485u);
  EXPECT_EQ(code->length, 3u);
  const uint8_t padded[] = {0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x77};
  const auto long_one = read_leb128(padded);
  ASSERT_TRUE(long_one);
  EXPECT_EQ(long_one->value, 1u);
  EXPECT_EQ(long_one->length, 8u);
}

TEST(Leb128, RefusesWhatTheSpecificationForbids) {
  const uint8_t nine_bytes[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  EXPECT_FALSE(read_leb128(nine_bytes));
  const uint8_t two_to_the_32[] = {0x80, 0x80, 0x80, 0x80, 0x10};
  EXPECT_FALSE(read_leb128(two_to_the_32));
  const uint8_t all_ones[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
  ASSERT_TRUE(read_leb128(all_ones));
  EXPECT_EQ(read_leb128(all_ones)->value, max32);
  const uint8_t cut_off[] = {0x80, 0x80};
  EXPECT_FALSE(read_leb128(cut_off));
  EXPECT_FALSE(read_leb128({}));
  BitReader r(cut_off);
  EXPECT_EQ(r.leb128(), 0u);
  EXPECT_TRUE(r.failed());
}

// Everything the writer writes, the reader reads, with the same number of bits.
TEST(BitWriter, RoundTrips) {
  const uint32_t values[] = {0, 1, 2, 6, 127, 128, 255, 256, 16383, 16384, 0x7fffffff, 0x80000000};
  for (const uint32_t value : values) {
    BitWriter w;
    w.bits(value, 32);
    w.uvlc(value);
    w.align();
    w.leb128(value);
    w.le(value, 4);
    w.ns(value, max32);
    w.ns(value % 37, 37);
    w.su(static_cast<int32_t>(value % 64) - 32, 6);
    w.su(static_cast<int32_t>(value), 32);
    w.trailing_bits();
    EXPECT_EQ(w.position(), w.bytes().size() * 8);
    BitReader r(w.bytes());
    EXPECT_EQ(r.bits(32), value);
    EXPECT_EQ(r.uvlc(), value);
    r.align();
    EXPECT_EQ(r.leb128(), value);
    EXPECT_EQ(r.le(4), value);
    EXPECT_EQ(r.ns(max32), value);
    EXPECT_EQ(r.ns(37), value % 37);
    EXPECT_EQ(r.su(6), static_cast<int32_t>(value % 64) - 32);
    EXPECT_EQ(r.su(32), static_cast<int32_t>(value));
    EXPECT_TRUE(r.flag());
    EXPECT_LT(r.bits_left(), 8u);
    EXPECT_EQ(r.bits(static_cast<unsigned>(r.bits_left())), 0u);
    EXPECT_FALSE(r.failed());
  }
}

TEST(BitWriter, IgnoresBitsAboveTheWidth) {
  BitWriter w;
  w.bits(0xff, 4);
  w.bits(0x3, 1);
  w.flag(false);
  w.trailing_bits();
  EXPECT_EQ(w.bytes(), std::vector<uint8_t>{0b11111010});
}

}  // namespace
}  // namespace av1hw
