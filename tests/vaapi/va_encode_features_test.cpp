// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver's answers say of its encoder.
#include "vaapi/va_encode_features.h"

#include <gtest/gtest.h>
#include <va/va_enc_av1.h>

#include "codec/encode_structure.h"

namespace av1hw {
namespace {

constexpr const char* intel = "Intel iHD driver for Intel(R) Gen Graphics - 25.2.3 ()";
constexpr const char* amd = "Mesa Gallium driver 25.0.7 for AMD Radeon RX 7900 XTX";

// As iHD answers on a DG2.
VaConfigAnswers dg2() {
  VaConfigAnswers config;
  config.profile = VAProfileAV1Profile0;
  config.entrypoint = VAEntrypointEncSliceLP;
  config.rate_control = VA_RC_CQP | VA_RC_CBR | VA_RC_VBR | VA_RC_ICQ;
  config.packed_headers = VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE;
  config.max_references = 3 | 1 << 16;
  config.tile_support = 1;
  config.max_width = 8192;
  config.max_height = 8192;
  config.av1 = 0;
  VAConfigAttribValEncAV1Ext1 ext1 = {};
  ext1.bits.interpolation_filter = 31;
  config.av1_ext1 = ext1.value;
  VAConfigAttribValEncAV1Ext2 ext2 = {};
  ext2.bits.tile_size_bytes_minus1 = 3;
  ext2.bits.obu_size_bytes_minus1 = 3;
  ext2.bits.tx_mode_support = 4;
  ext2.bits.max_tile_num_minus1 = 511;
  config.av1_ext2 = ext2.value;
  return config;
}

EncodeLimits limits(const VaConfigAnswers& config, const char* vendor, unsigned width,
                    unsigned height, RateControl mode = RateControl::Cqp) {
  return va_encode_limits(va_encode_features(config, va_quirks(vendor)), mode, width, height);
}

TEST(VaEncodeFeatures, AreWhatTheDriverAnswers) {
  const EncodeLimits out = limits(dg2(), intel, 1920, 1080);
  EXPECT_EQ(out.forward_references, 3U);
  EXPECT_EQ(out.backward_references, 1U);
  EXPECT_TRUE(out.cq);
  EXPECT_TRUE(out.vbr);
  EXPECT_TRUE(out.cbr);
  EXPECT_TRUE(out.changes_bitrate);
  EXPECT_EQ(out.max_width, 8192U);
  EXPECT_EQ(out.tile_size_bytes, 4U);
  EXPECT_EQ(out.obu_size_bytes, 4U);
  EXPECT_EQ(out.frame_tools.interpolation_filter, interpolation_switchable);
  EXPECT_TRUE(out.frame_tools.tx_mode_select);
  EXPECT_FALSE(out.tools.enable_warped_motion);
  EXPECT_TRUE(out.tools.enable_cdef);
  EXPECT_FALSE(out.frame_tools.cdef_channel_strength);
  EXPECT_FALSE(out.header_size_is_aligned);
  EXPECT_FALSE(out.region_of_interest);
}

TEST(VaEncodeFeatures, QualityWithinABitrateIsQvbr) {
  constexpr uint32_t both = VA_RC_ICQ | VA_RC_QVBR;
  EXPECT_EQ(va_rate_control(RateControl::Cq, both), uint32_t{VA_RC_ICQ});
  EXPECT_EQ(va_rate_control(RateControl::Cq, both, true), uint32_t{VA_RC_QVBR});
  EXPECT_EQ(va_rate_control(RateControl::Cq, VA_RC_ICQ, true), uint32_t{VA_RC_ICQ});
  EXPECT_EQ(va_rate_control(RateControl::Vbr, both | VA_RC_VBR, true), uint32_t{VA_RC_VBR});
}

TEST(VaEncodeFeatures, ADriverThatSaysNothingDoesLittle) {
  VaConfigAnswers config;
  config.packed_headers = VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE;
  const EncodeLimits out = limits(config, "", 1920, 1080);
  EXPECT_EQ(out.forward_references, 1U);
  EXPECT_EQ(out.backward_references, 0U);
  EXPECT_FALSE(out.cq || out.vbr || out.cbr);
  EXPECT_EQ(out.max_tile_columns, 1U);
  EXPECT_EQ(out.max_tile_rows, 1U);
  EXPECT_EQ(out.obu_size_bytes, 4U);
}

TEST(VaEncodeFeatures, OnIntelEachTileHasTwoSuperblocksEachWay) {
  EXPECT_EQ(limits(dg2(), intel, 1920, 1080).min_width, 65U);
  EXPECT_EQ(limits(dg2(), intel, 128, 192).max_tile_columns, 1U);
  // 3 superblocks are 2 and 1.
  EXPECT_EQ(limits(dg2(), intel, 192, 192).max_tile_columns, 1U);
  EXPECT_EQ(limits(dg2(), intel, 320, 192).max_tile_columns, 2U);
  EXPECT_EQ(limits(dg2(), "", 192, 192).max_tile_columns, 3U);
}

TEST(VaEncodeFeatures, TilesAreNoMoreThanTheirNumber) {
  VaConfigAnswers config = dg2();
  VAConfigAttribValEncAV1Ext2 ext2 = {};
  ext2.bits.max_tile_num_minus1 = 7;
  config.av1_ext2 = ext2.value;
  const EncodeLimits out = limits(config, "", 4096, 4096);
  EXPECT_LE(out.max_tile_columns * out.max_tile_rows, 8U);
  config.tile_support = 0;
  EXPECT_EQ(limits(config, "", 4096, 4096).max_tile_rows, 1U);
}

TEST(VaEncodeFeatures, OnAmdHeadersHaveWholeBlocks) {
  VaConfigAnswers config = dg2();
  // VCN 4, told by no attribute; VCN 5, which tells.
  EXPECT_TRUE(limits(config, amd, 1920, 1080).header_size_is_aligned);
  EXPECT_EQ(limits(config, amd, 1920, 1080).width_alignment, 64U);
  EXPECT_EQ(limits(config, amd, 1920, 1080).height_alignment, 16U);
  config.alignment = 3 | 1 << 4;
  EXPECT_EQ(limits(config, amd, 1920, 1080).width_alignment, 8U);
  EXPECT_EQ(limits(config, amd, 1920, 1080).height_alignment, 2U);
  EXPECT_EQ(limits(config, amd, 1920, 1080).max_tile_columns, 1U);
}

// AV1 has no tile that is wider than 4096 samples; more than it takes radeonsi does not make.
TEST(VaEncodeFeatures, OnAmdWideFramesHaveTwoTileColumns) {
  EXPECT_EQ(limits(dg2(), amd, 4096, 2160).max_tile_columns, 1U);
  EXPECT_EQ(limits(dg2(), amd, 4097, 2160).max_tile_columns, 2U);
  EXPECT_EQ(limits(dg2(), amd, 8192, 4352).max_tile_columns, 2U);
  EncoderInput input;
  gst_video_info_set_format(&input.info, GST_VIDEO_FORMAT_NV12, 7680, 4320);
  std::vector<std::string> warnings;
  const auto stream =
      make_encode_stream({}, input, limits(dg2(), amd, 7680, 4320), {}, {}, warnings);
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(stream->tiles.columns(), 2U);
  EXPECT_TRUE(fits(stream->tiles, tile_limits(7680, 4320, false)));
}

TEST(VaEncodeFeatures, OnAmdProbabilitiesAreLastFrames) {
  EXPECT_TRUE(limits(dg2(), amd, 1920, 1080).primary_is_last);
  EXPECT_FALSE(limits(dg2(), intel, 1920, 1080).primary_is_last);
}

TEST(VaEncodeFeatures, RegionsWithABitrateAreAnAnswerOfTheirOwn) {
  VaConfigAnswers config = dg2();
  VAConfigAttribValEncROI regions = {};
  regions.bits.num_roi_regions = 8;
  config.regions = regions.value;
  EXPECT_TRUE(limits(config, "", 640, 480).region_of_interest);
  EXPECT_FALSE(limits(config, "", 640, 480, RateControl::Cbr).region_of_interest);
  regions.bits.roi_rc_qp_delta_support = 1;
  config.regions = regions.value;
  EXPECT_TRUE(limits(config, "", 640, 480, RateControl::Cbr).region_of_interest);
}

TEST(VaEncodeFeatures, ConstantQualityIsIcqOrElseQvbr) {
  EXPECT_EQ(va_rate_control(RateControl::Cq, VA_RC_ICQ | VA_RC_QVBR), VA_RC_ICQ);
  EXPECT_EQ(va_rate_control(RateControl::Cq, VA_RC_QVBR | VA_RC_CBR), VA_RC_QVBR);
  EXPECT_EQ(va_rate_control(RateControl::Cq, VA_RC_VBR), 0U);
  EXPECT_EQ(va_rate_control(RateControl::Cqp, 0), VA_RC_CQP);
}

}  // namespace
}  // namespace av1hw
