// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames in flight: what waits, what is kept until when, what is told of a frame, and what is
// refused.
#include <gtest/gtest.h>

#include "compose_fixture.h"
#include "vulkan/compositor/pipeline_cache.h"

namespace av1hw::test {
namespace {

class Ring : public ComposeTest {
 protected:
  void SetUp() override {
    ComposeTest::SetUp();
    if (IsSkipped()) return;
    picture_.paint_noise(1);
    scene_.add(picture_);
    plan_ = *plan_frame(scene_.canvas, scene_.layers);
    sources_ = {{.planes = planes_of(picture_.frame())}};
  }
  std::unique_ptr<CompositeEngine> make(const EngineSettings& settings) {
    VulkanDevice& vulkan = VulkanDevice::get();
    return std::move(*CompositeEngine::make(vulkan.device(), vulkan.queue(), settings));
  }
  Result<uint64_t> download(CompositeEngine& from, const Ticket& ticket) {
    auto& frame = const_cast<GstVideoFrame&>(result_.frame());
    return from.download(ticket, writable_planes_of(frame));
  }
  // An image to compose onto, with nothing to download.
  TargetFrame image_target() {
    target_ = DeviceFrame::make(Memory::Images, scene_.canvas.info, true);
    return {.planes = target_->target_planes()};
  }

  Picture picture_{info_of(GST_VIDEO_FORMAT_NV12, 32, 16)};
  Picture result_{info_of(GST_VIDEO_FORMAT_NV12, 32, 16)};
  Scene scene_{info_of(GST_VIDEO_FORMAT_NV12, 32, 16)};
  FramePlan plan_;
  std::vector<SourceFrame> sources_;
  std::unique_ptr<DeviceFrame> target_;
};

TEST_F(Ring, CountsFramesOnItsTimeline) {
  const auto own = make({.frames_in_flight = 2});
  for (uint64_t i = 1; i <= 5; i++) {
    const Result<Ticket> ticket = own->compose(plan_, sources_, {});
    ASSERT_TRUE(ticket) << ticket.error().message;
    EXPECT_EQ(ticket->value, i);
    EXPECT_EQ(ticket->uploaded_bytes, 32u * 16 * 3 / 2);
    EXPECT_EQ(ticket->copied_bytes, 0u);
    EXPECT_EQ(*download(*own, *ticket), 32u * 16 * 3 / 2);
    uint64_t reached = 0;
    ASSERT_EQ(
        vkGetSemaphoreCounterValue(VulkanDevice::get().device()->device, own->timeline(), &reached),
        VK_SUCCESS);
    EXPECT_EQ(reached, i);
  }
}

TEST_F(Ring, IsBusyWhileResultsAwaitTheirDownload) {
  const auto own = make({.frames_in_flight = 2});
  const Result<Ticket> first = own->compose(plan_, sources_, {});
  const Result<Ticket> second = own->compose(plan_, sources_, {});
  ASSERT_TRUE(first && second);
  const Result<Ticket> third = own->compose(plan_, sources_, {});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::Busy);
  EXPECT_TRUE(download(*own, *first));
  EXPECT_FALSE(download(*own, *first)) << "a result is there once";
  EXPECT_TRUE(own->compose(plan_, sources_, {}));
  own->discard(*second);
  EXPECT_TRUE(own->compose(plan_, sources_, {}));
}

TEST_F(Ring, HasRoomAgainOnceFramesAreDone) {
  const auto own = make({.frames_in_flight = 2});
  const TargetFrame target = image_target();
  if (!target_) GTEST_SKIP() << "the device has no such images";
  Ticket last;
  for (int i = 0; i < 20; i++) {
    const Result<Ticket> ticket = own->compose(plan_, sources_, target);
    ASSERT_TRUE(ticket) << ticket.error().message;
    last = *ticket;
  }
  EXPECT_TRUE(own->wait(last));
}

TEST_F(Ring, KeepsBuffersUntilTheDeviceIsDone) {
  const auto own = make({.frames_in_flight = 2});
  GstBuffer* source = gst_buffer_new();
  GstBuffer* other = gst_buffer_new();
  sources_[0].keep = source;
  const Result<Ticket> ticket = own->compose(plan_, sources_, {.keep = other});
  ASSERT_TRUE(ticket);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(source), 2);
  EXPECT_TRUE(own->wait(*ticket));
  own->collect();
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(source), 1);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(other), 1);
  gst_buffer_unref(source);
  gst_buffer_unref(other);
}

