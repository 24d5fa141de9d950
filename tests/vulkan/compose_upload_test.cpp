// SPDX-License-Identifier: LGPL-2.1-or-later
// Each way that pictures in system memory take to the device: every frame has its own pictures,
// however many are on their way.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "compose_fixture.h"
#include "vulkan/compositor/timeline.h"

namespace av1hw::test {
namespace {

constexpr unsigned in_flight = 3;

class EveryUpload : public ComposeTest, public testing::WithParamInterface<Uploads> {
 protected:
  void SetUp() override {
    ComposeTest::SetUp();
    if (IsSkipped()) return;
    VulkanDevice& vulkan = VulkanDevice::get();
    // Where the device has no queue for copies, that which computes is in the place of one.
    GstVulkanQueue* copies = vulkan.copies() ? vulkan.copies() : vulkan.queue();
    auto made = CompositeEngine::make(vulkan.device(), vulkan.queue(),
                                      {.frames_in_flight = in_flight,
                                       .uploads = GetParam(),
                                       .copy_threads = 3,
                                       .upload_queue = copies});
    ASSERT_TRUE(made) << made.error().message;
    own_ = std::move(*made);
  }
  void TearDown() override {
    own_.reset();
    ComposeTest::TearDown();
  }

  std::unique_ptr<CompositeEngine> own_;
};

GstVideoInfo half() { return info_of(GST_VIDEO_FORMAT_NV12, 34, 32); }
constexpr uint64_t half_bytes = 34 * 32 * 3 / 2;

// Two pictures side by side, the left one in memory of the CPU, the right one in memory that the
// device copies from; what a frame shows of them, it shows exactly.
struct Shown {
  explicit Shown(uint32_t seed) : left(half()), right(half()) {
    left.paint_noise(seed);
    right.paint_noise(seed + 1000);
    scene.add(left);
    scene.add(right, 34, 0);
    host = DeviceFrame::make(Memory::Host, right.info(), false);
    host->write(right.frame());
    sources = {SourceFrame{.planes = planes_of(left.frame())},
               SourceFrame{.planes = host->planes()}};
  }
  double difference_to(const Picture& result) const {
    const std::vector<const GstVideoFrame*> frames = {&left.frame(), &right.frame()};
    return difference(model_frame(scene.canvas, scene.layers, frames), result.frame()).most;
  }
  FramePlan plan() const { return *plan_frame(scene.canvas, scene.layers); }

