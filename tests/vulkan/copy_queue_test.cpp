// SPDX-License-Identifier: LGPL-2.1-or-later
// A device with a queue that does nothing but copy: it is opened with that, and frames go through
// both. Run on Mesa's RADV, which executes nothing here (radv/run); what Khronos' validation layer
// says is a failure.
#include <gtest/gtest.h>

#include <span>

#include "compose_fixture.h"
#include "vulkan/element/compute_queue.h"

namespace av1hw::test {
namespace {

constexpr VkQueueFlags computing = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;

class CopyQueue : public ComposeTest {
 protected:
  void SetUp() override {
    ComposeTest::SetUp();
    if (IsSkipped()) return;
    bool has = false;
    for (const VkQueueFamilyProperties& family : families())
      has |= (family.queueFlags & VK_QUEUE_TRANSFER_BIT) && !(family.queueFlags & computing);
    if (!has) GTEST_SKIP() << "the device has no such queues";
  }
  static std::span<const VkQueueFamilyProperties> families() {
    const GstVulkanPhysicalDevice* physical = VulkanDevice::get().device()->physical_device;
    return {physical->queue_family_props, physical->n_queue_families};
  }
};

TEST_F(CopyQueue, IsOpenedBesideTheOther) {
  VulkanDevice& vulkan = VulkanDevice::get();
  ASSERT_TRUE(vulkan.copies());
  EXPECT_NE(vulkan.copies()->family, vulkan.queue()->family);
  EXPECT_TRUE(families()[vulkan.copies()->family].queueFlags & VK_QUEUE_TRANSFER_BIT);
  EXPECT_FALSE(families()[vulkan.copies()->family].queueFlags & computing);
  EXPECT_TRUE(families()[vulkan.queue()->family].queueFlags & VK_QUEUE_COMPUTE_BIT);
  // What was hidden while it was opened is there again.
  EXPECT_TRUE(families()[vulkan.queue()->family].queueFlags & VK_QUEUE_TRANSFER_BIT);
  // One object, which has the lock, for all.
  EXPECT_EQ(copy_queue(vulkan.device()).get(), vulkan.copies());
}

TEST_F(CopyQueue, IsUsedWithoutBeingAskedFor) {
  VulkanDevice& vulkan = VulkanDevice::get();
  const auto engine = CompositeEngine::make(
      vulkan.device(), vulkan.queue(),
      {.frames_in_flight = 2, .cache_on_disk = false, .upload_queue = vulkan.copies()});
  ASSERT_TRUE(engine) << engine.error().message;
  Picture picture(info_of(GST_VIDEO_FORMAT_NV12, 64, 32));
  picture.paint_noise(1);
  Scene scene(picture.info());
  scene.add(picture);
  const FramePlan plan = *plan_frame(scene.canvas, scene.layers);
  const auto host = DeviceFrame::make(Memory::Host, picture.info(), false);
  const auto canvas = DeviceFrame::make(Memory::Host, picture.info(), true);
  Picture result(picture.info());
  for (int i = 0; i < 8; i++) {
    const SourceFrame source = {.planes = i % 2 ? host->planes() : planes_of(picture.frame())};
    const TargetFrame target = {.planes = canvas->target_planes()};
    const Result<Ticket> ticket = (*engine)->compose(plan, {&source, 1}, target);
    ASSERT_TRUE(ticket) << ticket.error().message;
    EXPECT_EQ(ticket->uploaded_bytes, 64u * 32 * 3 / 2);
    const Result<Ticket> other = (*engine)->compose(plan, {&source, 1}, {});
    ASSERT_TRUE(other) << other.error().message;
    auto& frame = const_cast<GstVideoFrame&>(result.frame());
    ASSERT_TRUE((*engine)->download(*other, writable_planes_of(frame)));
  }
}

}  // namespace
}  // namespace av1hw::test