TEST_F(Ring, TellsHowLongTheDeviceTook) {
  const auto own = make({.timestamps = true});
  const Result<Ticket> ticket = own->compose(plan_, sources_, {});
  ASSERT_TRUE(ticket && download(*own, *ticket));
  const std::optional<uint64_t> took = own->device_time(*ticket);
  ASSERT_TRUE(took);
  EXPECT_LT(*took, 10'000'000'000u);
  EXPECT_FALSE(own->device_time({.value = ticket->value + 1}));
  EXPECT_FALSE(make({})->device_time({.value = 0}));
}

TEST_F(Ring, RefusesWhatCanNotBe) {
  EXPECT_EQ(engine().compose(plan_, {}, {}).error().code, ErrorCode::InvalidSettings);
  FramePlan many = plan_;
  many.layers.resize(max_layers + 1, many.layers[0]);
  EXPECT_EQ(engine().compose(many, sources_, {}).error().code, ErrorCode::InvalidSettings);
  std::get<SystemPlanes>(sources_[0].planes).stride[0] = 16;
  EXPECT_EQ(engine().compose(plan_, sources_, {}).error().code, ErrorCode::InvalidSettings);
  // Onto a picture that it shows.
  const TargetFrame target = image_target();
  if (!target_) return;
  sources_[0].planes = std::get<ImagePlanes>(target.planes);
  EXPECT_FALSE(engine().compose(plan_, sources_, target));
  // After all of which it goes on.
  sources_[0].planes = planes_of(picture_.frame());
  const Result<Ticket> ticket = engine().compose(plan_, sources_, {});
  ASSERT_TRUE(ticket) << ticket.error().message;
  EXPECT_TRUE(download(engine(), *ticket));
}

TEST(PipelineCacheFile, IsTakenWholeOrNotAtAll) {
  const std::vector<uint8_t> data = {1, 2, 3, 4, 5, 6, 7};
  const std::vector<uint8_t> file = wrap_pipeline_cache(data);
  EXPECT_EQ(unwrap_pipeline_cache(file), data);
  EXPECT_TRUE(unwrap_pipeline_cache({}).empty());
  for (size_t i = 0; i < file.size(); i++) {
    std::vector<uint8_t> damaged = file;
    damaged[i] ^= 0x40;
    EXPECT_TRUE(unwrap_pipeline_cache(damaged).empty()) << "byte " << i;
    damaged = file;
    damaged.resize(i);
    EXPECT_TRUE(unwrap_pipeline_cache(damaged).empty()) << "cut to " << i;
  }
}

TEST(PipelineCacheFile, IsOfOneDevice) {
  VkPhysicalDeviceProperties device = {};
  device.vendorID = 0x10de;
  device.deviceID = 0x2330;
  device.pipelineCacheUUID[3] = 9;
  VkPipelineCacheHeaderVersionOne header = {};
  header.headerSize = sizeof header;
  header.headerVersion = VK_PIPELINE_CACHE_HEADER_VERSION_ONE;
  header.vendorID = device.vendorID;
  header.deviceID = device.deviceID;
  header.pipelineCacheUUID[3] = 9;
  const auto bytes = [&] {
    const auto* first = reinterpret_cast<const uint8_t*>(&header);
    return std::vector<uint8_t>(first, first + sizeof header);
  };
  EXPECT_TRUE(is_cache_of(bytes(), device));
  header.pipelineCacheUUID[3] = 8;
  EXPECT_FALSE(is_cache_of(bytes(), device));
  EXPECT_FALSE(is_cache_of({1, 2, 3}, device));
}

}  // namespace
}  // namespace av1hw::test
