// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvidia-encode as a client meets it: what it codes, when, and in what order.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "refdrv/nv/nvenc_fixture.h"

namespace refdrv::nv {
namespace {

using testing::ElementsAre;

constexpr unsigned sequence_header_obu = 1;
constexpr unsigned frame_header_obu = 3;
constexpr unsigned metadata_obu = 5;
constexpr unsigned frame_obu = 6;
constexpr unsigned padding_obu = 15;

std::vector<NV_ENC_PIC_TYPE> types(const std::vector<Unit>& units) {
  std::vector<NV_ENC_PIC_TYPE> list;
  for (const auto& unit : units) list.push_back(unit.info.pictureType);
  return list;
}

TEST_F(NvEncTest, CodesWhatItIsGiven) {
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto units = encode_all(6);
  const auto shades = decode(units);
  ASSERT_EQ(shades.size(), 6U);
  expect_pictures(shades);
  EXPECT_EQ(types(units).front(), NV_ENC_PIC_TYPE_IDR);
  for (unsigned i = 0; i < units.size(); i++) {
    EXPECT_EQ(units[i].info.outputTimeStamp, 1000 + i);
    EXPECT_EQ(units[i].info.outputDuration, 7U);
    EXPECT_EQ(units[i].count(sequence_header_obu), i == 0 ? 1U : 0U);
    EXPECT_EQ(units[i].info.pictureType, i == 0 ? NV_ENC_PIC_TYPE_IDR : NV_ENC_PIC_TYPE_P);
    EXPECT_GT(units[i].info.frameAvgQP, 0U);
  }
}

TEST_F(NvEncTest, WaitsForTheGroupOfBidirectionalPictures) {
  defaults();
  config_.frameIntervalP = 3;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(0), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(1), NV_ENC_ERR_NEED_MORE_INPUT);
  EXPECT_EQ(encode(2), NV_ENC_ERR_NEED_MORE_INPUT);
  NV_ENC_LOCK_BITSTREAM busy = {};
  busy.version = NV_ENC_LOCK_BITSTREAM_VER;
  busy.outputBitstream = outputs_.back();
  busy.doNotWait = 1;
  EXPECT_EQ(api_.nvEncLockBitstream(session_, &busy), NV_ENC_ERR_LOCK_BUSY);
  EXPECT_EQ(encode(3), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(4), NV_ENC_ERR_NEED_MORE_INPUT);
  // A key frame ends the group before it.
  EXPECT_EQ(encode(5, NV_ENC_PIC_FLAG_FORCEIDR), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(6), NV_ENC_ERR_NEED_MORE_INPUT);
  EXPECT_EQ(end_of_stream(), NV_ENC_SUCCESS);
  const auto units = this->units();
  EXPECT_THAT(types(units), ElementsAre(NV_ENC_PIC_TYPE_IDR, NV_ENC_PIC_TYPE_B, NV_ENC_PIC_TYPE_B,
                                        NV_ENC_PIC_TYPE_P, NV_ENC_PIC_TYPE_P, NV_ENC_PIC_TYPE_IDR,
                                        NV_ENC_PIC_TYPE_P));
  const auto shades = decode(units);
  ASSERT_EQ(shades.size(), 7U);
  expect_pictures(shades);
}

TEST_F(NvEncTest, CodesTheLongestGroups) {
  defaults();
  config_.frameIntervalP = 8;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto shades = decode(encode_all(16));
  ASSERT_EQ(shades.size(), 16U);
  expect_pictures(shades);
}

TEST_F(NvEncTest, LetsTheClientDecideOnTypes) {
  defaults();
  init_.enablePTD = 0;
  config_.frameIntervalP = 3;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const std::array wanted = {NV_ENC_PIC_TYPE_IDR, NV_ENC_PIC_TYPE_P, NV_ENC_PIC_TYPE_P,
                             NV_ENC_PIC_TYPE_IDR};
  for (unsigned n = 0; n < wanted.size(); n++) {
    outputs_.push_back(make_output());
    auto params = picture(make_input(n), outputs_.back(), n);
    params.pictureType = wanted[n];
    params.codecPicParams.av1PicParams.refPicFlag = n != 1;
    EXPECT_EQ(api_.nvEncEncodePicture(session_, &params), NV_ENC_SUCCESS);
  }
  auto units = this->units();
  EXPECT_THAT(types(units), ElementsAre(NV_ENC_PIC_TYPE_IDR, NV_ENC_PIC_TYPE_NONREF_P,
                                        NV_ENC_PIC_TYPE_P, NV_ENC_PIC_TYPE_IDR));
  expect_pictures(decode(units));
  // Nothing refers to the second.
  units.erase(units.begin() + 1);
  const auto shades = decode(units);
  ASSERT_EQ(shades.size(), 3U);
  EXPECT_NEAR(shades[1].left, left_luma(2), 6);
}

TEST_F(NvEncTest, LooksAhead) {
  defaults();
  config_.rcParams.enableLookahead = 1;
  config_.rcParams.lookaheadDepth = 2;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(0), NV_ENC_ERR_NEED_MORE_INPUT);
  EXPECT_EQ(encode(1), NV_ENC_ERR_NEED_MORE_INPUT);
  EXPECT_EQ(encode(2), NV_ENC_SUCCESS);
  EXPECT_EQ(lock(outputs_.front()).info.outputTimeStamp, 1000U);
  outputs_.erase(outputs_.begin());
  EXPECT_EQ(end_of_stream(), NV_ENC_SUCCESS);
  EXPECT_EQ(units().size(), 2U);
}

