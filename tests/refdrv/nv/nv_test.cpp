// SPDX-License-Identifier: LGPL-2.1-or-later
// The NVIDIA stand-ins as a client meets them: what works, and that misuse is noticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "refdrv/nv/client.h"
#include "refdrv/nv/driver.h"
#include "refdrv/nv/shared_semaphore.h"

namespace refdrv::nv {
namespace {

// Older than anything of the driver's, so that it looks when all that would be gone.
struct CallAtExit {
  bool wanted = false;
  ~CallAtExit() {
    if (wanted && cuInit(0) != success) _exit(3);
  }
};
CallAtExit call_at_exit;

uint64_t misuses() { return driver()->machine().counters().value("misuse"); }

class NvDriver : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(driver(), nullptr) << "REFDRV_PROFILE describes no NVIDIA device";
    ASSERT_EQ(cuInit(0), success);
    ASSERT_EQ(cuCtxCreate_v2(&context_, 0, 0), success);
    misuses_before_ = misuses();
  }
  void TearDown() override {
    EXPECT_EQ(misuses() - misuses_before_, expected_misuses_);
    EXPECT_EQ(cuCtxDestroy_v2(context_), success);
  }
  void expect_misuse(CUresult result, CUresult error = invalid_value) {
    EXPECT_EQ(result, error);
    expected_misuses_++;
    EXPECT_EQ(misuses() - misuses_before_, expected_misuses_);
  }

  CUcontext context_ = nullptr;
  uint64_t misuses_before_ = 0;
  uint64_t expected_misuses_ = 0;
};

using NvMemory = NvDriver;

TEST_F(NvMemory, KeepsWhatIsCopiedIntoIt) {
  std::array<uint8_t, 64 * 4> in;
  std::iota(in.begin(), in.end(), uint8_t{0});
  CUdeviceptr device = 0;
  size_t pitch = 0;
  ASSERT_EQ(cuMemAllocPitch_v2(&device, &pitch, 64, 4, 16), success);
  EXPECT_EQ(pitch, 512U);
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = in.data();
  copy.srcPitch = 64;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = device;
  copy.dstPitch = pitch;
  copy.WidthInBytes = 64;
  copy.Height = 4;
  ASSERT_EQ(cuMemcpy2D_v2(&copy), success);
  std::array<uint8_t, 16> out = {};
  ASSERT_EQ(cuMemcpyDtoH_v2(out.data(), device + 2 * pitch + 8, out.size()), success);
  EXPECT_EQ(std::memcmp(out.data(), in.data() + 2 * 64 + 8, out.size()), 0);
  EXPECT_EQ(cuMemFree_v2(device), success);
}

TEST_F(NvMemory, NoticesCopiesBeyondAnAllocation) {
  CUdeviceptr device = 0;
  std::array<uint8_t, 100> host = {};
  ASSERT_EQ(cuMemAlloc_v2(&device, 100), success);
  EXPECT_EQ(cuMemcpyHtoD_v2(device, host.data(), 100), success);
  expect_misuse(cuMemcpyHtoD_v2(device + 1, host.data(), 100));
  expect_misuse(cuMemcpyHtoD_v2(reinterpret_cast<CUdeviceptr>(host.data()), host.data(), 1));
  expect_misuse(cuMemFree_v2(device + 1));
  EXPECT_EQ(cuMemFree_v2(device), success);
  expect_misuse(cuMemFree_v2(device));
  expect_misuse(cuMemcpyDtoH_v2(host.data(), device, 1));
}

TEST_F(NvMemory, NoticesADeviceAddressGivenAsHostMemory) {
  CUdeviceptr device = 0;
  ASSERT_EQ(cuMemAlloc_v2(&device, 64), success);
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = reinterpret_cast<const void*>(device);
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = device;
  copy.WidthInBytes = 16;
  copy.Height = 1;
  expect_misuse(cuMemcpy2D_v2(&copy));
  EXPECT_EQ(cuMemFree_v2(device), success);
}

