// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvidia-encode as a client meets it: what it codes, and that misuse is noticed.
#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <format>

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

int capability(NV_ENCODE_API_FUNCTION_LIST& api, void* session, NV_ENC_CAPS which) {
  NV_ENC_CAPS_PARAM params = {};
  params.version = NV_ENC_CAPS_PARAM_VER;
  params.capsToQuery = which;
  int value = -1;
  EXPECT_EQ(api.nvEncGetEncodeCaps(session, NV_ENC_CODEC_AV1_GUID, &params, &value),
            NV_ENC_SUCCESS);
  return value;
}

TEST_F(NvEncTest, TellsTheCapabilitiesOfItsProfile) {
  uint32_t version = 0;
  EXPECT_EQ(NvEncodeAPIGetMaxSupportedVersion(&version), NV_ENC_SUCCESS);
  EXPECT_EQ(version, 12U << 4 | 1U);
  session_ = open_session();
  EXPECT_EQ(capability(api_, session_, NV_ENC_CAPS_WIDTH_MIN), 192);
  EXPECT_EQ(capability(api_, session_, NV_ENC_CAPS_HEIGHT_MAX), 8192);
  EXPECT_EQ(capability(api_, session_, NV_ENC_CAPS_NUM_MAX_BFRAMES), 7);
  EXPECT_EQ(capability(api_, session_, NV_ENC_CAPS_NUM_ENCODER_ENGINES), 2);
  EXPECT_EQ(capability(api_, session_, NV_ENC_CAPS_SUPPORT_10BIT_ENCODE), 1);
  EXPECT_EQ(capability(api_, session_, NV_ENC_CAPS_SUPPORT_YUV444_ENCODE), 0);
  EXPECT_EQ(capability(api_, session_, NV_ENC_CAPS_ASYNC_ENCODE_SUPPORT), 0);
}

TEST_F(NvEncTest, ChecksVersions) {
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS open = {};
  open.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  open.apiVersion = 13;
  open.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  open.device = context_;
  void* session = nullptr;
  expect_misuse(api_.nvEncOpenEncodeSessionEx(&open, &session), NV_ENC_ERR_INVALID_VERSION);
  open.version = 0;
  expect_misuse(api_.nvEncOpenEncodeSessionEx(&open, &session), NV_ENC_ERR_INVALID_VERSION);
  defaults();
  init_.version = NV_ENC_CONFIG_VER;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_VERSION);
  init_.version = NV_ENC_INITIALIZE_PARAMS_VER;
  config_.version = 0;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_VERSION);
}

TEST_F(NvEncTest, HasAsManySessionsAsTheProfileSays) {
  std::vector<void*> sessions;
  for (unsigned i = 0; i < 8; i++) sessions.push_back(open_session());
  EXPECT_EQ(open_session(NV_ENC_ERR_OUT_OF_MEMORY), nullptr);
  EXPECT_EQ(api_.nvEncDestroyEncoder(sessions.back()), NV_ENC_SUCCESS);
  sessions.back() = open_session();
  for (void* session : sessions) EXPECT_EQ(api_.nvEncDestroyEncoder(session), NV_ENC_SUCCESS);
  expect_misuse(api_.nvEncDestroyEncoder(sessions.back()), NV_ENC_ERR_INVALID_ENCODERDEVICE);
}

TEST_F(NvEncTest, RefusesSizesThatTheDeviceHasNot) {
  defaults();
  init_.encodeWidth = 190;
  EXPECT_EQ(initialize(), NV_ENC_ERR_INVALID_PARAM);
  EXPECT_THAT(api_.nvEncGetLastErrorString(session_), testing::HasSubstr("190x128"));
  init_.encodeWidth = 8194;
  EXPECT_EQ(initialize(), NV_ENC_ERR_INVALID_PARAM);
}

