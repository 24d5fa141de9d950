// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoders' pool: layout, use again, bounded rest; and frames that share its memory.
#include "memory/video_pool.h"

#include <gtest/gtest.h>

#include <set>

#include "memory/reference_frame.h"

namespace av1hw {
namespace {

MemoryNeeds needs_of_a_decoder() {
  MemoryNeeds needs;
  gst_video_alignment_reset(&needs.alignment);
  needs.alignment.padding_right = 256 - 227;
  needs.alignment.padding_bottom = 128 - 127;
  for (guint& mask : needs.alignment.stride_align) mask = 63;
  needs.address_align = 63;
  needs.tail_padding = 64;
  return needs;
}

class VideoPool : public testing::Test {
 protected:
  void SetUp() override {
    gst_init(nullptr, nullptr);
    gst_video_info_set_format(&info_, GST_VIDEO_FORMAT_I420, 227, 127);
    pool_ = std::move(*make_video_pool(info_, needs_of_a_decoder()));
    gst_buffer_pool_set_active(pool_.get(), TRUE);
  }
  void TearDown() override { gst_buffer_pool_set_active(pool_.get(), FALSE); }

  GstVideoInfo info_;
  PoolHandle pool_;
};

TEST_F(VideoPool, PlanesArePaddedAndAligned) {
  const BufferHandle buffer = std::move(*acquire(pool_.get()));
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->width, 227U);
  EXPECT_EQ(meta->stride[0], 256);
  EXPECT_EQ(meta->stride[1], 128);
  EXPECT_EQ(meta->stride[2], 128);
  EXPECT_GE(meta->offset[1], 256U * 128);
  EXPECT_GE(gst_buffer_get_size(buffer.get()), meta->offset[2] + 128U * 64);
}

TEST_F(VideoPool, BuffersAreUsedAgainOnceTheirSharesAreGone) {
  std::set<const uint8_t*> places;
  for (int i = 0; i < 20; i++) {
    auto frame = std::move(*ReferenceFrame::map(std::move(*acquire(pool_.get()))));
    const uint8_t* place = frame->plane(0);
    const BufferHandle shared = frame->share();
    frame.reset();
    // The share alone keeps the memory.
    const auto other = std::move(*ReferenceFrame::map(std::move(*acquire(pool_.get()))));
    EXPECT_NE(other->plane(0), place);
    places.insert({place, other->plane(0)});
  }
  EXPECT_EQ(places.size(), 2U);
}

TEST_F(VideoPool, SharesAreReadOnly) {
  const auto frame = std::move(*ReferenceFrame::map(std::move(*acquire(pool_.get()))));
  const BufferHandle shared = frame->share();
  frame->plane(0)[0] = 1;
  gst_buffer_memset(shared.get(), 0, 2, 1);
  EXPECT_EQ(frame->plane(0)[0], 1);
}

TEST_F(VideoPool, MemoryOutlivesThePool) {
  BufferHandle shared;
  {
    const auto frame = std::move(*ReferenceFrame::map(std::move(*acquire(pool_.get()))));
    frame->plane(0)[0] = 7;
    shared = frame->share();
  }
  gst_buffer_pool_set_active(pool_.get(), FALSE);
  uint8_t sample = 0;
  gst_buffer_extract(shared.get(), 0, &sample, 1);
  EXPECT_EQ(sample, 7);
}

TEST(PaddedInfo, WhatIsLargerThanTwoGigabytesIsRefused) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, 32000, 32000);
  MemoryNeeds needs = needs_of_a_decoder();
  needs.alignment.padding_bottom = 40000;
  EXPECT_FALSE(padded_info(info, needs));
}

}  // namespace
}  // namespace av1hw
