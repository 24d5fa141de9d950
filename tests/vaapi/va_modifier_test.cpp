// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1dec when downstream takes DMA-BUFs, but not of the modifier that the driver likes best.
#include <string_view>

#include "vaapi/va_harness.h"

namespace av1hw::test {
namespace {

constexpr const char* linear = "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format={NV12,P010}";
constexpr const char* tiled = "P010:0x0100000000000009";

bool driver_takes_lists() {
  return std::string_view(std::getenv("REFDRV_PROFILE")).contains("arc_lists");
}

class VaModifier : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(driver_count("misuse"), 0U);
    EXPECT_EQ(driver_count("left_surfaces"), 0U);
  }

  static std::string taking(const std::string& drm_formats) {
    return "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format={" + drm_formats +
           "}; video/x-raw";
  }
  static bool are_dma_bufs(const std::vector<BufferHandle>& buffers) {
    return !buffers.empty() && std::ranges::all_of(buffers, [](const BufferHandle& buffer) {
      return gst_is_dmabuf_memory(gst_buffer_peek_memory(buffer.get(), 0)) != FALSE;
    });
  }

  const Bytes clip_ = test_clip("hdr10.ivf");
};

// The rows of a linear P010 picture, as they lie in memory.
Bytes rows_of(GstBuffer* buffer) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  const Bytes all = bytes_of(buffer);
  Bytes rows;
  for (guint plane = 0; plane < meta->n_planes; plane++) {
    for (guint y = 0; y < (plane == 0 ? meta->height : meta->height / 2); y++) {
      const auto row = all.begin() + static_cast<ptrdiff_t>(meta->offset[plane]) +
                       static_cast<ptrdiff_t>(y) * meta->stride[plane];
      rows.insert(rows.end(), row, row + static_cast<ptrdiff_t>(meta->width) * 2);
    }
  }
  return rows;
}

TEST_F(VaModifier, DownstreamsIsTakenWhereItDoesNotTakeTheDriversOwn) {
  VaHarness decoder(linear);
  if (!driver_takes_lists()) {
    EXPECT_TRUE(decoder.decode(clip_, 0, 20).empty());
    EXPECT_TRUE(decoder.coded_message(GST_MESSAGE_WARNING).contains("no notice of modifiers"));
    return;
  }
  const auto out = decoder.decode(clip_, 0, 20);
  ASSERT_TRUE(are_dma_bufs(out));
  EXPECT_EQ(decoder.field("drm-format"), "P010");
  EXPECT_EQ(decoder.stat("same-object-frames"), out.size());
  EXPECT_EQ(decoder.stat("download-frames"), 0U);
  VaHarness copying("video/x-raw");
  const auto copies = copying.decode(clip_, 0, 20);
  ASSERT_EQ(copies.size(), out.size());
  for (size_t i = 0; i < out.size(); i++) {
    ASSERT_EQ(rows_of(out[i].get()), mapped_bytes(copies[i].get())) << i;
  }
}

TEST_F(VaModifier, WhatNobodyCanMakeLeavesAsSystemMemory) {
  const std::string caps =
      taking("P010:0x0100000000000002" + std::string(driver_takes_lists() ? "" : ",P010"));
  VaHarness decoder(caps.c_str());
  const auto out = decoder.decode(clip_, 0, 20);
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(decoder.field("format"), "P010_10LE");
  EXPECT_EQ(decoder.stat("download-frames"), out.size());
}

TEST_F(VaModifier, TheDriversOwnComesFirst) {
  const std::string caps = taking("P010," + std::string(tiled));
  VaHarness decoder(caps.c_str());
  ASSERT_TRUE(are_dma_bufs(decoder.decode(clip_, 0, 20)));
  EXPECT_EQ(decoder.field("drm-format"), tiled);
}

TEST_F(VaModifier, WhatDownstreamGivesBackIsDecodedIntoAgain) {
  if (!driver_takes_lists()) GTEST_SKIP() << "this driver takes no notice of modifiers";
  VaHarness decoder(linear);
  std::vector<BufferHandle> held = decoder.decode(clip_, 0, 40);
  ASSERT_GT(held.size(), 30U);
  held.clear();
  const uint64_t made = driver_count("vaCreateSurfaces");
  EXPECT_FALSE(decoder.decode(clip_, 40, 30).empty());
  EXPECT_EQ(driver_count("vaCreateSurfaces"), made);
}

TEST_F(VaModifier, PicturesOutliveTheElement) {
  if (!driver_takes_lists()) GTEST_SKIP() << "this driver takes no notice of modifiers";
  std::vector<BufferHandle> held;
  Bytes last;
  {
    VaHarness decoder(linear);
    held = decoder.decode(clip_, 0, 20);
    ASSERT_GT(held.size(), 6U);
    last = bytes_of(held.back().get());
  }
  EXPECT_EQ(bytes_of(held.back().get()), last);
  held.clear();
  EXPECT_EQ(driver_count("vaTerminate"), driver_count("vaInitialize"));
}

TEST_F(VaModifier, AnotherSizeKeepsTheModifier) {
  if (!driver_takes_lists()) GTEST_SKIP() << "this driver takes no notice of modifiers";
  VaHarness decoder(linear);
  size_t frames = decoder.decode(test_clip("sizes.ivf")).size();
  frames += decoder.finish().size();
  EXPECT_EQ(frames, 24U);
  EXPECT_EQ(decoder.size(), "160x90");
  EXPECT_EQ(decoder.field("drm-format"), "P010");
  EXPECT_EQ(decoder.stat("same-object-frames"), 24U);
}

// Where downstream takes another from then on, what was decoded as it was is copied.
TEST_F(VaModifier, InMidStreamTheChoiceStays) {
  if (!driver_takes_lists()) GTEST_SKIP() << "this driver takes no notice of modifiers";
  const Bytes two_sizes = test_clip("sizes.ivf");
  VaHarness decoder(linear);
  size_t frames = decoder.decode(two_sizes, 0, 12).size();
  ASSERT_GT(frames, 0U);
  gst_harness_set_sink_caps_str(decoder.harness(), taking(tiled).c_str());
  frames += decoder.decode(two_sizes, 12, 12).size() + decoder.finish().size();
  EXPECT_EQ(frames, 24U);
  EXPECT_EQ(decoder.field("format"), "P010_10LE");
  EXPECT_EQ(decoder.stat("download-frames"), 12U);
}

}  // namespace
}  // namespace av1hw::test
