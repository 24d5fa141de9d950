// SPDX-License-Identifier: LGPL-2.1-or-later
// Frame headers that GstAV1Parser gets wrong by itself.
#include "codec/header_parser.h"

#include <gtest/gtest.h>

#include "support/frame_writer.h"

namespace av1hw {
namespace {

using test::FrameSpec;

class HeaderParsing : public testing::Test {
 protected:
  HeaderParsing() { seq_.enable_superres = true; }

  Result<size_t> parse(const FrameSpec& spec) {
    EXPECT_TRUE(parser_.set_sequence(seq_));
    bytes_ = test::frame_obu(seq_, spec);
    const auto obu = parse_obu(bytes_);
    return parser_.parse(*obu);
  }

  SequenceHeader seq_ = test::plain_sequence();
  HeaderParser parser_;
  std::vector<uint8_t> bytes_;
};

TEST_F(HeaderParsing, FindsTheTiles) {
  const Result<size_t> header = parse({});
  ASSERT_TRUE(header);
  // The writer puts the bytes 1, 2, 3, 4 there.
  const auto obu = parse_obu(bytes_);
  EXPECT_EQ(obu->payload.size() - *header, 4u);
  EXPECT_EQ(obu->payload[*header], 1);
}

// A frame is at least 16 samples wide below superres, or as wide as above.
TEST_F(HeaderParsing, SuperresHasALeastWidth) {
  struct Case {
    unsigned upscaled, denominator, width;
  };
  for (const Case& c : std::initializer_list<Case>{
           {16, 11, 16}, {8, 16, 8}, {1, 16, 1}, {26, 16, 16}, {33, 16, 17}, {64, 9, 57}}) {
    ASSERT_TRUE(parse({.size = {{c.upscaled, 64}}, .superres_denominator = c.denominator}));
    EXPECT_EQ(parser_.frame().upscaled_width, c.upscaled);
    EXPECT_EQ(parser_.frame().frame_width, c.width);
    EXPECT_EQ(parser_.frame().tile_info.mi_col_starts[1], 2 * ((c.width + 7) / 8));
  }
}

TEST_F(HeaderParsing, NarrowSuperresOfScreenContentIsRefused) {
  seq_.seq_force_screen_content_tools = 1;
  seq_.seq_force_integer_mv = 1;
  EXPECT_TRUE(parse({.size = {{26, 64}}, .superres_denominator = 16}));
  const Result<size_t> narrow = parse({.size = {{16, 64}}, .superres_denominator = 11});
  ASSERT_FALSE(narrow);
  EXPECT_EQ(narrow.error().message, "has superres for 16 columns");
}

// Of an OBU without any payload, and of one that is all that there is.
TEST_F(HeaderParsing, TooShort) {
  ASSERT_TRUE(parser_.set_sequence(seq_));
  for (const size_t size : {0, 1, 2}) {
    const std::vector<uint8_t> bytes = write_obu(ObuType::Frame, std::vector<uint8_t>(size, 0x10));
    EXPECT_FALSE(parser_.parse(*parse_obu(bytes)));
  }
}

}  // namespace
}  // namespace av1hw
