// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver is told of a picture, where it is not simply what the parser says.
#include "vaapi/decode_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vaapi/va_surface.h"

namespace av1hw {
namespace {

using testing::Each;
using testing::ElementsAre;

class VaDecodeParams : public testing::Test {
 protected:
  VaDecodeParams() {
    sequence_.bit_depth = 8;
    sequence_.num_planes = 3;
    sequence_.order_hint_bits = 7;
    frame_.upscaled_width = 130;
    frame_.frame_width = 65;
    frame_.frame_height = 70;
    frame_.superres_denom = 16;
    frame_.cdef_params.cdef_damping = 3;
    GstAV1TileInfo& tiles = frame_.tile_info;
    tiles.tile_cols = tiles.tile_rows = 1;
    tiles.mi_col_starts[1] = 18;  // 65 samples, in units of 4, rounded up to 8 samples
    tiles.mi_row_starts[1] = 18;
    picture_.sequence = &sequence_;
    picture_.frame = &frame_;
    picture_.target = &target_;
  }

  VADecPictureParameterBufferAV1 made() const { return va_picture_parameters(picture_); }

  GstAV1SequenceHeaderOBU sequence_ = {};
  GstAV1FrameHeaderOBU frame_ = {};
  VaSurface target_{nullptr, 40};
  PictureParams picture_;
};

TEST_F(VaDecodeParams, SizesAreThoseThatComeOut) {
  const auto out = made();
  EXPECT_EQ(out.frame_width_minus1, 129);
  EXPECT_EQ(out.frame_height_minus1, 69);
  EXPECT_EQ(out.superres_scale_denominator, 16);
}

TEST_F(VaDecodeParams, BitDepthsAreAnIndex) {
  EXPECT_EQ(made().bit_depth_idx, 0);
  sequence_.bit_depth = 10;
  EXPECT_EQ(made().bit_depth_idx, 1);
}

TEST_F(VaDecodeParams, WithoutOrderHintsTheirBitsAreNotNegative) {
  EXPECT_EQ(made().order_hint_bits_minus_1, 6);
  sequence_.order_hint_bits = 0;
  EXPECT_EQ(made().order_hint_bits_minus_1, 0);
}

TEST_F(VaDecodeParams, ReferencesAreReconstructionsWithoutGrain) {
  VaSurface plain(nullptr, 50);
  VaSurface grainy(nullptr, 60);
  grainy.set_displayed(nullptr, 61);
  picture_.slots[2].surface = &plain;
  picture_.slots[5].surface = &grainy;
  const auto out = made();
  EXPECT_THAT(out.ref_frame_map,
              ElementsAre(VA_INVALID_SURFACE, VA_INVALID_SURFACE, 50, VA_INVALID_SURFACE,
                          VA_INVALID_SURFACE, 60, VA_INVALID_SURFACE, VA_INVALID_SURFACE));
}

TEST_F(VaDecodeParams, IntraFramesNameNoReferences) {
  std::fill_n(frame_.ref_frame_idx, GST_AV1_REFS_PER_FRAME, 3);
  EXPECT_THAT(made().ref_frame_idx, Each(3));
  frame_.frame_is_intra = 1;
  EXPECT_THAT(made().ref_frame_idx, Each(0));
}

TEST_F(VaDecodeParams, GrainHasASurfaceOfItsOwn) {
  frame_.film_grain_params.apply_grain = TRUE;
  frame_.film_grain_params.grain_seed = 1234;
  target_.set_displayed(nullptr, 41);
  picture_.apply_grain = true;
  const auto out = made();
  EXPECT_EQ(out.current_frame, 40U);
  EXPECT_EQ(out.current_display_picture, 41U);
  EXPECT_EQ(out.film_grain_info.film_grain_info_fields.bits.apply_grain, 1U);
  EXPECT_EQ(out.film_grain_info.grain_seed, 1234);
}

TEST_F(VaDecodeParams, GrainThatIsNotAppliedIsNotDescribed) {
  frame_.film_grain_params.apply_grain = TRUE;
  frame_.film_grain_params.grain_seed = 1234;
  frame_.film_grain_params.num_y_points = 2;
  const auto out = made();
  EXPECT_EQ(out.current_frame, 40U);
  EXPECT_EQ(out.current_display_picture, VA_INVALID_SURFACE);
  EXPECT_EQ(out.film_grain_info.film_grain_info_fields.value, 0U);
  EXPECT_EQ(out.film_grain_info.grain_seed, 0);
  EXPECT_EQ(out.film_grain_info.num_y_points, 0);
}

TEST_F(VaDecodeParams, GrainCoefficientsThatWereNotCodedAreZero) {
  GstAV1FilmGrainParams& grain = frame_.film_grain_params;
  grain.apply_grain = TRUE;
  grain.ar_coeff_lag = 1;  // 4 of luma, 5 of chroma
  grain.num_y_points = 1;
  std::fill_n(grain.ar_coeffs_y_plus_128, 25, 255);
  std::fill_n(grain.ar_coeffs_cb_plus_128, 25, 1);
  picture_.apply_grain = true;
  auto out = made();
  EXPECT_EQ(out.film_grain_info.ar_coeffs_y[3], 127);
  EXPECT_EQ(out.film_grain_info.ar_coeffs_y[4], 0);
  EXPECT_THAT(out.film_grain_info.ar_coeffs_cb, Each(0));
  grain.num_cb_points = 1;
  out = made();
  EXPECT_EQ(out.film_grain_info.ar_coeffs_cb[4], -127);
  EXPECT_EQ(out.film_grain_info.ar_coeffs_cb[5], 0);
}

// The parser has 4 where the bitstream has 3.
TEST_F(VaDecodeParams, CdefStrengthsAreAsTheyWereCoded) {
  GstAV1CDEFParams& cdef = frame_.cdef_params;
  cdef.cdef_damping = 5;
  cdef.cdef_bits = 1;
  cdef.cdef_y_pri_strength[0] = 15;
  cdef.cdef_y_sec_strength[0] = 4;
  cdef.cdef_uv_pri_strength[1] = 1;
  cdef.cdef_uv_sec_strength[1] = 2;
  cdef.cdef_y_pri_strength[2] = 9;  // beyond 1 << cdef_bits
  auto out = made();
  EXPECT_EQ(out.cdef_damping_minus_3, 2);
  EXPECT_THAT(out.cdef_y_strengths, ElementsAre(63, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(out.cdef_uv_strengths, ElementsAre(0, 6, 0, 0, 0, 0, 0, 0));
  sequence_.num_planes = 1;
  EXPECT_THAT(made().cdef_uv_strengths, Each(0));
}

TEST_F(VaDecodeParams, TileSizesAreInSuperblocksLessOne) {
  frame_.tile_info.tile_cols = 2;
  frame_.tile_info.mi_col_starts[1] = 32;
  frame_.tile_info.mi_col_starts[2] = 50;
  auto out = made();
  EXPECT_EQ(out.width_in_sbs_minus_1[0], 1);
  EXPECT_EQ(out.width_in_sbs_minus_1[1], 1);
  EXPECT_EQ(out.height_in_sbs_minus_1[0], 1);
  sequence_.use_128x128_superblock = TRUE;
  out = made();
  EXPECT_EQ(out.width_in_sbs_minus_1[0], 0);
  EXPECT_EQ(out.width_in_sbs_minus_1[1], 0);
}

TEST_F(VaDecodeParams, SixtyFourTilesARowFit) {
  frame_.tile_info.tile_cols = 64;
  for (unsigned i = 0; i <= 64; i++) frame_.tile_info.mi_col_starts[i] = i * 16;
  EXPECT_THAT(made().width_in_sbs_minus_1, Each(0));
}

TEST_F(VaDecodeParams, ADisabledSegmentationHasNoFeatures) {
  frame_.segmentation_params.feature_enabled[1][2] = 1;
  frame_.segmentation_params.feature_data[1][2] = -5;
  EXPECT_THAT(made().seg_info.feature_mask, Each(0));
  frame_.segmentation_params.segmentation_enabled = TRUE;
  const auto out = made();
  EXPECT_EQ(out.seg_info.feature_mask[1], 4);
  EXPECT_EQ(out.seg_info.feature_data[1][2], -5);
}

TEST_F(VaDecodeParams, LoopFilterDeltasAreOffWhereTheyWereNotCoded) {
  frame_.loop_filter_params.loop_filter_delta_enabled = TRUE;
  EXPECT_EQ(made().loop_filter_info_fields.bits.mode_ref_delta_enabled, 1);
  frame_.coded_lossless = 1;
  EXPECT_EQ(made().loop_filter_info_fields.bits.mode_ref_delta_enabled, 0);
}

TEST_F(VaDecodeParams, TilesCountFromTheStartOfTheirGroup) {
  const std::vector<TileGroup> groups = {{0, 30, 0, 1}, {35, 20, 2, 2}};
  const std::vector<Tile> tiles = {{4, 10, 0, 0, 0}, {18, 12, 0, 1, 0}, {36, 19, 0, 2, 1}};
  picture_.tile_groups = groups;
  picture_.tiles = tiles;
  std::vector<VASliceParameterBufferAV1> out;
  va_tile_parameters(picture_, 0, out);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[1].slice_data_offset, 18U);
  EXPECT_EQ(out[1].slice_data_size, 12U);
  EXPECT_EQ(out[1].tile_column, 1);
  va_tile_parameters(picture_, 1, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].slice_data_offset, 1U);
  EXPECT_EQ(out[0].tile_column, 2);
}

}  // namespace
}  // namespace av1hw
