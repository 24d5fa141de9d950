// SPDX-License-Identifier: LGPL-2.1-or-later
// What is written of a sequence header is what is read from it.
#include "av1/sequence_header_writer.h"

#include <gtest/gtest.h>

#include "header_bits.h"

namespace av1hw {
namespace {

void expect_round_trip(const SequenceHeader& seq) {
  const auto read = parse_sequence_header(write_sequence_header(seq));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, seq);
}

TEST(SequenceHeaderWriter, WritesTheBitsThatWereRead) {
  const test::SequenceBits cases[] = {
      {},
      {.profile = 1, .order_hint_bits = 0},
      {.decoder_model = true, .equal_picture_interval = true, .frame_ids = true, .level = 5},
      {.decoder_model = true, .width = 65536, .height = 1, .high_tier = true},
  };
  for (const test::SequenceBits& bits : cases) {
    const std::vector<uint8_t> payload = test::sequence_payload(bits);
    const auto seq = parse_sequence_header(payload);
    ASSERT_TRUE(seq);
    EXPECT_EQ(write_sequence_header(*seq), payload);
  }
}

TEST(SequenceHeaderWriter, EachSampleFormat) {
  struct Case {
    uint8_t profile, depth, x, y;
    bool mono;
  };
  for (const Case& c : std::initializer_list<Case>{{0, 8, 1, 1, false},
                                                   {0, 10, 1, 1, true},
                                                   {1, 10, 0, 0, false},
                                                   {2, 8, 1, 0, false},
                                                   {2, 12, 1, 1, false},
                                                   {2, 12, 1, 0, false},
                                                   {2, 12, 0, 0, false},
                                                   {2, 12, 1, 1, true}}) {
    SequenceHeader seq;
    seq.frame_width_bits = seq.frame_height_bits = 8;
    seq.max_frame_width = seq.max_frame_height = 200;
    seq.seq_profile = c.profile;
    seq.color.bit_depth = c.depth;
    seq.color.subsampling_x = c.x;
    seq.color.subsampling_y = c.y;
    seq.color.mono_chrome = c.mono;
    seq.color.color_range = true;
    expect_round_trip(seq);
  }
}

TEST(SequenceHeaderWriter, SrgbAndReducedHeader) {
  SequenceHeader seq;
  seq.frame_width_bits = seq.frame_height_bits = 8;
  seq.max_frame_width = seq.max_frame_height = 200;
  seq.still_picture = seq.reduced_still_picture_header = true;
  seq.seq_profile = 1;
  seq.color.color_description_present = true;
  seq.color.color_primaries = color_primaries_bt709;
  seq.color.transfer_characteristics = transfer_srgb;
  seq.color.matrix_coefficients = matrix_identity;
  seq.color.color_range = true;
  seq.color.subsampling_x = seq.color.subsampling_y = 0;
  seq.color.separate_uv_delta_q = true;
  expect_round_trip(seq);
}

TEST(SequenceHeaderWriter, LongestIntervalAndScreenContent) {
  SequenceHeader seq;
  seq.frame_width_bits = seq.frame_height_bits = 16;
  seq.max_frame_width = seq.max_frame_height = 65536;
  seq.timing_info_present = true;
  // num_ticks_per_picture_minus_1 = 2^32-1 makes 2^32, which is kept as 0.
  seq.timing_info = {.num_units_in_display_tick = 1,
                     .time_scale = 1,
                     .equal_picture_interval = true,
                     .num_ticks_per_picture = 0};
  seq.seq_force_screen_content_tools = 1;
  seq.seq_force_integer_mv = 0;
  expect_round_trip(seq);
}

}  // namespace
}  // namespace av1hw