TEST_F(NvEncTest, BeginsGroupsWhenItShall) {
  defaults();
  config_.gopLength = av1().idrPeriod = 3;
  av1().repeatSeqHdr = 0;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  for (unsigned n = 0; n < 3; n++) EXPECT_EQ(encode(n), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(3), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(4, NV_ENC_PIC_FLAG_OUTPUT_SPSPPS), NV_ENC_SUCCESS);
  const auto units = this->units();
  EXPECT_EQ(units[3].info.pictureType, NV_ENC_PIC_TYPE_IDR);
  EXPECT_EQ(units[0].count(sequence_header_obu), 1U);
  EXPECT_EQ(units[3].count(sequence_header_obu), 0U);
  EXPECT_EQ(units[4].count(sequence_header_obu), 1U);
  expect_pictures(decode(units));
}

TEST_F(NvEncTest, WritesTheHeaderThatItTold) {
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  std::array<uint8_t, NV_MAX_SEQ_HDR_LEN> header = {};
  uint32_t size = 0;
  NV_ENC_SEQUENCE_PARAM_PAYLOAD payload = {};
  payload.version = NV_ENC_SEQUENCE_PARAM_PAYLOAD_VER;
  payload.spsppsBuffer = header.data();
  payload.inBufferSize = 4;
  payload.outSPSPPSPayloadSize = &size;
  expect_misuse(api_.nvEncGetSequenceParams(session_, &payload), NV_ENC_ERR_NOT_ENOUGH_BUFFER);
  payload.inBufferSize = header.size();
  ASSERT_EQ(api_.nvEncGetSequenceParams(session_, &payload), NV_ENC_SUCCESS);
  const auto unit = encode_all(1).front();
  constexpr size_t delimiter = 2;
  ASSERT_GT(unit.bytes.size(), delimiter + size);
  EXPECT_TRUE(std::equal(header.begin(), header.begin() + size, unit.bytes.begin() + delimiter));
}

TEST_F(NvEncTest, InsertsMetadata) {
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  std::array<uint8_t, 4> light = {0x03, 0xe8, 0x01, 0x90};
  NV_ENC_AV1_OBU_PAYLOAD payload = {
      .payloadSize = light.size(), .payloadType = 1, .payload = light.data()};
  outputs_.push_back(make_output());
  auto params = picture(make_input(0), outputs_.back(), 0);
  auto& av1_params = params.codecPicParams.av1PicParams;
  av1_params.obuPayloadArrayCnt = 1;
  av1_params.obuPayloadArray = &payload;
  ASSERT_EQ(api_.nvEncEncodePicture(session_, &params), NV_ENC_SUCCESS);
  const auto units = this->units();
  EXPECT_EQ(units[0].count(metadata_obu), 1U);
  EXPECT_EQ(decode(units).size(), 1U);
}

