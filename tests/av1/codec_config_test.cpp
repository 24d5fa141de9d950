// SPDX-License-Identifier: LGPL-2.1-or-later
// av1C and the codecs string.
#include "av1/codec_config.h"

#include <gtest/gtest.h>

#include "header_bits.h"

namespace av1hw {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(CodecConfig, ByteForByte) {
  const Bytes obu = test::sequence_obu({.high_tier = true});
  const auto codec_data = make_codec_data(parse_obu(obu).value());
  ASSERT_TRUE(codec_data);
  // marker and version; profile 0, level 8; high tier, 8 bits, 4:2:0, position 1; no delay
  Bytes expected = {0x81, 0x08, 0x8d, 0x00};
  expected.insert(expected.end(), obu.begin(), obu.end());
  EXPECT_EQ(*codec_data, expected);
}

TEST(CodecConfig, RoundTrip) {
  const Bytes obu = test::sequence_obu({.profile = 1, .level = 13});
  const auto config = parse_codec_data(make_codec_data(parse_obu(obu).value(), 16).value());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->seq_profile, 1);
  EXPECT_EQ(config->seq_level_idx_0, 13);
  EXPECT_EQ(config->seq_tier_0, 0);
  EXPECT_EQ(config->bit_depth, 8);
  EXPECT_FALSE(config->monochrome);
  EXPECT_EQ(config->chroma_subsampling_x, 0);
  EXPECT_EQ(config->chroma_subsampling_y, 0);
  EXPECT_EQ(config->initial_presentation_delay, 16);
  EXPECT_EQ(config->config_obus, obu);
}

TEST(CodecConfig, SequenceHeaderGetsASizeField) {
  Bytes without_size = {0x08};
  const Bytes payload = test::sequence_payload();
  without_size.insert(without_size.end(), payload.begin(), payload.end());
  const auto config = parse_codec_data(make_codec_data(parse_obu(without_size).value()).value());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->config_obus, test::sequence_obu());
  EXPECT_EQ(config->initial_presentation_delay, 0);
}

TEST(CodecConfig, RefusesOtherObusAndDamage) {
  const auto delimiter = make_codec_data(parse_obu(Bytes{0x12, 0x00}).value());
  ASSERT_FALSE(delimiter);
  EXPECT_EQ(delimiter.error().message,
            "codec_data starts with a sequence header, not with OBU_TEMPORAL_DELIMITER");
  EXPECT_FALSE(make_codec_data(parse_obu(Bytes{0x0a, 0x01, 0x00}).value()));
  EXPECT_FALSE(parse_codec_data(Bytes{0x81, 0, 0}));
  EXPECT_FALSE(parse_codec_data(Bytes{0x01, 0, 0, 0}));
  EXPECT_FALSE(parse_codec_data(Bytes{0x82, 0, 0, 0}));
  EXPECT_TRUE(parse_codec_data(Bytes{0x81, 0, 0, 0}));
}

TEST(CodecString, ShortWhereTheRestIsImplied) {
  SequenceHeader seq;
  seq.operating_points[0].seq_level_idx = 4;
  EXPECT_EQ(codec_string(seq), "av01.0.04M.08");
  seq.seq_profile = 2;
  seq.operating_points[0] = {.seq_level_idx = 13, .seq_tier = 1};
  seq.color.bit_depth = 12;
  EXPECT_EQ(codec_string(seq), "av01.2.13H.12");
}

// The specification's own example.
TEST(CodecString, LongForHdr) {
  SequenceHeader seq;
  seq.operating_points[0].seq_level_idx = 4;
  seq.color = {.bit_depth = 10,
               .color_description_present = true,
               .color_primaries = 9,
               .transfer_characteristics = 16,
               .matrix_coefficients = 9,
               .chroma_sample_position = 2};
  EXPECT_EQ(codec_string(seq), "av01.0.04M.10.0.112.09.16.09.0");
  seq.color = {.mono_chrome = true};
  EXPECT_EQ(codec_string(seq), "av01.0.04M.08.1.110.02.02.02.0");
}

}  // namespace
}  // namespace av1hw