TEST_F(NvMemory, CannotBeReachedByTheClientItself) {
  CUdeviceptr device = 0;
  ASSERT_EQ(cuMemAlloc_v2(&device, 64), success);
  volatile auto* pointer = reinterpret_cast<volatile uint8_t*>(device);
  EXPECT_DEATH(*pointer = 1, "");
  EXPECT_EQ(cuMemFree_v2(device), success);
}

TEST_F(NvMemory, IsSharedThroughExportedDescriptors) {
  constexpr size_t size = 2 << 20;
  const MemAllocationProp prop = {.type = 1,
                                  .requested_handle_types = handle_posix_fd,
                                  .location = {location_device, 0},
                                  .win32_handle_meta_data = nullptr,
                                  .flags = {}};
  MemHandle original = 0;
  ASSERT_EQ(cuMemCreate(&original, size, &prop, 0), success);
  int fd = -1;
  ASSERT_EQ(cuMemExportToShareableHandle(&fd, original, handle_posix_fd, 0), success);
  MemHandle imported = 0;
  ASSERT_EQ(cuMemImportFromShareableHandle(
                &imported, reinterpret_cast<void*>(static_cast<intptr_t>(fd)), handle_posix_fd),
            success);
  close(fd);
  std::array<CUdeviceptr, 2> addresses = {};
  for (auto& address : addresses) {
    ASSERT_EQ(cuMemAddressReserve(&address, size, 0, 0, 0), success);
  }
  ASSERT_EQ(cuMemMap(addresses[0], size, 0, original, 0), success);
  ASSERT_EQ(cuMemMap(addresses[1], size, 0, imported, 0), success);
  const uint32_t in = 0x12345678;
  uint32_t out = 0;
  ASSERT_EQ(cuMemcpyHtoD_v2(addresses[0] + 4096, &in, sizeof in), success);
  ASSERT_EQ(cuMemcpyDtoH_v2(&out, addresses[1] + 4096, sizeof out), success);
  EXPECT_EQ(out, in);
  expect_misuse(cuMemAddressFree(addresses[0], size));
  for (const auto address : addresses) {
    EXPECT_EQ(cuMemUnmap(address, size), success);
    EXPECT_EQ(cuMemAddressFree(address, size), success);
  }
  EXPECT_EQ(cuMemRelease(original), success);
  EXPECT_EQ(cuMemRelease(imported), success);
}

TEST_F(NvDriver, NoticesCallsWithoutAContext) {
  CUcontext popped = nullptr;
  ASSERT_EQ(cuCtxPopCurrent_v2(&popped), success);
  EXPECT_EQ(popped, context_);
  CUdeviceptr device = 0;
  expect_misuse(cuMemAlloc_v2(&device, 16), invalid_context);
  expect_misuse(cuCtxPopCurrent_v2(&popped), invalid_context);
  EXPECT_EQ(cuCtxPushCurrent_v2(context_), success);
}

TEST_F(NvDriver, NoticesStaleHandles) {
  CUstream stream = nullptr;
  ASSERT_EQ(cuStreamCreate(&stream, 0), success);
  EXPECT_EQ(cuStreamSynchronize(stream), success);
  EXPECT_EQ(cuStreamDestroy_v2(stream), success);
  expect_misuse(cuStreamSynchronize(stream), invalid_handle);
  expect_misuse(cuvidDestroyDecoder(nullptr), invalid_handle);
}

