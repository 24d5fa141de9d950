// SPDX-License-Identifier: LGPL-2.1-or-later
// The VA driver's encoder notices misuse: of parameters, headers, references, surfaces and the
// order of calls.
#include <functional>

#include "refdrv/va/encode_fixture.h"

namespace refdrv::va {
namespace {

TEST_F(VaEncoder, NoticesWrongConfigurations) {
  VAConfigID id = VA_INVALID_ID;
  expect_misuse(try_config(VA_RC_CQP | VA_RC_CBR, id), VA_STATUS_ERROR_INVALID_CONFIG);
  expect_misuse(try_config(is_tiled() ? VA_RC_QVBR : VA_RC_ICQ, id),
                VA_STATUS_ERROR_INVALID_CONFIG);
  ASSERT_EQ(try_config(VA_RC_CQP, id), VA_STATUS_SUCCESS);
  EXPECT_EQ(vaCreateContext(display_, id, 16, 16, VA_PROGRESSIVE, nullptr, 0, &context_),
            VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED);
}

// Each of these alone is wrong.
struct Mistake {
  const char* name;
  std::function<void(VAEncPictureParameterBufferAV1&)> make;
};

const Mistake mistakes[] = {
    {"frame_type", [](auto& p) { p.picture_flags.bits.frame_type = 2; }},
    {"error_resilient_mode", [](auto& p) { p.picture_flags.bits.error_resilient_mode = 0; }},
    {"disable_cdf_update", [](auto& p) { p.picture_flags.bits.disable_cdf_update = 1; }},
    {"disable_frame_end_update_cdf",
     [](auto& p) { p.picture_flags.bits.disable_frame_end_update_cdf = 1; }},
    {"reduced_tx_set", [](auto& p) { p.picture_flags.bits.reduced_tx_set = 1; }},
    {"enable_frame_obu", [](auto& p) { p.picture_flags.bits.enable_frame_obu = 1; }},
    {"use_superres", [](auto& p) { p.picture_flags.bits.use_superres = 1; }},
    {"allow_intrabc", [](auto& p) { p.picture_flags.bits.allow_intrabc = 1; }},
    {"frame_width", [](auto& p) { p.frame_width_minus_1++; }},
    {"frame_height", [](auto& p) { p.frame_height_minus_1--; }},
    {"order_hint", [](auto& p) { p.order_hint = 3; }},
    {"refresh_frame_flags", [](auto& p) { p.refresh_frame_flags = 1; }},
    {"primary_ref_frame", [](auto& p) { p.primary_ref_frame = 0; }},
    {"temporal_id", [](auto& p) { p.temporal_id = 1; }},
    {"obu_has_size_field", [](auto& p) { p.tile_group_obu_hdr_info.value = 0; }},
    {"y_dc_delta_q", [](auto& p) { p.y_dc_delta_q = 1; }},
    {"using_qmatrix", [](auto& p) { p.qmatrix_flags.bits.using_qmatrix = 1; }},
    {"tx_mode", [](auto& p) { p.mode_control_flags.bits.tx_mode = 1; }},
    {"reference_mode", [](auto& p) { p.mode_control_flags.bits.reference_mode = 2; }},
    {"delta_q_present", [](auto& p) { p.mode_control_flags.bits.delta_q_present = 1; }},
    {"segmentation", [](auto& p) { p.segments.seg_flags.bits.segmentation_enabled = 1; }},
    {"sharpness_level", [](auto& p) { p.loop_filter_flags.bits.sharpness_level = 1; }},
    {"cdef_y_strengths", [](auto& p) { p.cdef_y_strengths[0] = 64; }},
    {"tile_cols", [](auto& p) { p.tile_cols = 2; }},
    {"num_tile_groups_minus1", [](auto& p) { p.num_tile_groups_minus1 = 1; }},
    {"coded_buf", [](auto& p) { p.coded_buf = VA_INVALID_ID; }},
    {"reconstructed_frame", [](auto& p) { p.reconstructed_frame = VA_INVALID_SURFACE; }},
};

TEST_F(VaEncoder, NoticesParametersThatTheHeaderDoesNotHave) {
  open(VA_RC_CQP);
  set_key_frame();
  const auto right = picture_;
  for (const Mistake& mistake : mistakes) {
    SCOPED_TRACE(mistake.name);
    picture_ = right;
    mistake.make(picture_);
    expect_misuse(encode());
  }
  picture_ = right;
  EXPECT_EQ(encode(), VA_STATUS_SUCCESS);
}

// Where the driver writes its own values, it does not compare those.
const Mistake exact_mistakes[] = {
    {"base_qindex", [](auto& p) { p.base_qindex++; }},
    {"filter_level[0]", [](auto& p) { p.filter_level[0]++; }},
    {"filter_level_u", [](auto& p) { p.filter_level_u++; }},
    {"cdef_bits", [](auto& p) { p.cdef_bits = 1; }},
    {"width_in_sbs_minus_1", [](auto& p) { p.width_in_sbs_minus_1[0] = 0; }},
};

TEST_F(VaEncoder, ComparesQuantizersAndFiltersThatItCopies) {
  if (!is_tiled()) GTEST_SKIP() << "the device writes its own";
  open(VA_RC_CQP);
  set_key_frame();
  const auto right = picture_;
  for (const Mistake& mistake : exact_mistakes) {
    SCOPED_TRACE(mistake.name);
    picture_ = right;
    mistake.make(picture_);
    expect_misuse(encode());
  }
}

const Mistake wrong_offsets[] = {
    {"bit_offset_qindex", [](auto& p) { p.bit_offset_qindex--; }},
    {"no bit_offset_qindex", [](auto& p) { p.bit_offset_qindex = 0; }},
    {"bit_offset_segmentation", [](auto& p) { p.bit_offset_segmentation++; }},
    {"bit_offset_loopfilter_params", [](auto& p) { p.bit_offset_loopfilter_params++; }},
    {"bit_offset_cdef_params", [](auto& p) { p.bit_offset_cdef_params++; }},
    {"size_in_bits_cdef_params", [](auto& p) { p.size_in_bits_cdef_params = 4; }},
    {"size_in_bits_frame_hdr_obu", [](auto& p) { p.size_in_bits_frame_hdr_obu -= 2; }},
    {"byte_offset_frame_hdr_obu_size", [](auto& p) { p.byte_offset_frame_hdr_obu_size++; }},
};

TEST_F(VaEncoder, NoticesOffsetsThatAreWrong) {
  if (!is_tiled()) GTEST_SKIP() << "the device writes headers of its own";
  open(VA_RC_CBR);
  set_key_frame();
  const auto right = picture_;
  for (const Mistake& mistake : wrong_offsets) {
    SCOPED_TRACE(mistake.name);
    picture_ = right;
    mistake.make(picture_);
    expect_misuse(encode());
  }
  picture_ = right;
  EXPECT_EQ(encode(), VA_STATUS_SUCCESS);
}

TEST_F(VaEncoder, NoticesSequencesThatTheHeaderDoesNotHave) {
  open(VA_RC_CQP);
  set_key_frame();
  sequence_.seq_fields.bits.enable_cdef = 0;
  expect_misuse(encode());
  sequence_.seq_fields.bits.enable_cdef = 1;
  sequence_.seq_level_idx = 8;
  expect_misuse(encode());
  sequence_.seq_level_idx = 0;
  sequence_header_[6] ^= 0x20;
  expect_misuse(encode());
}

TEST_F(VaEncoder, NoticesWrongReferences) {
  open(VA_RC_CQP);
  set_inter_frame();
  // Nothing was coded yet.
  expect_misuse(encode());
  set_key_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  set_inter_frame();
  picture_.reference_frames[0] = reconstructed_[2];
  expect_misuse(encode());
  set_inter_frame();
  picture_.reconstructed_frame = reconstructed_[0];
  expect_misuse(encode());
  set_inter_frame();
  picture_.ref_frame_idx[3] = 1;
  expect_misuse(encode());
  picture_.ref_frame_idx[3] = 0;
  set_inter_frame();
  picture_.ref_frame_ctrl_l0.value = 0;
  expect_misuse(encode());
  picture_.ref_frame_ctrl_l0.fields.search_idx0 = 1;
  picture_.ref_frame_ctrl_l1.fields.search_idx0 = 5;
  picture_.ref_frame_ctrl_l1.fields.search_idx1 = 6;
  expect_misuse(encode());
  picture_.ref_frame_ctrl_l1.value = 0;
  EXPECT_EQ(encode(), VA_STATUS_SUCCESS);
}

TEST_F(VaEncoder, NoticesWrongSurfacesAndBuffers) {
  open(VA_RC_CQP);
  set_key_frame();
  picture_.reconstructed_frame = input_;
  expect_misuse(encode());
  picture_.reconstructed_frame = make_surface(width_, height_, VA_RT_FORMAT_YUV420_10);
  expect_misuse(encode());
  picture_.reconstructed_frame = make_surface(width_ / 2, height_);
  expect_misuse(encode());
  picture_.reconstructed_frame = reconstructed_[0];
  add_all();
  expect_misuse(render(make_surface(width_, height_ / 2)));
  const VABufferID parameters = add(VAEncPictureParameterBufferType, &picture_, sizeof picture_);
  buffers_.clear();
  picture_.coded_buf = parameters;
  expect_misuse(encode());
  expect_misuse(vaSyncBuffer(display_, parameters, 0), VA_STATUS_ERROR_INVALID_BUFFER);
  picture_.coded_buf = coded_;
  void* mapped = nullptr;
  ASSERT_EQ(vaMapBuffer(display_, coded_, &mapped), VA_STATUS_SUCCESS);
  expect_misuse(encode());
  ASSERT_EQ(vaUnmapBuffer(display_, coded_), VA_STATUS_SUCCESS);
  EXPECT_EQ(encode(), VA_STATUS_SUCCESS);
}

TEST_F(VaEncoder, NoticesWrongTileGroups) {
  if (!is_tiled()) GTEST_SKIP() << "the device has one column of tiles";
  open(VA_RC_CQP);
  picture_.tile_cols = 2;
  picture_.width_in_sbs_minus_1[0] = picture_.width_in_sbs_minus_1[1] = 1;
  set_key_frame();
  frame_.tile_cols_log2 = 1;
  finish_frame();
  // One group that lacks a tile, two that overlap, one too many.
  expect_misuse(encode());
  groups_ = {{.tg_start = 0, .tg_end = 1, .va_reserved = {}},
             {.tg_start = 1, .tg_end = 1, .va_reserved = {}}};
  picture_.num_tile_groups_minus1 = 1;
  expect_misuse(encode());
  groups_[0].tg_end = 0;
  picture_.num_tile_groups_minus1 = 0;
  expect_misuse(encode());
  picture_.num_tile_groups_minus1 = 1;
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  auto decoder = StreamDecoder::create();
  ASSERT_TRUE(decoder);
  const auto decoded = decoder->decode(coded());
  EXPECT_TRUE(decoded) << decoded.error().message;
  picture_.width_in_sbs_minus_1[0] = 0;
  expect_misuse(encode());
}

TEST_F(VaEncoder, NoticesWrongRates) {
  open(VA_RC_CBR);
  set_key_frame();
  sequence_.bits_per_second = 0;
  expect_misuse(encode());
  struct {
    VAEncMiscParameterType type = VAEncMiscParameterTypeFrameRate;
    VAEncMiscParameterFrameRate rate = {};
  } misc;
  sequence_.bits_per_second = 500000;
  add(VAEncMiscParameterBufferType, &misc, sizeof misc);
  expect_misuse(encode());
  misc.type = VAEncMiscParameterTypeSkipFrame;
  add(VAEncMiscParameterBufferType, &misc, sizeof misc);
  expect_misuse(encode());
}

TEST_F(VaEncoder, NoticesBuffersOutOfOrder) {
  open(VA_RC_CQP);
  set_key_frame();
  const auto expect_refused = [&](VABufferID last) {
    ASSERT_EQ(vaBeginPicture(display_, context_, input_), VA_STATUS_SUCCESS);
    buffers_.pop_back();
    if (!buffers_.empty()) {
      ASSERT_EQ(
          vaRenderPicture(display_, context_, buffers_.data(), static_cast<int>(buffers_.size())),
          VA_STATUS_SUCCESS);
    }
    expect_misuse(vaRenderPicture(display_, context_, &last, 1));
    EXPECT_EQ(vaEndPicture(display_, context_), VA_STATUS_ERROR_ALLOCATION_FAILED);
    buffers_.clear();
  };
  // Tiles before their picture, data before its parameters, a kind of header that was not chosen,
  // parameters twice.
  expect_refused(add(VAEncSliceParameterBufferType, groups_.data(), sizeof groups_[0]));
  expect_refused(add(VAEncPackedHeaderDataBufferType, frame_header_.data(), frame_header_.size()));
  VAEncPackedHeaderParameterBuffer packed = {};
  packed.type = VAEncPackedHeaderRawData;
  packed.bit_length = 16;
  expect_refused(add(VAEncPackedHeaderParameterBufferType, &packed, sizeof packed));
  add(VAEncPictureParameterBufferType, &picture_, sizeof picture_);
  expect_refused(add(VAEncPictureParameterBufferType, &picture_, sizeof picture_));
  // Nothing at all, and no packed header.
  expect_misuse(render(input_));
  add(VAEncSequenceParameterBufferType, &sequence_, sizeof sequence_);
  add(VAEncPictureParameterBufferType, &picture_, sizeof picture_);
  add(VAEncSliceParameterBufferType, groups_.data(), sizeof groups_[0]);
  expect_misuse(render(input_));
  VABufferID id = VA_INVALID_ID;
  expect_misuse(vaCreateBuffer(display_, context_, VAEncPictureParameterBufferType,
                               sizeof picture_ - 4, 1, &picture_, &id));
  expect_misuse(vaCreateBuffer(display_, context_, VAEncMiscParameterBufferType, 2, 1, &id, &id));
}

}  // namespace
}  // namespace refdrv::va
