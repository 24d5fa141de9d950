// SPDX-License-Identifier: LGPL-2.1-or-later
// nvav1dec on the reference driver: where its pictures lie, for how long, and what a fault becomes.
#include "elements/device_harness.h"

namespace av1hw::test {
namespace {

constexpr const char* cuda = "video/x-raw(memory:CUDAMemory)";
constexpr uint64_t clip_frames = 75;

struct NvHarness : DeviceHarness {
  explicit NvHarness(const char* sink_caps) : DeviceHarness("av1hwnvav1dec", sink_caps) {}
};

class NvDecoder : public testing::Test {
 protected:
  const Bytes clip_ = test_clip("hdr10.ivf");
};

TEST_F(NvDecoder, HandsOnWhatDownstreamGivesBack) {
  NvHarness decoder(cuda);
  uint64_t frames = 0;
  for (size_t i = 0; i < clip_frames; i++) frames += decoder.decode(clip_, i, 1).size();
  EXPECT_GT(frames, clip_frames / 2);
  EXPECT_EQ(decoder.stat("same-object-frames"), frames);
  EXPECT_EQ(decoder.stat("gpu-copy-frames"), 0U);
  EXPECT_EQ(decoder.stat("download-frames"), 0U);
}

TEST_F(NvDecoder, CopiesOnTheDeviceWhatDownstreamKeeps) {
  NvHarness decoder(cuda);
  std::vector<BufferHandle> held = decoder.decode(clip_, 0, 30);
  ASSERT_GT(held.size(), 10U);
  const uint64_t handed_on = decoder.stat("same-object-frames");
  EXPECT_EQ(handed_on, 5U);
  EXPECT_EQ(decoder.stat("gpu-copy-frames"), held.size() - handed_on);
  EXPECT_GT(decoder.stat("gpu-copy-bytes"), 0U);
  held.clear();
  const uint64_t copied = decoder.stat("gpu-copy-frames");
  EXPECT_FALSE(decoder.decode(clip_, 30, 1).empty());
  EXPECT_EQ(decoder.stat("gpu-copy-frames"), copied);
  EXPECT_EQ(decoder.stat("same-object-frames"), handed_on + 1);
}

TEST_F(NvDecoder, PicturesOutliveTheElement) {
  std::vector<BufferHandle> held;
  Bytes handed_on;
  Bytes copied;
  {
    NvHarness decoder(cuda);
    held = decoder.decode(clip_, 0, 20);
    ASSERT_GT(held.size(), 6U);
    handed_on = mapped_bytes(held.front().get());
    copied = mapped_bytes(held.back().get());
    ASSERT_FALSE(handed_on.empty());
  }
  EXPECT_EQ(mapped_bytes(held.front().get()), handed_on);
  EXPECT_EQ(mapped_bytes(held.back().get()), copied);
}

TEST_F(NvDecoder, GivesSystemMemoryToThoseWhoTakeNoOther) {
  NvHarness decoder("video/x-raw");
  const uint64_t frames = decoder.decode(clip_, 0, 30).size();
  EXPECT_GT(frames, 10U);
  EXPECT_EQ(decoder.stat("download-frames"), frames);
  EXPECT_EQ(decoder.stat("same-object-frames"), 0U);
}

TEST_F(NvDecoder, SharesItsDeviceWithThePipeline) {
  NvHarness decoder(cuda);
  ASSERT_FALSE(decoder.decode(clip_, 0, 20).empty());
  GstQuery* query = gst_query_new_context("gst.cuda.context");
  EXPECT_TRUE(gst_element_query(decoder.element(), query));
  GstContext* context = nullptr;
  gst_query_parse_context(query, &context);
  EXPECT_NE(context, nullptr);
  gst_query_unref(query);
}

// Each of these runs in a process of its own, with one fault in the driver.
TEST_F(NvDecoder, FaultBusy) {
  NvHarness decoder(cuda);
  EXPECT_TRUE(decoder.decode(clip_, 0, 20).empty());
  EXPECT_TRUE(decoder.coded_message(GST_MESSAGE_ERROR)
                  .starts_with(coded(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY)));
}

TEST_F(NvDecoder, FaultDeviceLost) {
  NvHarness decoder(cuda);
  EXPECT_LT(decoder.decode(clip_, 0, clip_frames).size(), 20U);
  EXPECT_TRUE(decoder.coded_message(GST_MESSAGE_ERROR)
                  .starts_with(coded(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED)));
}

}  // namespace
}  // namespace av1hw::test
