// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams that are late (REFDRV_STREAMS=late): NVENC sees what a client made it wait for, and
// nothing that it did not.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "refdrv/nv/nvenc_fixture.h"

namespace refdrv::nv {
namespace {

constexpr unsigned pitch = 256;
constexpr size_t picture_bytes = size_t{pitch} * (test_height + test_height / 2);
constexpr unsigned before = 2;   // what is there at first
constexpr unsigned written = 9;  // what a stream is to write over it

class NvEncLateStreams : public NvEncTest {
 protected:
  void SetUp() override {
    if (!std::getenv("REFDRV_STREAMS")) GTEST_SKIP() << "streams are never late";
    NvEncTest::SetUp();
    defaults();
    ASSERT_EQ(initialize(), NV_ENC_SUCCESS);
    ASSERT_EQ(cuStreamCreate(&writer_, 0), success);
    ASSERT_EQ(cuStreamCreate(&reader_, 0), success);
    ASSERT_EQ(api_.nvEncSetIOCudaStreams(session_, &reader_, &reader_), NV_ENC_SUCCESS);
    input_ = make_device_picture(before, pitch);
    source_ = make_device_picture(written, pitch);
    NV_ENC_REGISTER_RESOURCE resource = registration(input_, pitch);
    ASSERT_EQ(api_.nvEncRegisterResource(session_, &resource), NV_ENC_SUCCESS);
    registered_ = resource.registeredResource;
    ASSERT_EQ(cuMemcpyDtoDAsync_v2(input_, source_, picture_bytes, writer_), success);
  }
  void TearDown() override {
    if (!session_) return;
    EXPECT_EQ(api_.nvEncUnregisterResource(session_, registered_), NV_ENC_SUCCESS);
    EXPECT_EQ(cuMemFree_v2(input_), success);
    EXPECT_EQ(cuMemFree_v2(source_), success);
    EXPECT_EQ(cuStreamDestroy_v2(writer_), success);
    EXPECT_EQ(cuStreamDestroy_v2(reader_), success);
    NvEncTest::TearDown();
  }

  // The picture that NVENC sees.
  void expect_coded(unsigned n) {
    NV_ENC_MAP_INPUT_RESOURCE map = {};
    map.version = NV_ENC_MAP_INPUT_RESOURCE_VER;
    map.registeredResource = registered_;
    ASSERT_EQ(api_.nvEncMapInputResource(session_, &map), NV_ENC_SUCCESS);
    const auto output = make_output();
    auto params = picture(map.mappedResource, output, 0);
    ASSERT_EQ(api_.nvEncEncodePicture(session_, &params), NV_ENC_SUCCESS);
    const Unit unit = lock(output);
    ASSERT_EQ(unit.status, NV_ENC_SUCCESS);
    EXPECT_EQ(api_.nvEncUnmapInputResource(session_, map.mappedResource), NV_ENC_SUCCESS);
    expect_pictures(decode({unit}), n);
  }

  CUstream writer_ = nullptr;
  CUstream reader_ = nullptr;
  CUdeviceptr input_ = 0;
  CUdeviceptr source_ = 0;
  NV_ENC_REGISTERED_PTR registered_ = nullptr;
};

TEST_F(NvEncLateStreams, WhoDoesNotWaitSeesWhatWasThereBefore) { expect_coded(before); }

TEST_F(NvEncLateStreams, TheStreamMayWait) {
  CUevent event = nullptr;
  ASSERT_EQ(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), success);
  ASSERT_EQ(cuEventRecord(event, writer_), success);
  ASSERT_EQ(cuStreamWaitEvent(reader_, event, 0), success);
  // What comes behind the event is not waited for.
  CUdeviceptr later = make_device_picture(before, pitch);
  ASSERT_EQ(cuMemcpyDtoDAsync_v2(input_, later, picture_bytes, writer_), success);
  expect_coded(written);
  EXPECT_EQ(cuEventDestroy_v2(event), success);
  EXPECT_EQ(cuMemFree_v2(later), success);
}

TEST_F(NvEncLateStreams, TheClientMayWait) {
  ASSERT_EQ(cuStreamSynchronize(writer_), success);
  expect_coded(written);
}

TEST_F(NvEncLateStreams, TheDefaultStreamWaitsForAll) {
  ASSERT_EQ(api_.nvEncSetIOCudaStreams(session_, nullptr, nullptr), NV_ENC_SUCCESS);
  expect_coded(written);
}

TEST_F(NvEncLateStreams, MemoryOfTheHostIsCopiedAtOnce) {
  std::vector<uint8_t> host(picture_bytes);
  ASSERT_EQ(cuMemcpyDtoH_v2(host.data(), source_, host.size()), success);
  ASSERT_EQ(cuMemcpyHtoDAsync_v2(input_, host.data(), host.size(), reader_), success);
  std::ranges::fill(host, uint8_t{0});
  expect_coded(written);
}

}  // namespace
}  // namespace refdrv::nv
