// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of frames in Vulkan images: the same samples in CUDA memory (on a device that is one of
// CUDA's) and in system memory, of the moment at which they were asked for.
#include "vulkan/cuda/image_copies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "compose_fixture.h"

namespace av1hw::test {
namespace {

class ImageCopiesTest : public ComposeTest {
 protected:
  // Null: the device has no such images.
  BufferHandle frame_of(Memory memory, const GstVideoInfo& info) {
    frame_ = DeviceFrame::make(memory, info, false);
    if (!frame_) return nullptr;
    BufferHandle buffer(gst_buffer_new());
    const ImagePlanes planes = std::get<ImagePlanes>(frame_->planes());
    for (GstVulkanImageMemory* each : planes.memories) {
      if (each) gst_buffer_append_memory(buffer.get(), gst_memory_ref(GST_MEMORY_CAST(each)));
    }
    return buffer;
  }

  static ImageSource source(const GstVideoInfo& info) {
    return {.device = VulkanDevice::get().device(),
            .info = info,
            .calls = std::make_shared<DriverCalls>()};
  }

  // Row by row, without padding.
  static void expect_same(GstBuffer* copy, const Picture& content) {
    GstVideoFrame frame;
    ASSERT_TRUE(gst_video_frame_map(&frame, &content.info(), copy, GST_MAP_READ));
    for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES(&frame); p++) {
      const auto* a = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, p));
      const auto* b = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&content.frame(), p));
      for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, p); y++) {
        EXPECT_TRUE(std::equal(a, a + GST_VIDEO_FRAME_WIDTH(&frame), b)) << p << ": row " << y;
        a += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, p);
        b += GST_VIDEO_FRAME_PLANE_STRIDE(&content.frame(), p);
      }
    }
    gst_video_frame_unmap(&frame);
  }

  std::unique_ptr<DeviceFrame> frame_;
};

class ImageCopiesInCudaTest : public ImageCopiesTest {
 protected:
  void SetUp() override {
    ImageCopiesTest::SetUp();
    if (IsSkipped()) return;
    const Result<int> ordinal = cuda_ordinal_of(VulkanDevice::get().device()->physical_device);
    if (!ordinal) GTEST_SKIP() << ordinal.error().message;
    gst_cuda_memory_init_once();
    context_.reset(gst_cuda_context_new(static_cast<guint>(*ordinal)));
    ASSERT_TRUE(context_);
    stream_.reset(gst_cuda_stream_new(context_.get()));
    ASSERT_TRUE(stream_);
  }

  CudaContextRef context_;
  CudaStreamRef stream_;
};

// Nobody waits for a copy before the image is written again, as its producer does with what it gets
// back. Every other copy is looked at while it may still be made, all of them in the end.
TEST_F(ImageCopiesInCudaTest, AreOfTheMomentAtWhichTheyWereAskedFor) {
  constexpr int width = 202, height = 110, rounds = 6;
  for (const Memory memory : {Memory::Images, Memory::PlanarImage, Memory::VideoImage}) {
    SCOPED_TRACE(memory_name(memory));
    const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12, width, height);
    const BufferHandle frame = frame_of(memory, info);
    if (!frame) continue;
    const Result<std::unique_ptr<ImageCopies>> copies =
        copies_in_cuda(source(info), context_.get(), stream_.get());
    ASSERT_TRUE(copies) << copies.error().message;
    std::vector<BufferHandle> made;
    for (unsigned round = 0; round < rounds; round++) {
      Picture content(info);
      content.paint_noise(round);
      frame_->write(content.frame());
      Result<MemoryBridge::Copy> copy = (*copies)->of(frame.get());
      ASSERT_TRUE(copy) << copy.error().message;
      EXPECT_TRUE(copy->on_device);
      EXPECT_EQ(copy->bytes, uint64_t{width} * height * 3 / 2);
      if (round % 2 == 1) expect_same(copy->frame.get(), content);
      made.push_back(std::move(copy->frame));
    }
    Picture other(info);
    other.paint_noise(1000);
    frame_->write(other.frame());
    for (unsigned round = 0; round < rounds; round++) {
      SCOPED_TRACE(round);
      Picture content(info);
      content.paint_noise(round);
      ASSERT_TRUE(gst_is_cuda_memory(gst_buffer_peek_memory(made[round].get(), 0)));
      expect_same(made[round].get(), content);
    }
  }
}

// tests/vulkan/fault_layer has the reference driver share them; other drivers do so by themselves.
TEST_F(ImageCopiesInCudaTest, NeedNoCpuWhereSemaphoresAreShared) {
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12, 64, 64);
  const Result<std::unique_ptr<ImageCopies>> copies =
      copies_in_cuda(source(info), context_.get(), stream_.get());
  ASSERT_TRUE(copies) << copies.error().message;
  if (std::getenv("REFDRV_PROFILE") && !std::getenv("AV1HW_VK_FAULTS")) {
    EXPECT_NE((*copies)->obstacle(), "") << "lavapipe exports no timelines";
  } else {
    EXPECT_EQ((*copies)->obstacle(), "");
  }
}