  Picture left, right;
  Scene scene{info_of(GST_VIDEO_FORMAT_NV12, 68, 32)};
  std::unique_ptr<DeviceFrame> host;
  std::array<SourceFrame, 2> sources;
};

TEST_P(EveryUpload, ShowsEachFrameItsOwnPictures) {
  std::deque<std::pair<std::unique_ptr<Shown>, Ticket>> under_way;
  const auto take_oldest = [&] {
    const auto& [shown, ticket] = under_way.front();
    Picture result(shown->scene.canvas.info);
    auto& frame = const_cast<GstVideoFrame&>(result.frame());
    ASSERT_TRUE(own_->download(ticket, writable_planes_of(frame)));
    EXPECT_LT(shown->difference_to(result), 1e-6) << "frame " << ticket.value;
    under_way.pop_front();
  };
  for (uint32_t i = 0; i < 4 * in_flight; i++) {
    if (under_way.size() == in_flight) take_oldest();
    auto shown = std::make_unique<Shown>(i);
    const Result<Ticket> ticket = own_->compose(shown->plan(), shown->sources, {});
    ASSERT_TRUE(ticket) << ticket.error().message;
    EXPECT_EQ(ticket->uploaded_bytes, 2 * half_bytes);
    EXPECT_EQ(ticket->downloaded_bytes, 0u);
    // It is the engine's by now.
    shown->left.paint_noise(i + 500);
    shown->left.paint_noise(i);
    under_way.emplace_back(std::move(shown), *ticket);
  }
  while (!under_way.empty()) take_oldest();
}

// Neither waits for the other's memory to be the CPU's.
TEST_P(EveryUpload, GoesToHostMemory) {
  const Shown shown(7);
  std::vector<std::unique_ptr<DeviceFrame>> canvases;
  Ticket last;
  for (unsigned i = 0; i < 2 * in_flight; i++) {
    canvases.push_back(DeviceFrame::make(Memory::Host, shown.scene.canvas.info, true));
    const Result<Ticket> ticket =
        own_->compose(shown.plan(), shown.sources, {.planes = canvases.back()->target_planes()});
    ASSERT_TRUE(ticket) << ticket.error().message;
    EXPECT_EQ(ticket->downloaded_bytes, 2 * half_bytes);
    last = *ticket;
  }
  ASSERT_TRUE(own_->wait(last));
  for (const auto& canvas : canvases) {
    Picture result(shown.scene.canvas.info);
    canvas->read(const_cast<GstVideoFrame&>(result.frame()));
    EXPECT_LT(shown.difference_to(result), 1e-6);
  }
}

// The picture is written after the frame was submitted, which waits for it.
TEST_P(EveryUpload, WaitsForAPictureInHostMemory) {
  Shown shown(8);
  const VkDevice device = VulkanDevice::get().device()->device;
  const SemaphoreHandle written = std::move(*make_timeline(device));
  Picture blank(half());
  blank.paint_noise(9);
  shown.host->write(blank.frame());
  shown.sources[1].wait = SemaphorePoint{written.get(), 1};
  const Result<Ticket> ticket = own_->compose(shown.plan(), shown.sources, {});
  ASSERT_TRUE(ticket) << ticket.error().message;
  shown.host->write(shown.right.frame());
  VkSemaphoreSignalInfo signal = {};
  signal.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO;
  signal.semaphore = written.get();
  signal.value = 1;
  ASSERT_EQ(vkSignalSemaphore(device, &signal), VK_SUCCESS);
  Picture result(shown.scene.canvas.info);
  auto& frame = const_cast<GstVideoFrame&>(result.frame());
  ASSERT_TRUE(own_->download(*ticket, writable_planes_of(frame)));
  EXPECT_LT(shown.difference_to(result), 1e-6);
}

TEST_P(EveryUpload, RefusesShortRows) {
  Shown shown(1);
  std::get<HostPlanes>(shown.sources[1].planes).stride[1] = 32;
  EXPECT_EQ(own_->compose(shown.plan(), shown.sources, {}).error().code,
            ErrorCode::InvalidSettings);
  shown.sources[1].planes = shown.host->planes();
  const auto canvas = DeviceFrame::make(Memory::Host, shown.scene.canvas.info, true);
  TargetFrame target = {.planes = canvas->target_planes()};
  std::get<HostPlanes>(target.planes).stride[0] = 64;
  EXPECT_EQ(own_->compose(shown.plan(), shown.sources, target).error().code,
            ErrorCode::InvalidSettings);
  // After which it goes on.
  const Result<Ticket> ticket = own_->compose(shown.plan(), shown.sources, {});
  ASSERT_TRUE(ticket) << ticket.error().message;
  own_->discard(*ticket);
}

std::string upload_name(const testing::TestParamInfo<Uploads>& param) {
  constexpr const char* names[] = {"Automatic", "Direct", "Staged", "OwnQueue"};
  return names[static_cast<size_t>(param.param)];
}

INSTANTIATE_TEST_SUITE_P(Compose, EveryUpload,
                         testing::Values(Uploads::Automatic, Uploads::Direct, Uploads::Staged,
                                         Uploads::OwnQueue),
                         upload_name);

TEST_F(ComposeTest, UploadsOfTheirOwnQueueNeedOne) {
  VulkanDevice& vulkan = VulkanDevice::get();
  const auto made =
      CompositeEngine::make(vulkan.device(), vulkan.queue(), {.uploads = Uploads::OwnQueue});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::InvalidSettings);
}

}  // namespace
}  // namespace av1hw::test