TEST_F(NvEncTest, DividesPicturesIntoTiles) {
  defaults();
  init_.encodeWidth = init_.darWidth = 256;
  init_.encodeHeight = init_.darHeight = 192;
  std::array<uint32_t, 2> widths = {1, 3};
  std::array<uint32_t, 1> heights = {3};
  av1().enableCustomTileConfig = 1;
  av1().numTileColumns = widths.size();
  av1().numTileRows = heights.size();
  av1().tileWidths = widths.data();
  av1().tileHeights = heights.data();
  widths[1] = 2;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
  widths[1] = 3;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(0), NV_ENC_SUCCESS);
  outputs_.push_back(make_output());
  auto params = picture(make_input(1), outputs_.back(), 1);
  params.codecPicParams.av1PicParams.tileConfigUpdate = 1;
  params.codecPicParams.av1PicParams.numTileColumns = 4;
  params.codecPicParams.av1PicParams.numTileRows = 2;
  ASSERT_EQ(api_.nvEncEncodePicture(session_, &params), NV_ENC_SUCCESS);
  const auto shades = decode(units());
  ASSERT_EQ(shades.size(), 2U);
  EXPECT_EQ(shades[0].tile_columns, 2U);
  EXPECT_EQ(shades[0].tile_rows, 1U);
  EXPECT_EQ(shades[1].tile_columns, 4U);
  EXPECT_EQ(shades[1].tile_rows, 2U);
  expect_pictures(shades);
}

TEST_F(NvEncTest, WritesAnnexB) {
  defaults();
  av1().outputAnnexBFormat = 1;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto units = encode_all(2);
  EXPECT_EQ(units[0].count(sequence_header_obu, true), 1U);
  EXPECT_EQ(units[0].bytes[0] + 1U, units[0].bytes.size());
}

TEST_F(NvEncTest, PadsConstantBitrates) {
  defaults();
  config_.rcParams.averageBitRate = 2'400'000;
  av1().enableBitstreamPadding = 1;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto units = encode_all(3);
  for (const auto& unit : units) EXPECT_NEAR(static_cast<double>(unit.bytes.size()), 10'000, 4);
  EXPECT_EQ(units[1].count(padding_obu), 1U);
  expect_pictures(decode(units));
}

TEST_F(NvEncTest, CodesAtTheTargetQuality) {
  defaults();
  config_.frameIntervalP = 3;
  config_.rcParams.rateControlMode = NV_ENC_PARAMS_RC_VBR;
  config_.rcParams.targetQuality = 25;
  config_.rcParams.targetQualityLSB = 64;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto units = encode_all(7);
  // 25.25 of 63 is 102 of 255, of which libaom has every fourth.
  for (const auto& unit : units) EXPECT_NEAR(unit.info.frameAvgQP, 102, 2);
  expect_pictures(decode(units));
  NV_ENC_RECONFIGURE_PARAMS change = {};
  change.version = NV_ENC_RECONFIGURE_PARAMS_VER;
  config_.rcParams.targetQuality = config_.rcParams.targetQualityLSB = 0;
  change.reInitEncodeParams = init_;
  EXPECT_EQ(api_.nvEncReconfigureEncoder(session_, &change), NV_ENC_ERR_UNSUPPORTED_PARAM);
}

TEST_F(NvEncTest, RefusesATargetQualityThatThereIsNot) {
  defaults();
  config_.rcParams.targetQuality = 64;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
}

TEST_F(NvEncTest, CodesTemporalLayers) {
  defaults();
  av1().maxTemporalLayersMinus1 = 2;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto units = encode_all(9);
  expect_pictures(decode(units));
  std::vector<unsigned> layers;
  std::vector<Unit> base;
  for (const auto& unit : units) {
    layers.push_back(unit.info.temporalId);
    if (unit.info.temporalId == 0) base.push_back(unit);
  }
  EXPECT_THAT(layers, ElementsAre(0, 2, 1, 2, 0, 2, 1, 2, 0));
  const auto shades = decode(base);
  ASSERT_EQ(shades.size(), 3U);
  for (unsigned i = 0; i < 3; i++) EXPECT_NEAR(shades[i].left, left_luma(4 * i), 6);
}

TEST_F(NvEncTest, ChangesTheBitrateWithoutAKeyFrame) {
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(0), NV_ENC_SUCCESS);
  NV_ENC_RECONFIGURE_PARAMS change = {};
  change.version = NV_ENC_RECONFIGURE_PARAMS_VER;
  config_.rcParams.averageBitRate = 1'000'000;
  init_.frameRateNum = 60;
  change.reInitEncodeParams = init_;
  ASSERT_EQ(api_.nvEncReconfigureEncoder(session_, &change), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(1), NV_ENC_SUCCESS);
  change.forceIDR = 1;
  ASSERT_EQ(api_.nvEncReconfigureEncoder(session_, &change), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(2), NV_ENC_SUCCESS);
  const auto units = this->units();
  EXPECT_THAT(types(units),
              ElementsAre(NV_ENC_PIC_TYPE_IDR, NV_ENC_PIC_TYPE_P, NV_ENC_PIC_TYPE_IDR));
  expect_pictures(decode(units));
  config_.frameIntervalP = 2;
  expect_misuse(api_.nvEncReconfigureEncoder(session_, &change), NV_ENC_ERR_INVALID_PARAM);
}