TEST_F(NvEncTest, NoticesWrongConfigurations) {
  defaults();
  init_.enableEncodeAsync = 1;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
  init_.enableEncodeAsync = 0;
  config_.frameIntervalP = 9;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
  config_.frameIntervalP = 1;
  av1().chromaFormatIDC = 3;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
  av1().chromaFormatIDC = 1;
  av1().inputPixelBitDepthMinus8 = 2;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
  av1().inputPixelBitDepthMinus8 = 0;
  av1().reserved1[0] = 1;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
  av1().reserved1[0] = 0;
  init_.tuningInfo = NV_ENC_TUNING_INFO_UNDEFINED;
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_PARAM);
}

TEST_F(NvEncTest, NoticesCallsOutOfOrder) {
  defaults();
  NV_ENC_CREATE_BITSTREAM_BUFFER create = {};
  create.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER;
  expect_misuse(api_.nvEncCreateBitstreamBuffer(session_, &create),
                NV_ENC_ERR_ENCODER_NOT_INITIALIZED);
  expect_misuse(end_of_stream(), NV_ENC_ERR_ENCODER_NOT_INITIALIZED);
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  expect_misuse(initialize(), NV_ENC_ERR_INVALID_CALL);
  const auto output = make_output();
  expect_misuse(lock(output).status, NV_ENC_ERR_INVALID_PARAM);
  expect_misuse(api_.nvEncUnlockBitstream(session_, output), NV_ENC_ERR_INVALID_CALL);
  EXPECT_EQ(api_.nvEncDestroyBitstreamBuffer(session_, output), NV_ENC_SUCCESS);
  expect_misuse(lock(output).status, NV_ENC_ERR_INVALID_PARAM);
  NV_ENC_EVENT_PARAMS event = {};
  event.version = NV_ENC_EVENT_PARAMS_VER;
  expect_misuse(api_.nvEncRegisterAsyncEvent(session_, &event), NV_ENC_ERR_UNIMPLEMENTED);
}

TEST_F(NvEncTest, NoticesWrongPictures) {
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto input = make_input(0);
  const auto output = make_output();
  auto params = picture(input, output, 0);
  params.bufferFmt = NV_ENC_BUFFER_FORMAT_IYUV;
  expect_misuse(api_.nvEncEncodePicture(session_, &params), NV_ENC_ERR_INVALID_PARAM);
  params = picture(output, output, 0);
  expect_misuse(api_.nvEncEncodePicture(session_, &params), NV_ENC_ERR_INVALID_PARAM);
  params = picture(input, output, 0);
  params.inputWidth = 64;
  expect_misuse(api_.nvEncEncodePicture(session_, &params), NV_ENC_ERR_INVALID_PARAM);
  params = picture(input, output, 0);
  params.completionEvent = this;
  expect_misuse(api_.nvEncEncodePicture(session_, &params), NV_ENC_ERR_INVALID_EVENT);
  NV_ENC_LOCK_INPUT_BUFFER lock_input = {};
  lock_input.version = NV_ENC_LOCK_INPUT_BUFFER_VER;
  lock_input.inputBuffer = input;
  ASSERT_EQ(api_.nvEncLockInputBuffer(session_, &lock_input), NV_ENC_SUCCESS);
  params = picture(input, output, 0);
  expect_misuse(api_.nvEncEncodePicture(session_, &params), NV_ENC_ERR_INVALID_PARAM);
  EXPECT_EQ(api_.nvEncUnlockInputBuffer(session_, input), NV_ENC_SUCCESS);
  EXPECT_EQ(api_.nvEncEncodePicture(session_, &params), NV_ENC_SUCCESS);
  expect_misuse(api_.nvEncEncodePicture(session_, &params), NV_ENC_ERR_INVALID_PARAM);
  EXPECT_EQ(lock(output).status, NV_ENC_SUCCESS);
}

