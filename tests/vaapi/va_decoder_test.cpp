// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1dec on the reference driver: where its pictures lie, for how long, and who shares them.
#include <gst/allocators/gstdmabuf.h>
#include <gst/va/gstva.h>
#include <gst/video/video.h>

#include <cstring>
#include <set>
#include <string_view>

#include "vaapi/va_harness.h"

namespace av1hw::test {
namespace {

constexpr uint64_t clip_frames = 75;

bool is_arc() { return std::string_view(std::getenv("REFDRV_PROFILE")).contains("arc"); }

class VaAv1Dec : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(driver_count("misuse"), 0U);
    for (const char* left : {"left_surfaces", "left_contexts", "left_buffers", "left_images"}) {
      EXPECT_EQ(driver_count(left), 0U) << left;
    }
  }

  const Bytes clip_ = test_clip("hdr10.ivf");
};

TEST_F(VaAv1Dec, HandsItsSurfacesOn) {
  VaHarness decoder(va_memory);
  size_t frames = decoder.decode(clip_).size();
  frames += decoder.finish().size();
  EXPECT_EQ(frames, clip_frames);
  EXPECT_EQ(decoder.stat("same-object-frames"), frames);
  EXPECT_EQ(decoder.stat("download-frames"), 0U);
  EXPECT_EQ(driver_count("vaGetImage"), 0U);
  EXPECT_EQ(driver_count("vaDeriveImage"), driver_count("vaDestroyImage"));
}

// The samples of a picture in VA memory, without what surrounds them there.
Bytes samples_of(GstBuffer* buffer) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!gst_video_info_set_format(&info, meta->format, meta->width, meta->height) ||
      !gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
    return {};
  }
  Bytes samples;
  for (unsigned plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); plane++) {
    const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    const int width =
        GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, plane);
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); y++) {
      samples.insert(samples.end(), row, row + width);
      row += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
    }
  }
  gst_video_frame_unmap(&frame);
  return samples;
}

// Of a picture that nothing refers to, what downstream gets is its own to write into.
TEST_F(VaAv1Dec, WhatMayBeWrittenIsNoReference) {
  const auto decoded = [&](bool overwrite) {
    std::vector<Bytes> pictures;
    size_t overwritten = 0;
    VaHarness decoder(va_memory);
    for (size_t i = 0; i < clip_frames; i++) {
      for (auto& buffer : decoder.decode(clip_, i, 1)) {
        pictures.push_back(samples_of(buffer.get()));
        if (!overwrite || !gst_buffer_is_all_memory_writable(buffer.get())) continue;
        GstMapInfo map;
        if (!gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE)) continue;
        std::memset(map.data, 0x55, map.size);
        gst_buffer_unmap(buffer.get(), &map);
        overwritten++;
      }
    }
    EXPECT_EQ(overwritten > 0, overwrite);
    return pictures;
  };
  const std::vector<Bytes> expected = decoded(false);
  ASSERT_FALSE(expected.empty() || expected.front().empty());
  // Not EXPECT_EQ, which would print all of them.
  EXPECT_TRUE(decoded(true) == expected);
}

// Beside the bitstream's, which is another one for each picture.
TEST_F(VaAv1Dec, ParametersTakeNoNewBuffers) {
  const uint64_t pictures_before = driver_count("pictures");
  const uint64_t made_before = driver_count("vaCreateBuffer");
  VaHarness decoder(va_memory);
  EXPECT_FALSE(decoder.decode(clip_).empty());
  const uint64_t pictures = driver_count("pictures") - pictures_before;
  EXPECT_GE(pictures, clip_frames);
  EXPECT_EQ(driver_count("vaCreateBuffer") - made_before, pictures + 2);
}

TEST_F(VaAv1Dec, GivesSystemMemoryToThoseWhoTakeNoOther) {
  const uint64_t copied_before = driver_count("copies_device_to_host");
  VaHarness decoder("video/x-raw");
  size_t frames = decoder.decode(clip_).size();
  frames += decoder.finish().size();
  EXPECT_EQ(frames, clip_frames);
  EXPECT_EQ(decoder.stat("download-frames"), frames);
  EXPECT_EQ(decoder.stat("download-bytes"), frames * 320 * 180 * 3);
  EXPECT_EQ(decoder.stat("same-object-frames"), 0U);
  EXPECT_EQ(driver_count("copies_device_to_host") - copied_before, frames);
}

