// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver is told of a picture to code, and that it says what the packed header says.
#include "vaapi/encode_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "av1/bit_reader.h"
#include "av1/obu.h"
#include "av1/sequence_header_writer.h"
#include "codec/encode_headers.h"
#include "vaapi/va_encode_surface.h"

namespace av1hw {
namespace {

using testing::Each;
using testing::ElementsAre;

// A driver's surface that nothing owns.
EncodeSurfaceRef surface(VASurfaceID id) { return std::make_shared<VaEncodeSurface>(id); }

// An inter frame of 320x180, its reference in slots 0 and 2.
class VaEncodeParams : public testing::Test {
 protected:
  VaEncodeParams() {
    GstVideoInfo& info = stream_.info;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, 320, 180);
    info.fps_n = 30;
    info.fps_d = 1;
    stream_.coded_width = 320;
    stream_.coded_height = 192;
    limits_.tools.enable_cdef = true;
    limits_.frame_tools.interpolation_filter = interpolation_switchable;
    CodedSequence coded;
    coded.info = info;
    coded.coded_width = 320;
    coded.coded_height = 180;
    stream_.sequence = *make_sequence_header(coded, limits_.tools);
    stream_.tiles = uniform_tiles(tile_limits(320, 180, false), 1, 1);
    stream_.rate.quantizer = 120;
    plan_.type = FrameType::Inter;
    plan_.order_hint = 5;
    plan_.primary_ref_frame = 0;
    plan_.refresh_frame_flags = 4;
    plan_.ref_frame_idx = {2, 0, 2, 2, 2, 2, 2};
    plan_.forward_references = 2;
    slots_[0] = surface(10);
    slots_[2] = surface(12);
    picture_.stream = &stream_;
    picture_.input = surface(40);
    picture_.target = surface(41);
  }

  VAEncPictureParameterBufferAV1 made(unsigned bytes_before = 0) {
    params_ = make_frame_params(stream_, limits_, plan_, {});
    obu_ = *write_frame_obu(stream_, params_, limits_.obu_size_bytes);
    picture_.header = &params_;
    picture_.frame_obu = obu_.bytes;
    picture_.obu_size_offset = obu_.obu_size_offset;
    picture_.obu_size_bytes = obu_.obu_size_bytes;
    picture_.header_offset = obu_.header_offset;
    picture_.offsets = obu_.offsets;
    for (size_t i = 0; i < slots_.size(); i++) picture_.slots[i] = slots_[i].get();
    va_frame_header(picture_, header_);
    return va_picture_parameters(picture_, header_, {7, bytes_before});
  }

  unsigned bits_at(unsigned offset, unsigned count) const {
    unsigned value = 0;
    for (unsigned i = offset; i < offset + count; i++)
      value = value << 1 | (header_.obu[i / 8] >> (7 - i % 8) & 1U);
    return value;
  }