TEST_F(NvEncTest, NoticesWrongRegistrations) {
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  const auto address = make_device_picture(0, 512);
  auto params = registration(address, 512 - 2);
  expect_misuse(api_.nvEncRegisterResource(session_, &params), NV_ENC_ERR_INVALID_PARAM);
  params = registration(address, 188);
  expect_misuse(api_.nvEncRegisterResource(session_, &params), NV_ENC_ERR_INVALID_PARAM);
  params = registration(address + 512, 512);
  expect_misuse(api_.nvEncRegisterResource(session_, &params), NV_ENC_ERR_RESOURCE_REGISTER_FAILED);
  CUdeviceptr ordered = 0;
  ASSERT_EQ(cuMemAllocAsync(&ordered, 512 * 192, nullptr), success);
  params = registration(ordered, 512);
  expect_misuse(api_.nvEncRegisterResource(session_, &params), NV_ENC_ERR_RESOURCE_REGISTER_FAILED);
  EXPECT_EQ(cuMemFree_v2(ordered), success);
  EXPECT_EQ(cuMemFree_v2(address), success);
}

TEST_F(NvEncTest, ReadsRegisteredMemoryUntilItIsCoded) {
  defaults();
  config_.frameIntervalP = 3;
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  ASSERT_EQ(encode(0), NV_ENC_SUCCESS);
  const auto address = make_device_picture(1, 512);
  auto params = registration(address, 512);
  ASSERT_EQ(api_.nvEncRegisterResource(session_, &params), NV_ENC_SUCCESS);
  NV_ENC_MAP_INPUT_RESOURCE map = {};
  map.version = NV_ENC_MAP_INPUT_RESOURCE_VER;
  map.registeredResource = params.registeredResource;
  ASSERT_EQ(api_.nvEncMapInputResource(session_, &map), NV_ENC_SUCCESS);
  outputs_.push_back(make_output());
  auto given = picture(map.mappedResource, outputs_.back(), 1);
  ASSERT_EQ(api_.nvEncEncodePicture(session_, &given), NV_ENC_ERR_NEED_MORE_INPUT);
  expect_misuse(api_.nvEncUnmapInputResource(session_, map.mappedResource),
                NV_ENC_ERR_INVALID_CALL);
  expect_misuse(api_.nvEncUnregisterResource(session_, params.registeredResource),
                NV_ENC_ERR_INVALID_CALL);
  // What was there when the picture was given is not what is coded.
  const std::vector<uint8_t> white(512 * 192, 235);
  ASSERT_EQ(cuMemcpyHtoD_v2(address, white.data(), white.size()), success);
  ASSERT_EQ(end_of_stream(), NV_ENC_SUCCESS);
  const auto shades = decode(units());
  expected_misuses_++;
  ASSERT_EQ(shades.size(), 2U);
  EXPECT_NEAR(shades[1].left, 235, 6);
  EXPECT_EQ(api_.nvEncUnmapInputResource(session_, map.mappedResource), NV_ENC_SUCCESS);
  EXPECT_EQ(api_.nvEncUnregisterResource(session_, params.registeredResource), NV_ENC_SUCCESS);
  EXPECT_EQ(cuMemFree_v2(address), success);
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

// With REFDRV_FAULTS, which tests/refdrv/nv/meson.build sets.
class NvEncFaults : public NvEncTest {
  void TearDown() override {}  // nothing is left of the device
};

TEST_F(NvEncFaults, FailsAsItsScriptSays) {
  if (!std::getenv("REFDRV_FAULTS")) GTEST_SKIP() << "no fault script";
  defaults();
  ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(0), NV_ENC_SUCCESS);
  EXPECT_EQ(encode(1), NV_ENC_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(encode(2), NV_ENC_ERR_DEVICE_NOT_EXIST);
  EXPECT_EQ(api_.nvEncDestroyEncoder(session_), NV_ENC_ERR_DEVICE_NOT_EXIST);
  expect_misuse(api_.nvEncDestroyEncoder(session_), NV_ENC_ERR_INVALID_ENCODERDEVICE);
  session_ = nullptr;
}

// On a profile without an encoder.
using NvEncWithoutEncoder = NvEncTest;

TEST_F(NvEncWithoutEncoder, RefusesSessions) {
  if (driver()->machine().profile().nvenc_engines > 0) GTEST_SKIP() << "the device has an encoder";
  EXPECT_EQ(open_session(NV_ENC_ERR_UNSUPPORTED_DEVICE), nullptr);
}

}  // namespace
}  // namespace refdrv::nv
