// SPDX-License-Identifier: LGPL-2.1-or-later
// sequence_header_obu(): every branch of its syntax, and headers that are cut off.
#include "av1/sequence_header.h"

#include <gtest/gtest.h>

#include "header_bits.h"

namespace av1hw {
namespace {

using test::SequenceBits;

TEST(SequenceHeader, OrdinaryStream) {
  const auto seq = parse_sequence_header(test::sequence_payload({.high_tier = true}));
  ASSERT_TRUE(seq);
  EXPECT_EQ(seq->seq_profile, 0);
  EXPECT_FALSE(seq->still_picture);
  EXPECT_FALSE(seq->timing_info_present);
  EXPECT_EQ(seq->operating_points_count, 1);
  EXPECT_EQ(seq->operating_points[0].seq_level_idx, 8);
  EXPECT_EQ(seq->operating_points[0].seq_tier, 1);
  EXPECT_TRUE(seq->operating_points[0].initial_display_delay_present);
  EXPECT_EQ(seq->operating_points[0].initial_display_delay, 4);
  EXPECT_EQ(seq->max_frame_width, 320u);
  EXPECT_EQ(seq->max_frame_height, 180u);
  EXPECT_TRUE(seq->use_128x128_superblock);
  EXPECT_FALSE(seq->enable_filter_intra);
  EXPECT_TRUE(seq->enable_intra_edge_filter);
  EXPECT_TRUE(seq->enable_warped_motion);
  EXPECT_TRUE(seq->enable_jnt_comp);
  EXPECT_FALSE(seq->enable_ref_frame_mvs);
  EXPECT_EQ(seq->order_hint_bits, 7);
  EXPECT_FALSE(seq->enable_superres);
  EXPECT_TRUE(seq->enable_cdef);
  EXPECT_TRUE(seq->enable_restoration);
  EXPECT_EQ(seq->color.bit_depth, 8);
  EXPECT_EQ(seq->color.chroma_sample_position, 1);
  EXPECT_EQ(seq->color.matrix_coefficients, color_unspecified);
  EXPECT_TRUE(seq->film_grain_params_present);
}

TEST(SequenceHeader, TimingDecoderModelAndFrameIds) {
  const SequenceBits bits{.decoder_model = true,
                          .equal_picture_interval = true,
                          .frame_ids = true,
                          .order_hint_bits = 0,
                          .width = 65536,
                          .height = 65536,
                          .level = 5};
  const auto seq = parse_sequence_header(test::sequence_payload(bits));
  ASSERT_TRUE(seq);
  EXPECT_EQ(seq->timing_info.num_units_in_display_tick, 1001u);
  EXPECT_EQ(seq->timing_info.time_scale, 60000u);
  EXPECT_EQ(seq->timing_info.num_ticks_per_picture, 2u);
  EXPECT_EQ(seq->decoder_model_info.buffer_delay_length, 10);
  EXPECT_EQ(seq->decoder_model_info.num_units_in_decoding_tick, 500u);
  EXPECT_EQ(seq->decoder_model_info.buffer_removal_time_length, 20);
  EXPECT_EQ(seq->decoder_model_info.frame_presentation_time_length, 30);
  EXPECT_EQ(seq->operating_points[0].seq_level_idx, 5);
  EXPECT_EQ(seq->operating_points[0].seq_tier, 0);
  EXPECT_EQ(seq->operating_points[0].decoder_buffer_delay, 700u);
  EXPECT_EQ(seq->operating_points[0].encoder_buffer_delay, 300u);
  EXPECT_TRUE(seq->operating_points[0].low_delay_mode);
  EXPECT_EQ(seq->max_frame_width, 65536u);
  EXPECT_EQ(seq->max_frame_height, 65536u);
  EXPECT_EQ(seq->delta_frame_id_length, 14);
  EXPECT_EQ(seq->frame_id_length, 15);
  EXPECT_EQ(seq->order_hint_bits, 0);
}

// color_config() as `write` writes it, behind everything else.
template <typename Write>
Result<SequenceHeader> with_color(unsigned profile, Write write) {
  BitWriter w;
  test::write_until_color(w, {.profile = profile});
  write(w);
  w.flag(false);  // film_grain_params_present
  w.trailing_bits();
  return parse_sequence_header(w.bytes());
}

TEST(SequenceHeader, MonochromeHasNoChromaElements) {
  const auto seq = with_color(0, [](BitWriter& w) {
    w.bits(0b1101, 4);  // 10 bits, monochrome, no description, full range
  });
  ASSERT_TRUE(seq);
  EXPECT_EQ(seq->color.bit_depth, 10);
  EXPECT_TRUE(seq->color.mono_chrome);
  EXPECT_TRUE(seq->color.color_range);
  EXPECT_FALSE(seq->film_grain_params_present);
}

TEST(SequenceHeader, SrgbIdentityImpliesFullRange444) {
  const auto seq = with_color(1, [](BitWriter& w) {
    w.bits(0b01, 2);  // 8 bits, description
    w.bits(1, 8);
    w.bits(13, 8);
    w.bits(0, 8);
    w.flag(true);  // separate_uv_delta_q
  });
  ASSERT_TRUE(seq);
  EXPECT_TRUE(seq->color.color_range);
  EXPECT_EQ(seq->color.subsampling_x, 0);
  EXPECT_EQ(seq->color.subsampling_y, 0);
  EXPECT_TRUE(seq->color.separate_uv_delta_q);
}

TEST(SequenceHeader, SubsamplingOfEveryProfile) {
  const auto high = with_color(1, [](BitWriter& w) { w.bits(0, 4); });
  ASSERT_TRUE(high);
  EXPECT_EQ(high->color.subsampling_x, 0);
  EXPECT_EQ(high->color.subsampling_y, 0);
  const auto professional_10 = with_color(2, [](BitWriter& w) { w.bits(0b1'0'0'0'1'0, 6); });
  ASSERT_TRUE(professional_10);
  EXPECT_EQ(professional_10->color.bit_depth, 10);
  EXPECT_EQ(professional_10->color.subsampling_x, 1);
  EXPECT_EQ(professional_10->color.subsampling_y, 0);
  // 12 bits: subsampling is coded. Here 4:2:0, chroma co-located.
  const auto professional_12 =
      with_color(2, [](BitWriter& w) { w.bits(0b1'1'0'0'0'1'1'10'0, 10); });
  ASSERT_TRUE(professional_12);
  EXPECT_EQ(professional_12->color.bit_depth, 12);
  EXPECT_EQ(professional_12->color.subsampling_x, 1);
  EXPECT_EQ(professional_12->color.subsampling_y, 1);
  EXPECT_EQ(professional_12->color.chroma_sample_position, 2);
  const auto coded_444 = with_color(2, [](BitWriter& w) { w.bits(0b1'1'0'0'0'0'0, 7); });
  ASSERT_TRUE(coded_444);
  EXPECT_EQ(coded_444->color.subsampling_x, 0);
}

TEST(SequenceHeader, ReducedStillPicture) {
  BitWriter w;
  w.bits(0b000'1'1, 5);
  w.bits(9, 5);  // seq_level_idx
  w.bits(7, 4);
  w.bits(7, 4);
  w.bits(63, 8);
  w.bits(31, 8);
  w.bits(0b000'000, 6);         // tools
  w.bits(0b0'0'0'0'00'0'0, 8);  // 8 bits, 4:2:0, no grain
  w.trailing_bits();
  const auto seq = parse_sequence_header(w.bytes());
  ASSERT_TRUE(seq);
  EXPECT_TRUE(seq->reduced_still_picture_header);
  EXPECT_EQ(seq->operating_points[0].seq_level_idx, 9);
  EXPECT_EQ(seq->max_frame_width, 64u);
  EXPECT_EQ(seq->max_frame_height, 32u);
  EXPECT_EQ(seq->seq_force_screen_content_tools, select_screen_content_tools);
  EXPECT_EQ(seq->order_hint_bits, 0);
}

TEST(SequenceHeader, RefusesWhatHasNoMeaning) {
  const uint8_t reserved_profile[] = {0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const auto profile_3 = parse_sequence_header(reserved_profile);
  ASSERT_FALSE(profile_3);
  EXPECT_EQ(profile_3.error().message, "OBU_SEQUENCE_HEADER: seq_profile 3 is reserved");
  const uint8_t reduced_only[] = {0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const auto reduced = parse_sequence_header(reduced_only);
  ASSERT_FALSE(reduced);
  EXPECT_EQ(reduced.error().message,
            "OBU_SEQUENCE_HEADER: reduced_still_picture_header without still_picture");
}

TEST(SequenceHeader, CutOffAnywhere) {
  const auto whole = test::sequence_payload({.decoder_model = true, .frame_ids = true});
  for (size_t size = 0; size + 1 < whole.size(); size++) {
    const auto seq = parse_sequence_header(std::span(whole).first(size));
    ASSERT_FALSE(seq) << size;
    EXPECT_EQ(seq.error().code, ErrorCode::InvalidData);
    EXPECT_EQ(seq.error().message, "OBU_SEQUENCE_HEADER: is cut off");
  }
}

TEST(SequenceHeader, EqualityIsOfEveryField) {
  const auto a = parse_sequence_header(test::sequence_payload());
  const auto b = parse_sequence_header(test::sequence_payload({.height = 182}));
  ASSERT_TRUE(a && b);
  EXPECT_TRUE(*a == *a);
  EXPECT_FALSE(*a == *b);
}

TEST(SequenceHeader, ProfileNames) {
  EXPECT_STREQ(profile_name(0), "main");
  EXPECT_STREQ(profile_name(1), "high");
  EXPECT_STREQ(profile_name(2), "professional");
  EXPECT_EQ(profile_name(3), nullptr);
}

}  // namespace
}  // namespace av1hw