// What was let go is used again, so that an encoder has to register it but once.
TEST_F(ImageCopiesInCudaTest, TakeMemoryThatWasUsedBefore) {
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12, 64, 64);
  const BufferHandle frame = frame_of(Memory::Images, info);
  ASSERT_TRUE(frame);
  const Result<std::unique_ptr<ImageCopies>> copies =
      copies_in_cuda(source(info), context_.get(), stream_.get());
  ASSERT_TRUE(copies) << copies.error().message;
  std::set<GstMemory*> seen;
  BufferHandle last;
  for (int i = 0; i < 20; i++) {
    Result<MemoryBridge::Copy> copy = (*copies)->of(frame.get());
    ASSERT_TRUE(copy) << copy.error().message;
    seen.insert(gst_buffer_peek_memory(copy->frame.get(), 0));
    last = std::move(copy->frame);
  }
  EXPECT_LE(seen.size(), 2u);
}

// The image may not go, or be written, while the device reads it.
TEST_F(ImageCopiesInCudaTest, KeepTheFrame) {
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12, 64, 64);
  const BufferHandle frame = frame_of(Memory::Images, info);
  ASSERT_TRUE(frame);
  const Result<std::unique_ptr<ImageCopies>> copies =
      copies_in_cuda(source(info), context_.get(), stream_.get());
  ASSERT_TRUE(copies) << copies.error().message;
  {
    const Result<MemoryBridge::Copy> copy = (*copies)->of(frame.get());
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(frame.get()), 2);
  }
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(frame.get()), 1);
}

TEST_F(ImageCopiesTest, AreInSystemMemoryWhereNothingElseWillDo) {
  constexpr int width = 202, height = 110;
  for (const Memory memory : {Memory::Images, Memory::PlanarImage, Memory::VideoImage}) {
    SCOPED_TRACE(memory_name(memory));
    const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12, width, height);
    const BufferHandle frame = frame_of(memory, info);
    if (!frame) continue;
    const Result<std::unique_ptr<ImageCopies>> copies = copies_in_system_memory(source(info));
    ASSERT_TRUE(copies) << copies.error().message;
    for (unsigned round = 0; round < 4; round++) {
      Picture content(info);
      content.paint_noise(round);
      frame_->write(content.frame());
      const Result<MemoryBridge::Copy> copy = (*copies)->of(frame.get());
      ASSERT_TRUE(copy) << copy.error().message;
      EXPECT_FALSE(copy->on_device);
      EXPECT_EQ(copy->bytes, uint64_t{width} * height * 3 / 2);
      expect_same(copy->frame.get(), content);
    }
  }
}

// Whatever is there that the caps do not say would be written beyond the buffer.
TEST_F(ImageCopiesTest, AreRefusedOfOtherImagesThanTheCapsSay) {
  const BufferHandle frame = frame_of(Memory::Images, info_of(GST_VIDEO_FORMAT_NV12, 64, 64));
  ASSERT_TRUE(frame);
  const auto refused = [](const GstVideoInfo& info, GstBuffer* image) {
    const Result<std::unique_ptr<ImageCopies>> copies = copies_in_system_memory(source(info));
    const Result<MemoryBridge::Copy> copy = (*copies)->of(image);
    return !copy && copy.error().code == ErrorCode::NotSupported;
  };
  EXPECT_FALSE(refused(info_of(GST_VIDEO_FORMAT_NV12, 64, 64), frame.get()));
  EXPECT_TRUE(refused(info_of(GST_VIDEO_FORMAT_NV12, 66, 64), frame.get()));
  EXPECT_TRUE(refused(info_of(GST_VIDEO_FORMAT_NV12, 64, 66), frame.get()));
  EXPECT_TRUE(refused(info_of(GST_VIDEO_FORMAT_I420, 64, 64), frame.get()));
  EXPECT_TRUE(refused(info_of(GST_VIDEO_FORMAT_P010_10LE, 32, 32), frame.get()));

  auto* chroma = reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(frame.get(), 1));
  const VkFormat format = chroma->create_info.format;
  chroma->create_info.format = VK_FORMAT_R8G8B8A8_UNORM;
  EXPECT_TRUE(refused(info_of(GST_VIDEO_FORMAT_NV12, 64, 64), frame.get()));
  chroma->create_info.format = format;

  const BufferHandle luma(gst_buffer_new());
  gst_buffer_append_memory(luma.get(), gst_buffer_get_memory(frame.get(), 0));
  EXPECT_TRUE(refused(info_of(GST_VIDEO_FORMAT_NV12, 64, 64), luma.get()));
  const BufferHandle system(gst_buffer_new_allocate(nullptr, 64 * 64 * 2, nullptr));
  EXPECT_TRUE(refused(info_of(GST_VIDEO_FORMAT_NV12, 64, 64), system.get()));
}

}  // namespace
}  // namespace av1hw::test
