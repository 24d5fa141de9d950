// SPDX-License-Identifier: LGPL-2.1-or-later
// Sequence headers made of caps say what the caps say.
#include "codec/coded_sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "av1/levels.h"
#include "av1/sequence_header_writer.h"
#include "memory/handles.h"

namespace av1hw {
namespace {

using ::testing::HasSubstr;

class CodedSequenceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
};

CodedSequence coded_of(const char* caps_text) {
  const CapsHandle caps(gst_caps_from_string(caps_text));
  CodedSequence coded;
  EXPECT_TRUE(gst_video_info_from_caps(&coded.info, caps.get())) << caps_text;
  coded.coded_width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&coded.info));
  coded.coded_height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&coded.info));
  return coded;
}

// As a decoder reads it.
SequenceHeader header_of(const CodedSequence& coded, const CodingTools& tools = {}) {
  const auto made = make_sequence_header(coded, tools);
  EXPECT_TRUE(made) << made.error().message;
  const auto read = parse_sequence_header(write_sequence_header(*made));
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, *made);
  return *read;
}

TEST_F(CodedSequenceTest, HdrOfTenBits) {
  const SequenceHeader seq =
      header_of(coded_of("video/x-raw,format=P010_10LE,width=3840,height=2160,framerate=60/1,"
                         "colorimetry=bt2100-pq,chroma-site=v-cosited+h-cosited"));
  EXPECT_EQ(seq.seq_profile, 0);
  EXPECT_EQ(seq.color.bit_depth, 10);
  EXPECT_EQ(seq.color.color_primaries, 9);
  EXPECT_EQ(seq.color.transfer_characteristics, 16);
  EXPECT_EQ(seq.color.matrix_coefficients, 9);
  EXPECT_FALSE(seq.color.color_range);
  EXPECT_EQ(seq.color.chroma_sample_position, 2);
  EXPECT_STREQ(level_name(seq.operating_points[0].seq_level_idx), "5.1");
  EXPECT_EQ(seq.operating_points[0].idc, 0);
  EXPECT_EQ(seq.timing_info.time_scale, 60U);
  EXPECT_FALSE(seq.timing_info.equal_picture_interval);
}

TEST_F(CodedSequenceTest, EachKindOfFormat) {
  struct Case {
    const char* format;
    unsigned profile, depth, x, y;
    bool gray;
  };
  for (const Case& c : {Case{"NV12", 0, 8, 1, 1, false}, Case{"GRAY8", 0, 8, 1, 1, true},
                        Case{"Y444_10LE", 1, 10, 0, 0, false}, Case{"NV16", 2, 8, 1, 0, false},
                        Case{"I420_12LE", 2, 12, 1, 1, false}, Case{"GBR", 1, 8, 0, 0, false}}) {
    SCOPED_TRACE(c.format);
    const SequenceHeader seq = header_of(
        coded_of((std::string("video/x-raw,width=320,height=240,format=") + c.format).c_str()));
    EXPECT_EQ(seq.seq_profile, c.profile);
    EXPECT_EQ(seq.color.bit_depth, c.depth);
    EXPECT_EQ(seq.color.subsampling_x, c.x);
    EXPECT_EQ(seq.color.subsampling_y, c.y);
    EXPECT_EQ(seq.color.mono_chrome, c.gray);
    EXPECT_FALSE(seq.timing_info_present);
  }
}

TEST_F(CodedSequenceTest, RgbHasTheIdentityMatrix) {
  const SequenceHeader seq =
      header_of(coded_of("video/x-raw,format=GBR,width=64,height=64,colorimetry=sRGB"));
  EXPECT_EQ(seq.color.matrix_coefficients, 0);
  EXPECT_TRUE(seq.color.color_range);
}

SequenceHeader rgb_header(GstVideoColorRange range) {
  CodedSequence coded = coded_of("video/x-raw,format=GBR,width=64,height=64,colorimetry=sRGB");
  coded.info.colorimetry.range = range;
  return header_of(coded);
}

TEST_F(CodedSequenceTest, RgbHasTheRangeOfItsCaps) {
  EXPECT_TRUE(rgb_header(GST_VIDEO_COLOR_RANGE_0_255).color.color_range);
  EXPECT_TRUE(rgb_header(GST_VIDEO_COLOR_RANGE_UNKNOWN).color.color_range);
  EXPECT_FALSE(rgb_header(GST_VIDEO_COLOR_RANGE_16_235).color.color_range);
}

// A chroma site in the caps of pictures without chroma is not coded.
TEST_F(CodedSequenceTest, GrayHasNoChromaPosition) {
  CodedSequence coded = coded_of("video/x-raw,format=GRAY8,width=64,height=64");
  coded.info.chroma_site = GST_VIDEO_CHROMA_SITE_COSITED;
  EXPECT_EQ(header_of(coded).color.chroma_sample_position, 0);
}

TEST_F(CodedSequenceTest, TheCodedSizeIsWhatIsSaid) {
  CodedSequence coded = coded_of("video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1");
  coded.coded_height = 1088;
  EXPECT_EQ(header_of(coded).max_frame_height, 1088U);
  coded.coded_width = coded.coded_height = 1;
  EXPECT_EQ(header_of(coded).max_frame_width, 1U);
}

TEST_F(CodedSequenceTest, EachLayerLessIsAnOperatingPoint) {
  CodedSequence coded = coded_of("video/x-raw,format=NV12,width=1920,height=1080,framerate=120/1");
  coded.temporal_layers = 3;
  const SequenceHeader seq = header_of(coded);
  ASSERT_EQ(seq.operating_points_count, 3);
  EXPECT_EQ(seq.operating_points[0].idc, 0x107);
  EXPECT_EQ(seq.operating_points[1].idc, 0x103);
  EXPECT_EQ(seq.operating_points[2].idc, 0x101);
  // 120, 60 and 30 frames a second.
  EXPECT_STREQ(level_name(seq.operating_points[0].seq_level_idx), "5.0");
  EXPECT_STREQ(level_name(seq.operating_points[1].seq_level_idx), "4.1");
  EXPECT_STREQ(level_name(seq.operating_points[2].seq_level_idx), "4.0");
}

TEST_F(CodedSequenceTest, ABitrateThatTheMainTierDoesNotHoldIsOfTheHighTier) {
  CodedSequence coded = coded_of("video/x-raw,format=NV12,width=7680,height=4320,framerate=60/1");
  coded.peak_bitrate = 200'000'000;
  const SequenceHeader seq = header_of(coded);
  EXPECT_EQ(seq.operating_points[0].seq_tier, 1);
  EXPECT_LT(seq.operating_points[0].seq_level_idx, level_maximum);
}

TEST_F(CodedSequenceTest, WhatCannotBeCodedIsRefused) {
  CodedSequence coded = coded_of("video/x-raw,format=NV12,width=64,height=64");
  coded.coded_width = 65537;
  auto made = make_sequence_header(coded, {});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("65537x64"));
}

}  // namespace
}  // namespace av1hw
