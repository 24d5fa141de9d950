// SPDX-License-Identifier: LGPL-2.1-or-later
// Canvases that a driver exports as DMA-BUFs: their descriptors, layouts and modifiers. Nothing is
// executed, so that Mesa's RADV on a DRM shim serves as well as a GPU.
#include <gst/allocators/gstdmabuf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <format>

#include "dma_device_fixture.h"
#include "vulkan/dmabuf/dma_frames.h"

namespace av1hw::test {
namespace {

class DmaExport : public DmaDeviceTest {
 protected:
  void SetUp() override {
    DmaDeviceTest::SetUp();
    if (IsSkipped()) return;
    frames_ = std::make_unique<DmaFrames>(element_.get());
    frames_->open(opened_.device.get());
    if (!frames_->makes()) GTEST_SKIP() << "the device makes no DMA-BUFs";
  }
  void TearDown() override {
    if (frames_) frames_->close();
    frames_.reset();
    DmaDeviceTest::TearDown();
  }

  // A buffer of the pool for such a canvas.
  BufferHandle canvas(const DrmPicture& picture) {
    CapsHandle caps(gst_video_info_to_caps(&picture.info));
    gst_caps_set_features_simple(caps.get(), gst_caps_features_new_single("memory:DMABuf"));
    const std::string drm_format =
        drm_format_text(GST_VIDEO_INFO_FORMAT(&picture.info), picture.modifier);
    gst_caps_set_simple(caps.get(), "format", G_TYPE_STRING, "DMA_DRM", "drm-format", G_TYPE_STRING,
                        drm_format.c_str(), nullptr);
    Result<PoolHandle> pool = frames_->make_pool(caps.get(), 0);
    EXPECT_TRUE(pool) << pool.error().message;
    if (!pool || !gst_buffer_pool_set_active(pool->get(), TRUE)) return nullptr;
    GstBuffer* buffer = nullptr;
    EXPECT_EQ(gst_buffer_pool_acquire_buffer(pool->get(), &buffer, nullptr), GST_FLOW_OK);
    gst_buffer_pool_set_active(pool->get(), FALSE);
    return BufferHandle(buffer);
  }

  std::unique_ptr<DmaFrames> frames_;
};

DrmPicture picture_of(GstVideoFormat format, uint64_t modifier, guint width = 322,
                      guint height = 182) {
  DrmPicture picture;
  gst_video_info_set_format(&picture.info, format, width, height);
  picture.modifier = modifier;
  return picture;
}

TEST_F(DmaExport, EveryModifierThatIsListedIsMade) {
  for (const DrmModifiers& each : device_->taken(DmaUse::Make)) {
    for (const uint64_t modifier : each.modifiers) {
      const std::string what = drm_format_text(each.format, modifier);
      SCOPED_TRACE(what);
      const DrmPicture picture = picture_of(each.format, modifier);
      const BufferHandle buffer = canvas(picture);
      ASSERT_TRUE(buffer);
      // The planes lie in the descriptors as the meta says, or it would be refused.
      const Result<DmaPlanes> planes =
          dma_planes(buffer.get(), picture, *sample_layout(picture.info));
      ASSERT_TRUE(planes) << planes.error().message;
      for (guint i = 0; i < gst_buffer_n_memory(buffer.get()); i++)
        EXPECT_TRUE(gst_is_dmabuf_memory(gst_buffer_peek_memory(buffer.get(), i)));
      std::printf("  %s: %u DMA-BUFs, rows of %u bytes\n", what.c_str(),
                  gst_buffer_n_memory(buffer.get()), planes->planes[0].pitch);
    }
  }
}

TEST_F(DmaExport, LinearCanvasesAreOneDmaBuf) {
  const DrmPicture picture = picture_of(GST_VIDEO_FORMAT_NV12, drm_linear);
  if (!device_->has_buffers(DmaUse::Make)) GTEST_SKIP() << "the device exports no buffers";
  const BufferHandle buffer = canvas(picture);
  ASSERT_TRUE(buffer);
  EXPECT_EQ(gst_buffer_n_memory(buffer.get()), 1u);
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer.get());
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->stride[0] % 256, 0);
  EXPECT_EQ(meta->offset[1], static_cast<gsize>(meta->stride[0]) * 182);
}

// What the pool made is written as it is, not imported anew.
TEST_F(DmaExport, CanvasesAreTargets) {
  const auto taken = device_->taken(DmaUse::Make);
  const auto nv12 = std::ranges::find(taken, GST_VIDEO_FORMAT_NV12, &DrmModifiers::format);
  ASSERT_NE(nv12, taken.end());
  for (const uint64_t modifier : nv12->modifiers) {
    const DrmPicture picture = picture_of(GST_VIDEO_FORMAT_NV12, modifier);
    SCOPED_TRACE(drm_format_text(GST_VIDEO_FORMAT_NV12, modifier));
    const BufferHandle buffer = canvas(picture);
    ASSERT_TRUE(buffer);
    CopyAccounting moves;
    const Result<TargetFrame> target =
        frames_->target(buffer.get(), picture, *sample_layout(picture.info), moves);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_FALSE(std::holds_alternative<SystemTarget>(target->planes));
    EXPECT_EQ(moves.frames(FrameMove::Import), 1u);
  }
}

// As another element of the same device meets them: every plane is imported from its descriptor.
TEST_F(DmaExport, AnotherElementImportsThem) {
  DmaFrames other(element_.get());
  other.open(opened_.device.get());
  for (const DrmModifiers& each : device_->taken(DmaUse::Make)) {
    for (const uint64_t modifier : each.modifiers) {
      SCOPED_TRACE(drm_format_text(each.format, modifier));
      const DrmPicture picture = picture_of(each.format, modifier);
      const BufferHandle buffer = canvas(picture);
      ASSERT_TRUE(buffer);
      CopyAccounting moves;
      const Result<SourceFrame> source =
          other.source(buffer.get(), picture, *sample_layout(picture.info), moves);
      ASSERT_TRUE(source) << source.error().message;
      EXPECT_EQ(std::holds_alternative<ImagePlanes>(source->planes), modifier != drm_linear);
      EXPECT_EQ(moves.frames(FrameMove::Import), 1u);
    }
  }
  other.close();
}

}  // namespace
}  // namespace av1hw::test