TEST_F(VaAv1Dec, SaysWhichDrmFormatItsDmaBufsHave) {
  VaHarness decoder(dma_buf);
  const auto out = decoder.decode(clip_, 0, 20);
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(decoder.field("drm-format"), is_arc() ? "P010:0x0100000000000009" : "P010");
  for (const auto& buffer : out) {
    GstMemory* memory = gst_buffer_peek_memory(buffer.get(), 0);
    ASSERT_TRUE(gst_is_dmabuf_memory(memory));
    EXPECT_GE(gst_dmabuf_memory_get_fd(memory), 0);
    EXPECT_NE(gst_va_buffer_get_surface(buffer.get()), VA_INVALID_SURFACE);
  }
  EXPECT_EQ(decoder.stat("same-object-frames"), out.size());
  EXPECT_EQ(decoder.stat("download-frames"), 0U);
}

TEST_F(VaAv1Dec, DownstreamMayHoldAsMuchAsItLikes) {
  VaHarness decoder(va_memory);
  std::vector<BufferHandle> held = decoder.decode(clip_, 0, 60);
  ASSERT_GT(held.size(), 50U);
  std::set<VASurfaceID> surfaces;
  for (const auto& buffer : held) surfaces.insert(gst_va_buffer_get_surface(buffer.get()));
  EXPECT_EQ(surfaces.size(), held.size());
  EXPECT_EQ(decoder.stat("same-object-frames"), held.size());
  // What comes back is decoded into again.
  held.clear();
  const uint64_t made = driver_count("vaCreateSurfaces");
  EXPECT_FALSE(decoder.decode(clip_, 60, 15).empty());
  EXPECT_EQ(driver_count("vaCreateSurfaces"), made);
}

TEST_F(VaAv1Dec, PicturesOutliveTheElement) {
  for (const char* caps : {va_memory, dma_buf}) {
    std::vector<BufferHandle> held;
    Bytes first;
    Bytes last;
    {
      VaHarness decoder(caps);
      held = decoder.decode(clip_, 0, 20);
      ASSERT_GT(held.size(), 6U);
      first = bytes_of(held.front().get());
      last = bytes_of(held.back().get());
      ASSERT_FALSE(first.empty());
      EXPECT_NE(first, last);
    }
    EXPECT_EQ(bytes_of(held.front().get()), first) << caps;
    EXPECT_EQ(bytes_of(held.back().get()), last) << caps;
  }
}

// From 10 bits at 320x180 to 8 bits of another size, and back: another configuration each time.
TEST_F(VaAv1Dec, FollowsAStreamThatBecomesAnother) {
  const Bytes other = test_clip("grain.ivf");
  VaHarness decoder(va_memory);
  gst_util_set_object_arg(G_OBJECT(decoder.element()), "film-grain", "off");
  std::vector<BufferHandle> held = decoder.decode(clip_, 0, 20);
  EXPECT_EQ(decoder.field("format"), "P010_10LE");
  auto more = decoder.decode(other);
  ASSERT_FALSE(more.empty());
  EXPECT_EQ(decoder.field("format"), "NV12");
  auto again = decoder.decode(clip_, 0, 20);
  auto rest = decoder.finish();
  EXPECT_EQ(decoder.field("format"), "P010_10LE");
  EXPECT_EQ(held.size() + more.size() + again.size() + rest.size(),
            20 + split_ivf(other).size() + 20);
  EXPECT_EQ(decoder.coded_message(GST_MESSAGE_WARNING), "none");
  EXPECT_EQ(driver_count("most_contexts"), 1U);
}

