// SPDX-License-Identifier: LGPL-2.1-or-later
// Images of a pool are made while nobody else is in the elements' queue: libgstvulkan submits for a
// new image, with a lock of its own.
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "memory/handles.h"
#include "vk_device_fixture.h"
#include "vulkan/element/compute_queue.h"
#include "vulkan/element/image_frames.h"

namespace av1hw::test {
namespace {

// As a Vulkan decoder takes over what it is offered: images that begin in a layout.
Result<PoolHandle> pool_of_prepared_images(GstVulkanDevice* device) {
  ImageFrames images;
  images.open(device);
  const CapsHandle caps(gst_caps_from_string(
      "video/x-raw(memory:VulkanImage),format=NV12,width=64,height=48,framerate=25/1"));
  Result<PoolHandle> pool = images.make_pool(caps.get(), 0);
  if (!pool) return pool;
  GstStructure* config = gst_buffer_pool_get_config(pool->get());
  gst_vulkan_image_buffer_pool_config_set_allocation_params(
      config, VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
      VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, VK_IMAGE_LAYOUT_GENERAL, VK_ACCESS_NONE);
  if (!gst_buffer_pool_set_config(pool->get(), config))
    return fail(ErrorCode::Failed, "it can't be configured");
  return pool;
}

TEST(ImagePool, WaitsForWhoIsInTheQueue) {
  VulkanDevice& vulkan = VulkanDevice::get();
  if (!vulkan.absent().empty()) GTEST_SKIP() << vulkan.absent();
  const Result<PoolHandle> pool = pool_of_prepared_images(vulkan.device());
  ASSERT_TRUE(pool) << pool.error().message;
  ASSERT_TRUE(gst_buffer_pool_set_active(pool->get(), TRUE));
  const GstHandle<GstVulkanQueue> queue = compute_queue(vulkan.device());
  gst_vulkan_queue_submit_lock(queue.get());
  auto made = std::async(std::launch::async, [&] {
    GstBuffer* image = nullptr;
    gst_buffer_pool_acquire_buffer(pool->get(), &image, nullptr);
    return BufferHandle(image);
  });
  // On a machine without time to spare it may not have begun: then this says nothing.
  EXPECT_EQ(made.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  gst_vulkan_queue_submit_unlock(queue.get());
  const BufferHandle image = made.get();
  ASSERT_TRUE(image);
  const auto* memory =
      reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(image.get(), 0));
  EXPECT_EQ(memory->barrier.image_layout, VK_IMAGE_LAYOUT_GENERAL);
}

}  // namespace
}  // namespace av1hw::test