  EncodeStream stream_;
  EncodeLimits limits_;
  PlannedFrame plan_;
  std::array<EncodeSurfaceRef, num_ref_frames> slots_;
  EncodePicture picture_;
  FrameHeaderParams params_;
  FrameObu obu_;
  VaFrameHeader header_;
};

TEST_F(VaEncodeParams, ThePackedHeaderIsAWholeObu) {
  made();
  const auto obu = parse_obu(header_.obu);
  ASSERT_TRUE(obu);
  EXPECT_EQ(obu->type, ObuType::FrameHeader);
  EXPECT_TRUE(obu->has_size_field);
  EXPECT_EQ(obu->bytes.size(), header_.obu.size());
  // The header's bits, a one, and nothing but zeros.
  EXPECT_EQ(header_.bits, 8 * (1 + limits_.obu_size_bytes) + obu_.offsets.end + 1);
  EXPECT_EQ(bits_at(header_.bits - 1, 1), 1U);
  const auto rest = static_cast<unsigned>(8 * header_.obu.size() - header_.bits);
  EXPECT_LT(rest, 8U);
  EXPECT_EQ(bits_at(header_.bits, rest), 0U);
  for (unsigned i = 0; i < obu_.offsets.end; i++) {
    ASSERT_EQ(bits_at(header_.header_offset + i, 1),
              obu_.bytes[obu_.header_offset + i / 8] >> (7 - i % 8) & 1U)
        << "bit " << i;
  }
}

TEST_F(VaEncodeParams, ACodedPictureHasRoomForItsSamples) {
  stream_.coded_width = 1920;
  stream_.coded_height = 1088;
  EXPECT_EQ(va_coded_size(stream_), 1920U * 1088 * 3 / 2);
  stream_.sequence.color.bit_depth = 10;
  EXPECT_EQ(va_coded_size(stream_), 2 * 1920U * 1088 * 3 / 2);
  // And for a bitrate that asks for more.
  stream_.rate.target = 2'000'000'000;
  EXPECT_GE(va_coded_size(stream_), 2'000'000'000U / 8 / 30);
  stream_.info.fps_n = 1;
  stream_.info.fps_d = G_MAXINT;
  EXPECT_EQ(va_coded_size(stream_), static_cast<size_t>(INT32_MAX));
}

TEST_F(VaEncodeParams, TheSizeFieldHasAsManyBytesAsTheDriverPatches) {
  for (const unsigned bytes : {2U, 4U}) {
    limits_.obu_size_bytes = bytes;
    made();
    EXPECT_EQ(header_.header_offset, 8 * (1 + bytes));
    EXPECT_EQ(parse_obu(header_.obu)->bytes.size(), header_.obu.size());
  }
}

TEST_F(VaEncodeParams, TemporalLayersHaveAnExtension) {
  stream_.temporal_layers = 2;
  plan_.temporal_id = 1;
  const auto out = made();
  const auto obu = parse_obu(header_.obu);
  ASSERT_TRUE(obu);
  EXPECT_EQ(obu->temporal_id, 1);
  EXPECT_EQ(header_.obu_size_offset, 2U);
  EXPECT_EQ(out.temporal_id, 1);
  EXPECT_EQ(out.tile_group_obu_hdr_info.bits.obu_extension_flag, 1);
  EXPECT_EQ(out.tile_group_obu_hdr_info.bits.temporal_id, 1);
}

TEST_F(VaEncodeParams, OffsetsPointIntoThePackedHeader) {
  stream_.rate.mode = RateControl::Vbr;
  stream_.rate.target = 1'000'000;
  const auto out = made(13);
  EXPECT_EQ(bits_at(out.bit_offset_qindex, 8), out.base_qindex);
  EXPECT_EQ(bits_at(out.bit_offset_loopfilter_params, 6), out.filter_level[0]);
  EXPECT_EQ(bits_at(out.bit_offset_cdef_params, 2), out.cdef_damping_minus_3);
  EXPECT_EQ(bits_at(out.bit_offset_cdef_params + 2, 2), out.cdef_bits);
  // cdef_damping_minus_3, cdef_bits, and a strength of 4 and 2 bits for luma and for chroma.
  EXPECT_EQ(out.size_in_bits_cdef_params, 4 + 12 * (1U << out.cdef_bits));
  EXPECT_EQ(out.byte_offset_frame_hdr_obu_size, 13 + 1U);
  EXPECT_EQ(out.size_in_bits_frame_hdr_obu, header_.bits);
  // Segments are not the driver's to choose.
  EXPECT_EQ(out.bit_offset_segmentation, 0U);
}

TEST_F(VaEncodeParams, WithOneQuantizerNothingIsPatched) {
  const auto out = made(13);
  EXPECT_EQ(out.base_qindex, 120);
  EXPECT_EQ(out.bit_offset_qindex, 0U);
  EXPECT_EQ(out.bit_offset_loopfilter_params, 0U);
  EXPECT_EQ(out.bit_offset_cdef_params, 0U);
  EXPECT_EQ(out.size_in_bits_cdef_params, 0U);
  EXPECT_EQ(out.byte_offset_frame_hdr_obu_size, 0U);
  EXPECT_EQ(out.size_in_bits_frame_hdr_obu, 0U);
  EXPECT_EQ(out.min_base_qindex, 0);
  EXPECT_EQ(out.max_base_qindex, 0);
}

TEST_F(VaEncodeParams, BoundsOfQuantizersAreForDriversThatChoose) {
  stream_.rate.mode = RateControl::Cbr;
  stream_.rate.min_quantizer = 0;
  stream_.rate.max_quantizer = 200;
  const auto out = made();
  EXPECT_EQ(out.min_base_qindex, 1);
  EXPECT_EQ(out.max_base_qindex, 200);
}

TEST_F(VaEncodeParams, SurfacesAndBuffersAreThoseOfThePicture) {
  const auto out = made();
  EXPECT_EQ(out.reconstructed_frame, 41U);
  EXPECT_EQ(out.coded_buf, 7U);
  EXPECT_EQ(out.reference_frames[0], 10U);
  EXPECT_EQ(out.reference_frames[1], VA_INVALID_SURFACE);
  EXPECT_EQ(out.reference_frames[2], 12U);
  EXPECT_EQ(out.frame_width_minus_1, 319);
  EXPECT_EQ(out.frame_height_minus_1, 179);
}

TEST_F(VaEncodeParams, ReferencesAreSearchedInOrder) {
  const auto out = made();
  EXPECT_THAT(out.ref_frame_idx, ElementsAre(2, 0, 2, 2, 2, 2, 2));
  EXPECT_EQ(out.primary_ref_frame, 0);
  EXPECT_EQ(out.refresh_frame_flags, 4);
  EXPECT_EQ(out.order_hint, 5);
  EXPECT_EQ(out.ref_frame_ctrl_l0.fields.search_idx0, 1U);  // LAST_FRAME
  EXPECT_EQ(out.ref_frame_ctrl_l0.fields.search_idx1, 2U);
  EXPECT_EQ(out.ref_frame_ctrl_l0.fields.search_idx2, 0U);
  EXPECT_EQ(out.ref_frame_ctrl_l1.value, 0U);
}

TEST_F(VaEncodeParams, LaterFramesAreTheSecondList) {
  plan_.forward_references = 1;
  plan_.backward_references = 1;
  plan_.refresh_frame_flags = 0;
  plan_.level = 2;
  stream_.anchor_distance = 4;
  const auto out = made();
  EXPECT_EQ(out.ref_frame_ctrl_l0.value, 1U);
  EXPECT_EQ(out.ref_frame_ctrl_l1.fields.search_idx0, 5U);  // BWDREF_FRAME
  EXPECT_EQ(out.mode_control_flags.bits.reference_mode, params_.reference_select ? 2U : 0U);
  EXPECT_EQ(out.hierarchical_level_plus1, 3);
  // Nothing will refer to it.
  EXPECT_EQ(out.picture_flags.bits.disable_frame_recon, 1U);
}

TEST_F(VaEncodeParams, AKeyFrameRefersToNothing) {
  plan_ = {};
  plan_.type = FrameType::Key;
  plan_.refresh_frame_flags = 0xff;
  const auto out = made();
  EXPECT_THAT(out.reference_frames, Each(VA_INVALID_SURFACE));
  EXPECT_THAT(out.ref_frame_idx, Each(0));
  EXPECT_EQ(out.primary_ref_frame, 7);
  EXPECT_EQ(out.refresh_frame_flags, 0xff);
  EXPECT_EQ(out.picture_flags.bits.frame_type, 0U);
  EXPECT_EQ(out.picture_flags.bits.error_resilient_mode, 1U);
  EXPECT_EQ(out.ref_frame_ctrl_l0.value, 0U);
  EXPECT_EQ(out.picture_flags.bits.disable_frame_recon, 0U);
}

TEST_F(VaEncodeParams, AHiddenKeyFrameLeavesOthersAlone) {
  plan_ = {};
  plan_.type = FrameType::Key;
  plan_.show_frame = false;
  plan_.showable_frame = true;
  plan_.refresh_frame_flags = 1;
  const auto out = made();
  EXPECT_EQ(out.reference_frames[2], 12U);
  EXPECT_EQ(out.refresh_frame_flags, 1);
}

TEST_F(VaEncodeParams, TilesAreCountedInSuperblocks) {
  stream_.tiles = uniform_tiles(tile_limits(320, 180, false), 2, 1);
  const auto out = made();
  EXPECT_EQ(out.tile_cols, 2);
  EXPECT_EQ(out.tile_rows, 1);
  EXPECT_EQ(out.width_in_sbs_minus_1[0], 2);
  EXPECT_EQ(out.width_in_sbs_minus_1[1], 1);
  EXPECT_EQ(out.height_in_sbs_minus_1[0], 2);
  EXPECT_EQ(out.num_tile_groups_minus1, 0);
  const auto group = va_tile_group(params_.tiles);
  EXPECT_EQ(group.tg_start, 0);
  EXPECT_EQ(group.tg_end, 1);
}

TEST_F(VaEncodeParams, TheSequenceIsThatOfItsHeader) {
  stream_.rate.mode = RateControl::Vbr;
  stream_.rate.target = 1'000'000;
  stream_.rate.maximum = 1'500'000;
  stream_.gop_size = 60;
  stream_.anchor_distance = 4;
  const auto out = va_sequence_parameters(stream_);
  EXPECT_EQ(out.seq_profile, 0);
  EXPECT_EQ(out.seq_level_idx, stream_.sequence.operating_points[0].seq_level_idx);
  EXPECT_EQ(out.intra_period, 60U);
  EXPECT_EQ(out.ip_period, 4U);
  EXPECT_EQ(out.hierarchical_flag, 1);
  EXPECT_EQ(out.bits_per_second, 1'500'000U);
  EXPECT_EQ(out.order_hint_bits_minus_1, 6);
  EXPECT_EQ(out.seq_fields.bits.enable_cdef, 1U);
  EXPECT_EQ(out.seq_fields.bits.enable_order_hint, 1U);
  EXPECT_EQ(out.seq_fields.bits.bit_depth_minus8, 0U);
  EXPECT_EQ(out.seq_fields.bits.subsampling_x, 1U);
  stream_.sequence.color.bit_depth = 10;
  EXPECT_EQ(va_sequence_parameters(stream_).seq_fields.bits.bit_depth_minus8, 2U);
}

TEST_F(VaEncodeParams, AGopWithoutEndFitsInto16Bits) {
  stream_.gop_size = 0;
  EXPECT_EQ(va_sequence_parameters(stream_).intra_period, 0xffffU);
}

}  // namespace
}  // namespace av1hw