TEST_F(VaAv1Dec, PaddingIsNotPartOfThePicture) {
  const auto folder = vectors_folder();
  if (!folder) GTEST_SKIP() << "AV1_VECTORS names no folder of test vectors";
  const Bytes odd = read_bytes(*folder / "gen/odd227x115.ivf");
  for (const char* caps : {va_memory, dma_buf}) {
    VaHarness decoder(caps);
    const auto out = decoder.decode(odd);
    ASSERT_FALSE(out.empty());
    EXPECT_EQ(decoder.size(), "227x115") << caps;
    const GstVideoMeta* meta = gst_buffer_get_video_meta(out.front().get());
    ASSERT_NE(meta, nullptr);
    EXPECT_EQ(meta->width, 227U) << caps;
    EXPECT_EQ(meta->height, 115U) << caps;
    EXPECT_GE(meta->stride[0], 228) << caps;
    EXPECT_GE(meta->offset[1], 116U * static_cast<unsigned>(meta->stride[0])) << caps;
    EXPECT_EQ(gst_buffer_get_video_crop_meta(out.front().get()), nullptr);
  }
}

TEST_F(VaAv1Dec, AnswersForItsDisplay) {
  VaHarness decoder(va_memory);
  ASSERT_FALSE(decoder.decode(clip_, 0, 20).empty());
  const GstHandle<GstQuery> query{gst_query_new_context(GST_VA_DISPLAY_HANDLE_CONTEXT_TYPE_STR)};
  ASSERT_TRUE(gst_element_query(decoder.element(), query.get()));
  GstContext* context = nullptr;
  gst_query_parse_context(query.get(), &context);
  EXPECT_NE(context, nullptr);
}

TEST_F(VaAv1Dec, TwoInAPipelineShareADisplay) {
  const uint64_t displays_before = driver_count("vaInitialize");
  const std::string file = std::string(std::getenv("AV1HW_SOURCE_ROOT")) + "/tests/data/hdr10.ivf";
  const std::string branch =
      " filesrc location=" + file + " ! ivfparse ! av1parse ! av1hwvaav1dec ! fakesink";
  const ElementHandle pipeline{
      GST_ELEMENT(gst_object_ref_sink(gst_parse_launch((branch + branch).c_str(), nullptr)))};
  ASSERT_NE(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  const GstHandle<GstBus> bus{gst_element_get_bus(pipeline.get())};
  const GstHandle<GstMessage> end{
      gst_bus_timed_pop_filtered(bus.get(), 60 * GST_SECOND,
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR))};
  ASSERT_TRUE(end);
  EXPECT_EQ(GST_MESSAGE_TYPE(end.get()), GST_MESSAGE_EOS);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  EXPECT_EQ(driver_count("vaInitialize") - displays_before, 1U);
}

// Intel's grain is not exact, so that a decoder which is comes first, unless the user says so.
TEST_F(VaAv1Dec, AppliesGrainWhereTheDeviceDoesSoExactly) {
  const Bytes grainy = test_clip("grain.ivf");
  VaHarness decoder(va_memory);
  const auto out = decoder.decode(grainy);
  EXPECT_EQ(out.empty(), is_arc());
  if (is_arc()) {
    EXPECT_TRUE(decoder.coded_message(GST_MESSAGE_ERROR).contains("film grain is not exact"));
  }
  VaHarness asked(va_memory);
  gst_util_set_object_arg(G_OBJECT(asked.element()), "film-grain", "apply");
  EXPECT_FALSE(asked.decode(grainy).empty());
}

// The grain is in a surface of its own: one more for each picture that is held.
TEST_F(VaAv1Dec, GrainTakesASecondSurface) {
  const Bytes grainy = test_clip("grain.ivf");
  const auto surfaces_made = [&](const char* mode) {
    const uint64_t before = driver_count("vaCreateSurfaces");
    VaHarness decoder(va_memory);
    gst_util_set_object_arg(G_OBJECT(decoder.element()), "film-grain", mode);
    auto out = decoder.decode(grainy);
    auto rest = decoder.finish();
    EXPECT_EQ(out.size() + rest.size(), split_ivf(grainy).size());
    return driver_count("vaCreateSurfaces") - before;
  };
  EXPECT_GT(surfaces_made("apply"), surfaces_made("off"));
}

}  // namespace
}  // namespace av1hw::test
