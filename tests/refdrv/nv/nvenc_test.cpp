// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvidia-encode as a client meets it: what it says of itself, and that misuse is noticed.
#include <gmock/gmock.h>

#include <cstdlib>

#include "refdrv/nv/nvenc_fixture.h"

namespace refdrv::nv {
namespace {

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
  config_.frameIntervalP = 4;
  config_.gopLength = 3;
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
