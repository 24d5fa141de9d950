// SPDX-License-Identifier: LGPL-2.1-or-later
// Caps of DMA-BUFs: what is read from them, what is left of them, and which canvas they become.
#include "vulkan/dmabuf/drm_caps.h"

#include <gtest/gtest.h>

#include "base/unique_handle.h"
#include "vulkan/dmabuf/drm_stream.h"
#include "vulkan/element/canvas_caps.h"

namespace av1hw {
namespace {

constexpr uint64_t tiled = 0x0100000000000009;

CapsHandle caps(const char* text) { return CapsHandle(gst_caps_from_string(text)); }

std::string text_of(const CapsHandle& made) {
  const GCharPtr text(gst_caps_to_string(made.get()));
  return text.get();
}

TEST(DrmCaps, SayWhatAPictureIs) {
  const CapsHandle made = caps(
      "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=P010:0x0100000000000009,width=64,"
      "height=48,framerate=25/1,colorimetry=bt2100-pq,chroma-site=mpeg2");
  const Result<DrmPicture> picture = drm_picture(made.get());
  ASSERT_TRUE(picture);
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&picture->info), GST_VIDEO_FORMAT_P010_10LE);
  EXPECT_EQ(picture->modifier, tiled);
  EXPECT_EQ(picture->info.width, 64);
  EXPECT_EQ(picture->info.colorimetry.transfer, GST_VIDEO_TRANSFER_SMPTE2084);
  EXPECT_EQ(picture->info.chroma_site, GST_VIDEO_CHROMA_SITE_MPEG2);
}

// As those of system memory: what the caps leave out is the same.
TEST(DrmCaps, HaveTheColoursOfTheirFormat) {
  GstVideoInfo raw;
  const CapsHandle plain = caps("video/x-raw,format=NV12,width=640,height=480,framerate=25/1");
  ASSERT_TRUE(gst_video_info_from_caps(&raw, plain.get()));
  for (const char* drm_format : {"NV12", "NV12:0x0100000000000009"}) {
    const CapsHandle made(gst_caps_copy(plain.get()));
    gst_caps_set_features_simple(made.get(), gst_caps_features_new_single("memory:DMABuf"));
    gst_caps_set_simple(made.get(), "format", G_TYPE_STRING, "DMA_DRM", "drm-format", G_TYPE_STRING,
                        drm_format, nullptr);
    const Result<DrmPicture> picture = drm_picture(made.get());
    ASSERT_TRUE(picture);
    EXPECT_TRUE(gst_video_info_is_equal(&picture->info, &raw)) << drm_format;
  }
}

TEST(DrmCaps, ThatAreNotReadAreRefused) {
  for (const char* fields : {"format=NV12,width=64,height=48", "format=DMA_DRM,width=64,height=48",
                             "format=DMA_DRM,drm-format=ZZZZ,width=64,height=48",
                             "format=DMA_DRM,drm-format=\"NV12:0xzz\",width=64,height=48",
                             "format=DMA_DRM,drm-format={NV12,P010},width=64,height=48"}) {
    const CapsHandle made = caps((std::string("video/x-raw(memory:DMABuf),") + fields).c_str());
    ASSERT_TRUE(made);
    const Result<DrmPicture> picture = drm_picture(made.get());
    ASSERT_FALSE(picture) << fields;
    EXPECT_EQ(picture.error().code, ErrorCode::InvalidData);
    EXPECT_TRUE(picture.error().message.contains("the caps of a DMA-BUF"));
  }
}

TEST(DrmCaps, AreRestrictedToWhatIsTaken) {
  const DrmModifiers taken[] = {{GST_VIDEO_FORMAT_NV12, {tiled, drm_linear}},
                                {GST_VIDEO_FORMAT_P010_10LE, {drm_linear}}};
  const CapsHandle any = caps("video/x-raw(memory:DMABuf),format=DMA_DRM; video/x-raw,format=I420");
  EXPECT_EQ(text_of(restrict_drm_caps(any.get(), taken)),
            "video/x-raw(memory:DMABuf), format=(string)DMA_DRM, drm-format=(string){ "
            "NV12:0x0100000000000009, NV12, P010 }; video/x-raw, format=(string)I420");
  const CapsHandle others =
      caps("video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=P010:0x0100000000000009");
  EXPECT_TRUE(gst_caps_is_empty(restrict_drm_caps(others.get(), taken).get()));
  EXPECT_EQ(text_of(restrict_drm_caps(any.get(), {})), "video/x-raw, format=(string)I420");
}

TEST(DrmCaps, CanBeLast) {
  const CapsHandle made =
      caps("video/x-raw(memory:DMABuf),format=DMA_DRM; video/x-raw,format=I420");
  EXPECT_EQ(text_of(drm_caps_last(made.get())),
            "video/x-raw, format=(string)I420; video/x-raw(memory:DMABuf), "
            "format=(string)DMA_DRM");
}

// The inputs' format, with downstream's modifiers in downstream's order.
TEST(DrmCaps, OfACanvasAreLikeItsInputs) {
  const CapsHandle allowed = caps(
      "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format={AR24,P010:0x0100000000000009,P010,"
      "NV12},width=(int)[1,max],height=(int)[1,max],framerate=(fraction)[0/1,max]; "
      "video/x-raw,format=NV12");
  CanvasInput input;
  gst_video_info_set_format(&input.info, GST_VIDEO_FORMAT_P010_10LE, 64, 48);
  input.memory = "memory:DMABuf";
  input.right = 64;
  input.bottom = 48;
  const CanvasInput inputs[] = {input};
  const CapsHandle fixed =
      fixate_canvas_caps(rank_canvas_caps(allowed.get(), inputs, BackgroundKind::Black), inputs);
  const Result<DrmPicture> picture = drm_picture(fixed.get());
  ASSERT_TRUE(picture) << text_of(fixed);
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&picture->info), GST_VIDEO_FORMAT_P010_10LE);
  EXPECT_EQ(picture->modifier, tiled);
}

// A frame that is still shown is what it was when the next caps have come.
TEST(DrmStream, KnowsEachBuffersCaps) {
  const auto dma = [](const char* drm_format) {
    return caps((std::string("video/x-raw(memory:DMABuf),format=DMA_DRM,width=64,height=48,"
                             "framerate=25/1,drm-format=") +
                 drm_format)
                    .c_str());
  };
  const CapsHandle first = dma("NV12"), second = dma("\"P010:0x0100000000000009\"");
  const CapsHandle system = caps("video/x-raw,format=NV12,width=64,height=48");
  const BufferHandle a(gst_buffer_new()), b(gst_buffer_new()), c(gst_buffer_new());
  DrmStream stream;
  stream.note_caps(first.get());
  stream.note_buffer(a.get());
  stream.note_buffer(c.get());
  stream.note_caps(second.get());
  stream.note_buffer(b.get());
  stream.note_caps(system.get());
  stream.note_buffer(c.get());
  ASSERT_TRUE(stream.picture_of(a.get()));
  EXPECT_EQ(stream.picture_of(a.get())->modifier, drm_linear);
  ASSERT_TRUE(stream.picture_of(b.get()));
  EXPECT_EQ(stream.picture_of(b.get())->modifier, tiled);
  EXPECT_FALSE(stream.picture_of(c.get()));
}

}  // namespace
}  // namespace av1hw
