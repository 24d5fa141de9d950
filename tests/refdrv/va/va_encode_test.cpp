// SPDX-License-Identifier: LGPL-2.1-or-later
// The VA driver's encoder as a client meets it through libva: what it codes decodes to what it says
// it reconstructed.
#include <algorithm>
#include <cstdlib>

#include "refdrv/va/encode_fixture.h"

namespace refdrv::va {
namespace {

uint32_t attribute(VADisplay display, VAEntrypoint entrypoint, VAConfigAttribType type) {
  VAConfigAttrib attribute = {type, 0};
  EXPECT_EQ(vaGetConfigAttributes(display, VAProfileAV1Profile0, entrypoint, &attribute, 1),
            VA_STATUS_SUCCESS);
  return attribute.value;
}

TEST_F(VaEncoder, TellsWhatItsDeviceHas) {
  const auto value = [&](VAConfigAttribType type) {
    return attribute(display_, entrypoint(), type);
  };
  EXPECT_EQ(value(VAConfigAttribRTFormat), VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10);
  EXPECT_EQ(value(VAConfigAttribEncMaxRefFrames), is_tiled() ? 0x10003U : 1U);
  EXPECT_EQ(value(VAConfigAttribEncPackedHeaders), is_tiled() ? 0x1fU : 0x1bU);
  EXPECT_EQ(
      value(VAConfigAttribRateControl),
      VA_RC_CQP | VA_RC_CBR | VA_RC_VBR | (is_tiled() ? VA_RC_ICQ | VA_RC_TCBRC : VA_RC_QVBR));
  EXPECT_EQ(value(VAConfigAttribEncAV1), is_tiled() ? 0U : 0x4001000U);
  EXPECT_EQ(value(VAConfigAttribEncAV1Ext2), is_tiled() ? 0xffcfU : 0xfc7U);
  EXPECT_EQ(value(VAConfigAttribEncROI), is_tiled() ? VA_ATTRIB_NOT_SUPPORTED : 0x220U);
  EXPECT_EQ(value(VAConfigAttribEncMacroblockInfo), VA_ATTRIB_NOT_SUPPORTED);
  ASSERT_EQ(try_config(VA_RC_CQP, config_), VA_STATUS_SUCCESS);
  unsigned room = 0;
  ASSERT_EQ(vaQuerySurfaceAttributes(display_, config_, nullptr, &room), VA_STATUS_SUCCESS);
  std::vector<VASurfaceAttrib> list(room);
  ASSERT_EQ(vaQuerySurfaceAttributes(display_, config_, list.data(), &room), VA_STATUS_SUCCESS);
  const auto found = std::ranges::find(list, VASurfaceAttribAlignmentSize, &VASurfaceAttrib::type);
  EXPECT_EQ(found != list.end(), !is_tiled());
  if (found != list.end()) {
    EXPECT_EQ(found->value.value.i, 0x46);
  }
}

// Luma of a surface, as it is once it was waited for.
std::vector<uint8_t> luma(VADisplay display, VASurfaceID surface, unsigned width, unsigned height) {
  EXPECT_EQ(vaSyncSurface(display, surface), VA_STATUS_SUCCESS);
  VAImage image = {};
  EXPECT_EQ(vaDeriveImage(display, surface, &image), VA_STATUS_SUCCESS);
  uint8_t* bytes = nullptr;
  EXPECT_EQ(vaMapBuffer(display, image.buf, reinterpret_cast<void**>(&bytes)), VA_STATUS_SUCCESS);
  std::vector<uint8_t> samples;
  for (unsigned y = 0; y < height; y++) {
    const uint8_t* row = bytes + image.offsets[0] + y * image.pitches[0];
    samples.insert(samples.end(), row, row + width);
  }
  EXPECT_EQ(vaUnmapBuffer(display, image.buf), VA_STATUS_SUCCESS);
  EXPECT_EQ(vaDestroyImage(display, image.image_id), VA_STATUS_SUCCESS);
  return samples;
}

std::vector<uint8_t> luma(const DecodedPlanes& picture, unsigned width, unsigned height) {
  const PlaneView view = picture.view();
  std::vector<uint8_t> samples;
  for (unsigned y = 0; y < height; y++) {
    const uint8_t* row = view.data[0] + y * view.stride[0];
    samples.insert(samples.end(), row, row + width);
  }
  return samples;
}

int greatest_difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  int greatest = 0;
  for (size_t i = 0; i < a.size(); i++) greatest = std::max(greatest, std::abs(a[i] - b[i]));
  return greatest;
}

class VaEncoderModes : public VaEncoder, public testing::WithParamInterface<uint32_t> {
 protected:
  // What dav1d makes of the stream is what the driver reconstructed, and near what it was given.
  void check_picture(StreamDecoder& decoder, VASurfaceID reconstructed) {
    const auto source = luma(display_, input_, width_, height_);
    unsigned segments = 0;
    const auto bytes = coded(nullptr, &segments);
    EXPECT_EQ(segments, is_tiled() ? 1U : with_sequence() ? 3U : 2U);
    const auto decoded = decoder.decode(bytes);
    ASSERT_TRUE(decoded) << decoded.error().message;
    const auto shown = luma(*decoded, width_, height_);
    EXPECT_EQ(shown, luma(display_, reconstructed, width_, height_));
    EXPECT_LE(greatest_difference(shown, source), 24);
  }
};

TEST_P(VaEncoderModes, CodesWhatDecodes) {
  if (!(attribute(display_, entrypoint(), VAConfigAttribRateControl) & GetParam())) {
    GTEST_SKIP() << "the device has no such rate control";
  }
  open(GetParam());
  auto decoder = StreamDecoder::create();
  ASSERT_TRUE(decoder);
  set_key_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  check_picture(*decoder, reconstructed_[0]);
  fill_input();
  set_inter_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  check_picture(*decoder, reconstructed_[1]);
}

INSTANTIATE_TEST_SUITE_P(RateControl, VaEncoderModes,
                         testing::Values(VA_RC_CQP, VA_RC_CBR, VA_RC_VBR, VA_RC_QVBR, VA_RC_TCBRC));

TEST_F(VaEncoder, KeepsTheQuantizerThatItIsGiven) {
  open(VA_RC_CQP);
  set_key_frame();
  frame_.base_q_idx = 77;
  finish_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  EXPECT_EQ(coded_quantizer(coded()), 77U);
}

TEST_F(VaEncoder, ChoosesQuantizersWithinTheLimits) {
  open(VA_RC_CBR);
  picture_.min_base_qindex = 201;
  picture_.max_base_qindex = 203;
  set_key_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  EXPECT_GE(coded_quantizer(coded()), 201U);
  EXPECT_LE(coded_quantizer(coded()), 203U);
}

TEST_F(VaEncoder, FillsAnObuFrame) {
  open(VA_RC_CQP);
  set_key_frame();
  frame_.frame_obu = true;
  finish_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  auto decoder = StreamDecoder::create();
  ASSERT_TRUE(decoder);
  const auto decoded = decoder->decode(coded());
  EXPECT_TRUE(decoded) << decoded.error().message;
}

TEST_F(VaEncoder, SaysThatACodedBufferIsTooSmall) {
  open(VA_RC_CQP);
  coded_ = make_coded_buffer(40);
  picture_.coded_buf = coded_;
  set_key_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  uint32_t status = 0;
  EXPECT_EQ(coded(&status).size(), 40U);
  EXPECT_TRUE(status & VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK);
}

// 200 rows: a multiple of 8, but not of 16.
TEST_F(VaEncoder, WritesTheSizeThatItsDeviceCodes) {
  open(VA_RC_CQP, 256, 200);
  set_key_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  auto decoder = StreamDecoder::create();
  ASSERT_TRUE(decoder);
  const auto decoded = decoder->decode(coded());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->view().width, 256U);
  EXPECT_EQ(decoded->view().height, is_tiled() ? 200U : 202U);
}

// The client shows it by a header of its own, which the driver does not see.
TEST_F(VaEncoder, FollowsAHiddenKeyFrameThatIsShown) {
  constexpr uint8_t show_slot_1[] = {0x1a, 0x01, 0x98};
  open(VA_RC_CQP);
  auto decoder = StreamDecoder::create();
  ASSERT_TRUE(decoder);
  set_key_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  ASSERT_TRUE(decoder->decode(coded()));
  fill_input();
  set_hidden_key_frame();
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  auto unit = coded();
  unit.insert(unit.end(), std::begin(show_slot_1), std::end(show_slot_1));
  const auto shown = decoder->decode(unit);
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_EQ(luma(*shown, width_, height_), luma(display_, reconstructed_[1], width_, height_));
  fill_input();
  set_inter_frame();
  frame_.order_hint = 5;
  picture_.reconstructed_frame = reconstructed_[2];
  finish_frame();
  std::ranges::fill(picture_.reference_frames, reconstructed_[1]);
  ASSERT_EQ(encode(), VA_STATUS_SUCCESS);
  const auto decoded = decoder->decode(coded());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(luma(*decoded, width_, height_), luma(display_, reconstructed_[2], width_, height_));
}

}  // namespace
}  // namespace refdrv::va
