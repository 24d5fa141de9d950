// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of decoders' pictures: the same samples, and images whose state the decoder can go on
// from.
#include "vulkan/element/decoder_pictures.h"

#include <algorithm>

#include "compose_fixture.h"
#include "memory/handles.h"

namespace av1hw::test {
namespace {

class DecoderPicturesTest : public ComposeTest {
 protected:
  // Null: the device has no such images.
  BufferHandle picture(Memory memory, const Picture& content) {
    frame_ = DeviceFrame::make(memory, content.info(), false);
    if (!frame_) return nullptr;
    BufferHandle buffer(gst_buffer_new());
    const ImagePlanes planes = std::get<ImagePlanes>(frame_->planes());
    for (GstVulkanImageMemory* each : planes.memories) {
      if (each) gst_buffer_append_memory(buffer.get(), gst_memory_ref(GST_MEMORY_CAST(each)));
    }
    GST_BUFFER_PTS(buffer.get()) = 40 * GST_MSECOND;
    return buffer;
  }

  // What the kernel reads of a copy.
  void expect_same(GstBuffer* copy, const Picture& content) {
    Scene scene(content.info());
    scene.add(content);
    const Result<FramePlan> plan = plan_frame(scene.canvas, scene.layers);
    ImagePlanes planes;
    for (guint i = 0; i < gst_buffer_n_memory(copy); i++) {
      planes.memories[i] = reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(copy, i));
    }
    const std::vector<SourceFrame> sources = {{.planes = planes, .keep = copy}};
    const Result<Ticket> ticket = engine().compose(*plan, sources, {});
    ASSERT_TRUE(ticket) << ticket.error().message;
    EXPECT_EQ(ticket->copied_bytes, 0u) << "the copy is in images that the kernel reads";
    Picture result(content.info());
    auto& frame = const_cast<GstVideoFrame&>(result.frame());
    ASSERT_TRUE(engine().download(*ticket, writable_planes_of(frame)));
    engine().collect();
    for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES(&frame); p++) {
      const auto* a = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, p));
      const auto* b = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&content.frame(), p));
      for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, p); y++) {
        ASSERT_TRUE(std::equal(a, a + GST_VIDEO_FRAME_WIDTH(&frame), b)) << p << ": row " << y;
        a += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, p);
        b += GST_VIDEO_FRAME_PLANE_STRIDE(&content.frame(), p);
      }
    }
  }

  std::unique_ptr<DeviceFrame> frame_;
  DecoderPictures pictures_;
  CopyAccounting moves_;
};

// The image is written again after each copy, as a decoder does with what it gets back: only right
// semaphores keep the copies from showing that.
TEST_F(DecoderPicturesTest, AreCopiedBeforeTheDecoderGoesOn) {
  constexpr int width = 64, height = 48, rounds = 8;
  for (const Memory memory : {Memory::VideoImage, Memory::Images}) {
    SCOPED_TRACE(memory_name(memory));
    Picture content(info_of(GST_VIDEO_FORMAT_NV12, width, height));
    const BufferHandle buffer = picture(memory, content);
    if (!buffer) continue;
    const CapsHandle caps(gst_video_info_to_caps(&content.info()));
    const uint64_t before = moves_.bytes(FrameMove::GpuCopy);
    for (int round = 0; round < rounds; round++) {
      content.paint_noise(static_cast<unsigned>(round));
      frame_->write(content.frame());
      const Result<BufferHandle> copy = pictures_.copy(buffer.get(), caps.get(), moves_);
      ASSERT_TRUE(copy) << copy.error().message;
      EXPECT_EQ(GST_BUFFER_PTS(copy->get()), 40 * GST_MSECOND);
      Picture other(content.info());
      other.paint_noise(1000);
      frame_->write(other.frame());
      expect_same(copy->get(), content);
    }
    EXPECT_EQ(moves_.bytes(FrameMove::GpuCopy) - before, uint64_t{rounds} * width * height * 3 / 2);
    pictures_.close();
  }
}

TEST_F(DecoderPicturesTest, AreKnownByTheirUsage) {
  const Picture content(info_of(GST_VIDEO_FORMAT_NV12, 16, 16));
  const BufferHandle buffer = picture(Memory::VideoImage, content);
  if (!buffer) GTEST_SKIP() << "the device has no such images";
  EXPECT_FALSE(DecoderPictures::are_references(buffer.get()));
  auto* memory = reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(buffer.get(), 0));
  memory->create_info.usage |= VK_IMAGE_USAGE_VIDEO_DECODE_DPB_BIT_KHR;
  EXPECT_TRUE(DecoderPictures::are_references(buffer.get()));
  const BufferHandle system(gst_buffer_new_allocate(nullptr, 16, nullptr));
  EXPECT_FALSE(DecoderPictures::are_references(system.get()));
}

TEST_F(DecoderPicturesTest, AreRefusedWhereTheirImagesAreTooSmall) {
  const Picture content(info_of(GST_VIDEO_FORMAT_NV12, 16, 16));
  const BufferHandle buffer = picture(Memory::VideoImage, content);
  if (!buffer) GTEST_SKIP() << "the device has no such images";
  const GstVideoInfo larger = info_of(GST_VIDEO_FORMAT_NV12, 32, 16);
  const CapsHandle caps(gst_video_info_to_caps(&larger));
  const Result<BufferHandle> copy = pictures_.copy(buffer.get(), caps.get(), moves_);
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, ErrorCode::NotSupported);
}

}  // namespace
}  // namespace av1hw::test