TEST_F(NvEncTest, ChangesTheSizeUpToTheGreatest) {
  defaults();
  init_.encodeWidth = init_.maxEncodeWidth = init_.darWidth = 320;
  init_.encodeHeight = init_.maxEncodeHeight = init_.darHeight = 240;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(0), NV_ENC_SUCCESS);
  init_.encodeWidth = init_.darWidth = 256;
  init_.encodeHeight = init_.darHeight = 144;
  NV_ENC_RECONFIGURE_PARAMS change = {};
  change.version = NV_ENC_RECONFIGURE_PARAMS_VER;
  change.reInitEncodeParams = init_;
  ASSERT_EQ(api_.nvEncReconfigureEncoder(session_, &change), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(1), NV_ENC_SUCCESS);
  const auto shades = decode(units());
  ASSERT_EQ(shades.size(), 2U);
  EXPECT_EQ(shades[0].width, 320U);
  EXPECT_EQ(shades[1].width, 256U);
  EXPECT_EQ(shades[1].height, 144U);
  expect_pictures(shades);
  change.reInitEncodeParams.encodeWidth = 322;
  expect_misuse(api_.nvEncReconfigureEncoder(session_, &change), NV_ENC_ERR_INVALID_PARAM);
}

TEST_F(NvEncTest, ForgetsPicturesThatAreInvalid) {
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(0), NV_ENC_SUCCESS);
  EXPECT_EQ(api_.nvEncInvalidateRefFrames(session_, 1000), NV_ENC_SUCCESS);
  expect_misuse(api_.nvEncInvalidateRefFrames(session_, 77), NV_ENC_ERR_INVALID_PARAM);
  ASSERT_EQ(encode(1), NV_ENC_SUCCESS);
  const auto units = this->units();
  expect_pictures(decode({units[1]}), 1);
}

// With REFDRV_NULL, which tests/refdrv/nv/meson.build sets.
class NvEncNull : public NvEncTest {
 protected:
  void SetUp() override {
    if (!std::getenv("REFDRV_NULL")) GTEST_SKIP() << "the driver codes what it is given";
    NvEncTest::SetUp();
  }
  void TearDown() override {
    if (!IsSkipped()) NvEncTest::TearDown();
  }
  // Any number of them decodes, each to a grey picture.
  void expect_grey(const std::vector<Unit>& units) {
    const auto shades = decode(units);
    ASSERT_EQ(shades.size(), units.size());
    for (unsigned i = 0; i < units.size(); i++) {
      EXPECT_NEAR(shades[i].left, 128, 2) << "picture " << i;
      EXPECT_NEAR(shades[i].right, 128, 2) << "picture " << i;
      EXPECT_LT(units[i].bytes.size(), 200U) << "unit " << i;
      EXPECT_EQ(units[i].count(frame_obu), 1U) << "unit " << i;
      const bool key = units[i].info.pictureType == NV_ENC_PIC_TYPE_IDR;
      EXPECT_EQ(units[i].count(sequence_header_obu), key ? 1U : 0U) << "unit " << i;
    }
  }
};

TEST_F(NvEncNull, GivesUnitsThatDecode) {
  defaults();
  config_.gopLength = av1().idrPeriod = 100;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  expect_grey(encode_all(150));
}

TEST_F(NvEncNull, GivesGroupsInTheirOrder) {
  defaults();
  config_.frameIntervalP = 3;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto units = encode_all(5);
  EXPECT_THAT(types(units), ElementsAre(NV_ENC_PIC_TYPE_IDR, NV_ENC_PIC_TYPE_B, NV_ENC_PIC_TYPE_B,
                                        NV_ENC_PIC_TYPE_P, NV_ENC_PIC_TYPE_P));
  expect_grey(units);
}

TEST_F(NvEncNull, HasOneTemporalLayer) {
  defaults();
  av1().maxTemporalLayersMinus1 = 2;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  expect_grey(encode_all(5));
}

}  // namespace
}  // namespace refdrv::nv