// GStreamer's threads may give back a context when main() has returned.
TEST_F(NvDriver, AnswersUntilTheProcessIsGone) {
  EXPECT_EXIT(
      {
        call_at_exit.wanted = true;
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(NvDriver, RunsNoKernels) {
  EXPECT_EQ(cuLaunchKernel(nullptr, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr), not_supported);
}

CUVIDDECODECAPS caps_for(cudaVideoCodec codec, unsigned bit_depth) {
  CUVIDDECODECAPS caps = {};
  caps.eCodecType = codec;
  caps.eChromaFormat = cudaVideoChromaFormat_420;
  caps.nBitDepthMinus8 = bit_depth - 8;
  EXPECT_EQ(cuvidGetDecoderCaps(&caps), success);
  return caps;
}

// Of a timeline, with what it was asked for last.
struct Timeline {
  uint64_t waited = 0, signalled = 0;
  int answer = 0;
};

CUexternalSemaphore import_semaphore(const void* bytes, size_t size, CUresult expected) {
  const int fd = memfd_create("timeline", MFD_CLOEXEC);
  EXPECT_EQ(write(fd, bytes, size), static_cast<ssize_t>(size));
  CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC desc = {};
  desc.type = CU_EXTERNAL_SEMAPHORE_HANDLE_TYPE_TIMELINE_SEMAPHORE_FD;
  desc.handle.fd = fd;
  CUexternalSemaphore semaphore = nullptr;
  EXPECT_EQ(cuImportExternalSemaphore(&semaphore, &desc), expected);
  if (expected != success) close(fd);
  return semaphore;
}

TEST_F(NvDriver, WaitsForAndSignalsTimelinesOfItsProcess) {
  Timeline timeline;
  SharedSemaphore shared;
  shared.process = static_cast<uint64_t>(getpid());
  shared.object = &timeline;
  shared.wait = [](void* object, uint64_t value, uint64_t) {
    static_cast<Timeline*>(object)->waited = value;
    return static_cast<Timeline*>(object)->answer;
  };
  shared.signal = [](void* object, uint64_t value) {
    static_cast<Timeline*>(object)->signalled = value;
    return 0;
  };
  CUexternalSemaphore semaphore = import_semaphore(&shared, sizeof shared, success);
  CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS params = {};
  params.params.fence.value = 7;
  EXPECT_EQ(cuWaitExternalSemaphoresAsync(&semaphore, &params, 1, nullptr), success);
  EXPECT_EQ(timeline.waited, 7U);
  params.params.fence.value = 8;
  EXPECT_EQ(cuSignalExternalSemaphoresAsync(&semaphore, &params, 1, nullptr), success);
  EXPECT_EQ(timeline.signalled, 8U);
  timeline.answer = 2;
  EXPECT_EQ(cuWaitExternalSemaphoresAsync(&semaphore, &params, 1, nullptr), unknown_error);
  EXPECT_EQ(cuDestroyExternalSemaphore(semaphore), success);
  expect_misuse(cuWaitExternalSemaphoresAsync(&semaphore, &params, 1, nullptr), invalid_handle);
  expect_misuse(cuDestroyExternalSemaphore(semaphore));

  // Of another process, or nothing of the kind.
  shared.process++;
  import_semaphore(&shared, sizeof shared, not_supported);
  import_semaphore("no", 2, not_supported);
}

TEST_F(NvDriver, TellsTheCapabilitiesOfItsProfile) {
  const auto eight = caps_for(cudaVideoCodec_AV1, 8);
  EXPECT_TRUE(eight.bIsSupported);
  EXPECT_EQ(eight.nMaxWidth, 8192U);
  EXPECT_EQ(eight.nOutputFormatMask, 1U << cudaVideoSurfaceFormat_NV12);
  EXPECT_EQ(caps_for(cudaVideoCodec_AV1, 10).nOutputFormatMask, 1U << cudaVideoSurfaceFormat_P016);
  const auto twelve = caps_for(cudaVideoCodec_AV1, 12);
  EXPECT_FALSE(twelve.bIsSupported);
  EXPECT_EQ(twelve.nMaxWidth, 0U);
  EXPECT_FALSE(caps_for(cudaVideoCodec_HEVC, 8).bIsSupported);
}

CUVIDDECODECREATEINFO small_decoder() {
  CUVIDDECODECREATEINFO info = {};
  info.ulWidth = info.ulTargetWidth = 64;
  info.ulHeight = info.ulTargetHeight = 64;
  info.ulNumDecodeSurfaces = 4;
  info.ulNumOutputSurfaces = 1;
  info.CodecType = cudaVideoCodec_AV1;
  info.ChromaFormat = cudaVideoChromaFormat_420;
  info.OutputFormat = cudaVideoSurfaceFormat_NV12;
  return info;
}

class NvDecoder : public NvDriver {
 protected:
  void SetUp() override {
    NvDriver::SetUp();
    auto info = small_decoder();
    ASSERT_EQ(cuvidCreateDecoder(&decoder_, &info), success);
    // A key frame whose parameters are consistent, with one tile of arbitrary data.
    params_.pBitstreamData = data_.data();
    params_.nBitstreamDataLen = data_.size();
    params_.nNumSlices = 1;
    params_.pSliceDataOffsets = offsets_.data();
    auto& av1 = params_.CodecSpecific.av1;
    av1.width = av1.height = 64;
    av1.subsampling_x = av1.subsampling_y = 1;
    av1.show_frame = 1;
    av1.force_integer_mv = 1;
    av1.num_tile_cols = av1.num_tile_rows = 1;
    av1.tile_widths[0] = av1.tile_heights[0] = 1;
    av1.base_qindex = 50;
    av1.primary_ref_frame = 0xff;
    for (auto& slot : av1.ref_frame_map) slot = 0xff;
    for (auto& reference : av1.ref_frame) reference.index = 0xff;
    for (auto& motion : av1.global_motion) motion.wmmat[2] = motion.wmmat[5] = 1 << 16;
    const int8_t deltas[8] = {1, 0, 0, 0, -1, 0, -1, -1};
    std::memcpy(av1.loop_filter_ref_deltas, deltas, sizeof deltas);
  }
  void TearDown() override {
    EXPECT_EQ(cuvidDestroyDecoder(decoder_), success);
    NvDriver::TearDown();
  }
  CUVIDAV1PICPARAMS& av1() { return params_.CodecSpecific.av1; }
  CUresult decode() { return cuvidDecodePicture(decoder_, &params_); }

  CUvideodecoder decoder_ = nullptr;
  CUVIDPICPARAMS params_ = {};
  std::array<uint8_t, 64> data_ = {0x12, 0x34, 0x56};
  std::array<unsigned, 2> offsets_ = {0, 64};
};

TEST_F(NvDecoder, MapsWhatItDecoded) {
  ASSERT_EQ(decode(), success);
  CUVIDPROCPARAMS proc = {};
  proc.progressive_frame = 1;
  unsigned long long frame = 0;
  unsigned pitch = 0;
  ASSERT_EQ(cuvidMapVideoFrame64(decoder_, 0, &frame, &pitch, &proc), success);
  EXPECT_EQ(pitch, 512U);
  std::array<uint8_t, 64> row = {};
  EXPECT_EQ(cuMemcpyDtoH_v2(row.data(), frame + pitch * (64 + 31), row.size()), success);
  unsigned long long second = 0;
  expect_misuse(cuvidMapVideoFrame64(decoder_, 0, &second, &pitch, &proc));
  EXPECT_EQ(cuvidUnmapVideoFrame64(decoder_, frame), success);
  expect_misuse(cuvidUnmapVideoFrame64(decoder_, frame));
  expect_misuse(cuvidMapVideoFrame64(decoder_, 1, &second, &pitch, &proc));
  expect_misuse(cuvidMapVideoFrame64(decoder_, 4, &second, &pitch, &proc));
}

TEST_F(NvDecoder, NoticesWrongIndices) {
  params_.CurrPicIdx = av1().decodePicIdx = 4;
  expect_misuse(decode());
  params_.CurrPicIdx = av1().decodePicIdx = -1;
  expect_misuse(decode());
  params_.CurrPicIdx = av1().decodePicIdx = 0;
  av1().ref_frame_map[3] = 1;
  av1().show_frame = 0;
  expect_misuse(decode());
  // A shown key frame does not mind: the map may be of a decoder before this one.
  av1().show_frame = 1;
  EXPECT_EQ(decode(), success);
  av1().ref_frame_map[3] = 9;
  expect_misuse(decode());
  av1().ref_frame_map[3] = 0xff;
  ASSERT_EQ(decode(), success);
  av1().ref_frame_map[3] = 0;
  expect_misuse(decode());
  av1().apply_grain = 1;
  av1().ref_frame_map[3] = 0xff;
  expect_misuse(decode());
}

TEST_F(NvDecoder, NoticesWrongTiles) {
  offsets_ = {0, 65};
  expect_misuse(decode());
  offsets_ = {10, 10};
  expect_misuse(decode());
  offsets_ = {0, 64};
  params_.nNumSlices = 2;
  expect_misuse(decode());
  params_.nNumSlices = 1;
  params_.pBitstreamData = nullptr;
  expect_misuse(decode());
  params_.pBitstreamData = data_.data();
  av1().num_tile_cols = 65;
  expect_misuse(decode());
}

TEST_F(NvDecoder, NoticesPicturesOfAnotherDecoder) {
  av1().bit_depth_minus8 = 2;
  expect_misuse(decode());
  av1().bit_depth_minus8 = 0;
  av1().width = 128;
  expect_misuse(decode());
  av1().width = 64;
  av1().reserved[0] = 1;
  expect_misuse(decode());
}

TEST_F(NvDecoder, NoticesFramesMappedAtItsEnd) {
  CUvideodecoder other = nullptr;
  auto info = small_decoder();
  ASSERT_EQ(cuvidCreateDecoder(&other, &info), success);
  ASSERT_EQ(cuvidDecodePicture(other, &params_), success);
  CUVIDPROCPARAMS proc = {};
  unsigned long long frame = 0;
  unsigned pitch = 0;
  ASSERT_EQ(cuvidMapVideoFrame64(other, 0, &frame, &pitch, &proc), success);
  EXPECT_EQ(cuvidDestroyDecoder(other), success);
  expected_misuses_++;
}

TEST_F(NvDriver, RefusesDecodersThatTheDeviceCannotBe) {
  CUvideodecoder decoder = nullptr;
  auto info = small_decoder();
  info.ulWidth = info.ulTargetWidth = 8194;
  EXPECT_EQ(cuvidCreateDecoder(&decoder, &info), not_supported);
  info = small_decoder();
  info.CodecType = cudaVideoCodec_H264;
  EXPECT_EQ(cuvidCreateDecoder(&decoder, &info), not_supported);
  info = small_decoder();
  info.bitDepthMinus8 = 4;
  EXPECT_EQ(cuvidCreateDecoder(&decoder, &info), not_supported);
  info = small_decoder();
  info.ulTargetWidth = 32;
  EXPECT_EQ(cuvidCreateDecoder(&decoder, &info), not_supported);
  info = small_decoder();
  info.ulNumDecodeSurfaces = 0;
  expect_misuse(cuvidCreateDecoder(&decoder, &info));
}

TEST_F(NvDecoder, ForgetsItsPicturesWhenReconfigured) {
  ASSERT_EQ(decode(), success);
  CUVIDRECONFIGUREDECODERINFO info = {};
  info.ulWidth = info.ulTargetWidth = 32;
  info.ulHeight = info.ulTargetHeight = 32;
  info.ulNumDecodeSurfaces = 4;
  ASSERT_EQ(cuvidReconfigureDecoder(decoder_, &info), success);
  CUVIDPROCPARAMS proc = {};
  unsigned long long frame = 0;
  unsigned pitch = 0;
  expect_misuse(cuvidMapVideoFrame64(decoder_, 0, &frame, &pitch, &proc));
  info.ulWidth = info.ulTargetWidth = 66;
  expect_misuse(cuvidReconfigureDecoder(decoder_, &info));
}

}  // namespace
}  // namespace refdrv::nv
