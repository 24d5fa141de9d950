// SPDX-License-Identifier: LGPL-2.1-or-later
// A client of libnvidia-encode for the tests.
#include "refdrv/nv/nvenc_fixture.h"

#include <dav1d/dav1d.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "refdrv/nv/parser/obu.h"

namespace refdrv::nv {

namespace {

constexpr double tolerance = 6;

std::vector<uint8_t> nv12_picture(unsigned n, size_t pitch, unsigned width, unsigned height) {
  std::vector<uint8_t> bytes(pitch * (height + height / 2), 128);
  for (unsigned y = 0; y < height; y++) {
    for (unsigned x = 0; x < width; x++) {
      bytes[y * pitch + x] = static_cast<uint8_t>(x < width / 2 ? left_luma(n) : right_luma(n));
    }
  }
  return bytes;
}

double mean(const Dav1dPicture& picture, int from, int to) {
  double sum = 0;
  for (int y = 0; y < picture.p.h; y++) {
    const auto* row = static_cast<const uint8_t*>(picture.data[0]) + y * picture.stride[0];
    sum = std::accumulate(row + from, row + to, sum);
  }
  return sum / ((to - from) * picture.p.h);
}

Shades shades_of(const Dav1dPicture& picture) {
  const auto& tiling = picture.frame_hdr->tiling;
  return {.width = static_cast<unsigned>(picture.p.w),
          .height = static_cast<unsigned>(picture.p.h),
          .tile_columns = tiling.cols,
          .tile_rows = tiling.rows,
          .left = mean(picture, 0, picture.p.w / 2),
          .right = mean(picture, picture.p.w / 2, picture.p.w)};
}

}  // namespace

unsigned Unit::count(unsigned obu_type, bool annexb) const {
  ObuReader reader(bytes, annexb);
  unsigned found = 0;
  while (true) {
    const auto obu = reader.next();
    EXPECT_TRUE(obu) << obu.error().message;
    if (!obu || !*obu) return found;
    if (static_cast<unsigned>((*obu)->type) == obu_type) found++;
  }
}

void NvEncTest::SetUp() {
  ASSERT_NE(driver(), nullptr) << "REFDRV_PROFILE describes no NVIDIA device";
  ASSERT_EQ(cuInit(0), success);
  ASSERT_EQ(cuCtxCreate_v2(&context_, 0, 0), success);
  api_.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  ASSERT_EQ(NvEncodeAPICreateInstance(&api_), NV_ENC_SUCCESS);
  misuses_before_ = misuses();
}

void NvEncTest::TearDown() {
  if (session_) {
    EXPECT_EQ(api_.nvEncDestroyEncoder(session_), NV_ENC_SUCCESS);
  }
  EXPECT_EQ(misuses() - misuses_before_, expected_misuses_);
  EXPECT_EQ(cuCtxDestroy_v2(context_), success);
}

void NvEncTest::expect_misuse(NVENCSTATUS result, NVENCSTATUS status) {
  EXPECT_EQ(result, status);
  expected_misuses_++;
  EXPECT_EQ(misuses() - misuses_before_, expected_misuses_);
}

void* NvEncTest::open_session(NVENCSTATUS expected) {
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS params = {};
  params.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  params.apiVersion = NVENCAPI_VERSION;
  params.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  params.device = context_;
  void* session = nullptr;
  EXPECT_EQ(api_.nvEncOpenEncodeSessionEx(&params, &session), expected);
  return session;
}

void NvEncTest::defaults(NV_ENC_TUNING_INFO tuning) {
  if (!session_) session_ = open_session();
  NV_ENC_PRESET_CONFIG preset = {};
  preset.version = NV_ENC_PRESET_CONFIG_VER;
  preset.presetCfg.version = NV_ENC_CONFIG_VER;
  ASSERT_EQ(api_.nvEncGetEncodePresetConfigEx(session_, NV_ENC_CODEC_AV1_GUID,
                                              NV_ENC_PRESET_P4_GUID, tuning, &preset),
            NV_ENC_SUCCESS);
  config_ = preset.presetCfg;
  init_ = {};
  init_.version = NV_ENC_INITIALIZE_PARAMS_VER;
  init_.encodeGUID = NV_ENC_CODEC_AV1_GUID;
  init_.presetGUID = NV_ENC_PRESET_P4_GUID;
  init_.tuningInfo = tuning;
  init_.encodeWidth = init_.darWidth = test_width;
  init_.encodeHeight = init_.darHeight = test_height;
  init_.frameRateNum = 30;
  init_.frameRateDen = 1;
  init_.enablePTD = 1;
  init_.encodeConfig = &config_;
}

NV_ENC_INPUT_PTR NvEncTest::make_input(unsigned n) {
  NV_ENC_CREATE_INPUT_BUFFER create = {};
  create.version = NV_ENC_CREATE_INPUT_BUFFER_VER;
  create.width = init_.encodeWidth;
  create.height = init_.encodeHeight;
  create.bufferFmt = NV_ENC_BUFFER_FORMAT_NV12;
  EXPECT_EQ(api_.nvEncCreateInputBuffer(session_, &create), NV_ENC_SUCCESS);
  fill_input(create.inputBuffer, n);
  return create.inputBuffer;
}

void NvEncTest::fill_input(NV_ENC_INPUT_PTR input, unsigned n) {
  NV_ENC_LOCK_INPUT_BUFFER lock = {};
  lock.version = NV_ENC_LOCK_INPUT_BUFFER_VER;
  lock.inputBuffer = input;
  ASSERT_EQ(api_.nvEncLockInputBuffer(session_, &lock), NV_ENC_SUCCESS);
  const auto bytes = nv12_picture(n, lock.pitch, init_.encodeWidth, init_.encodeHeight);
  std::memcpy(lock.bufferDataPtr, bytes.data(), bytes.size());
  ASSERT_EQ(api_.nvEncUnlockInputBuffer(session_, input), NV_ENC_SUCCESS);
}

NV_ENC_OUTPUT_PTR NvEncTest::make_output() {
  NV_ENC_CREATE_BITSTREAM_BUFFER create = {};
  create.version = NV_ENC_CREATE_BITSTREAM_BUFFER_VER;
  EXPECT_EQ(api_.nvEncCreateBitstreamBuffer(session_, &create), NV_ENC_SUCCESS);
  return create.bitstreamBuffer;
}

NV_ENC_PIC_PARAMS NvEncTest::picture(NV_ENC_INPUT_PTR input, NV_ENC_OUTPUT_PTR output,
                                     unsigned n) const {
  NV_ENC_PIC_PARAMS params = {};
  params.version = NV_ENC_PIC_PARAMS_VER;
  params.inputWidth = init_.encodeWidth;
  params.inputHeight = init_.encodeHeight;
  params.inputPitch = init_.encodeWidth;
  params.inputBuffer = input;
  params.outputBitstream = output;
  params.bufferFmt = NV_ENC_BUFFER_FORMAT_NV12;
  params.pictureStruct = NV_ENC_PIC_STRUCT_FRAME;
  params.inputTimeStamp = 1000 + n;
  params.inputDuration = 7;
  params.frameIdx = n;
  return params;
}

NVENCSTATUS NvEncTest::encode(unsigned n, uint32_t flags) {
  const auto output = make_output();
  auto params = picture(make_input(n), output, n);
  params.encodePicFlags = flags;
  const auto status = api_.nvEncEncodePicture(session_, &params);
  if (status == NV_ENC_SUCCESS || status == NV_ENC_ERR_NEED_MORE_INPUT) outputs_.push_back(output);
  return status;
}

NVENCSTATUS NvEncTest::end_of_stream() {
  NV_ENC_PIC_PARAMS params = {};
  params.version = NV_ENC_PIC_PARAMS_VER;
  params.encodePicFlags = NV_ENC_PIC_FLAG_EOS;
  return api_.nvEncEncodePicture(session_, &params);
}

Unit NvEncTest::lock(NV_ENC_OUTPUT_PTR output) {
  Unit unit;
  unit.info.version = NV_ENC_LOCK_BITSTREAM_VER;
  unit.info.outputBitstream = output;
  unit.status = api_.nvEncLockBitstream(session_, &unit.info);
  if (unit.status != NV_ENC_SUCCESS) return unit;
  const auto* bytes = static_cast<const uint8_t*>(unit.info.bitstreamBufferPtr);
  unit.bytes.assign(bytes, bytes + unit.info.bitstreamSizeInBytes);
  EXPECT_EQ(api_.nvEncUnlockBitstream(session_, output), NV_ENC_SUCCESS);
  return unit;
}

std::vector<Unit> NvEncTest::units() {
  std::vector<Unit> all;
  for (const auto output : outputs_) {
    all.push_back(lock(output));
    EXPECT_EQ(all.back().status, NV_ENC_SUCCESS);
  }
  outputs_.clear();
  return all;
}

std::vector<Unit> NvEncTest::encode_all(unsigned count) {
  for (unsigned n = 0; n < count; n++) {
    const auto status = encode(n);
    EXPECT_TRUE(status == NV_ENC_SUCCESS || status == NV_ENC_ERR_NEED_MORE_INPUT) << status;
  }
  EXPECT_EQ(end_of_stream(), NV_ENC_SUCCESS);
  return units();
}

CUdeviceptr NvEncTest::make_device_picture(unsigned n, size_t pitch) {
  CUdeviceptr address = 0;
  const auto bytes = nv12_picture(n, pitch, test_width, test_height);
  EXPECT_EQ(cuMemAlloc_v2(&address, bytes.size()), success);
  EXPECT_EQ(cuMemcpyHtoD_v2(address, bytes.data(), bytes.size()), success);
  return address;
}

NV_ENC_REGISTER_RESOURCE NvEncTest::registration(CUdeviceptr address, unsigned pitch) const {
  NV_ENC_REGISTER_RESOURCE params = {};
  params.version = NV_ENC_REGISTER_RESOURCE_VER;
  params.resourceType = NV_ENC_INPUT_RESOURCE_TYPE_CUDADEVICEPTR;
  params.resourceToRegister = reinterpret_cast<void*>(address);
  params.width = test_width;
  params.height = test_height;
  params.pitch = pitch;
  params.bufferFormat = NV_ENC_BUFFER_FORMAT_NV12;
  return params;
}

std::vector<Shades> decode(const std::vector<Unit>& units) {
  std::vector<Shades> all;
  Dav1dSettings settings = {};
  dav1d_default_settings(&settings);
  settings.n_threads = settings.max_frame_delay = 1;
  settings.strict_std_compliance = 1;
  Dav1dContext* decoder = nullptr;
  EXPECT_EQ(dav1d_open(&decoder, &settings), 0);
  for (const auto& unit : units) {
    Dav1dData data = {};
    std::ranges::copy(unit.bytes, dav1d_data_create(&data, unit.bytes.size()));
    while (data.sz > 0) {
      if (const int error = dav1d_send_data(decoder, &data); error != 0 && error != -EAGAIN) {
        ADD_FAILURE() << "unit " << &unit - units.data() << " does not decode";
        dav1d_data_unref(&data);
        break;
      }
      Dav1dPicture picture = {};
      while (dav1d_get_picture(decoder, &picture) == 0) {
        all.push_back(shades_of(picture));
        dav1d_picture_unref(&picture);
      }
    }
    EXPECT_EQ(all.size(), static_cast<size_t>(&unit - units.data()) + 1) << "pictures of a unit";
  }
  dav1d_close(&decoder);
  return all;
}

void expect_pictures(const std::vector<Shades>& shades, unsigned first) {
  for (unsigned i = 0; i < shades.size(); i++) {
    EXPECT_NEAR(shades[i].left, left_luma(first + i), tolerance) << "picture " << i;
    EXPECT_NEAR(shades[i].right, right_luma(first + i), tolerance) << "picture " << i;
  }
}

}  // namespace refdrv::nv
