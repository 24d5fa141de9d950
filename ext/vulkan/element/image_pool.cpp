// SPDX-License-Identifier: LGPL-2.1-or-later
// Nobody else is in the queue while a pool's image is made.
#include "vulkan/element/image_pool.h"

#include "vulkan/element/compute_queue.h"

namespace av1hw {
namespace {

struct Av1HwVkImagePool {
  GstVulkanImageBufferPool parent;
};
struct Av1HwVkImagePoolClass {
  GstVulkanImageBufferPoolClass parent_class;
};

G_DEFINE_TYPE(Av1HwVkImagePool, av1hw_vk_image_pool, GST_TYPE_VULKAN_IMAGE_BUFFER_POOL)

GstFlowReturn alloc_buffer(GstBufferPool* pool, GstBuffer** buffer,
                           GstBufferPoolAcquireParams* params) {
  const auto alloc = GST_BUFFER_POOL_CLASS(av1hw_vk_image_pool_parent_class)->alloc_buffer;
  const GstHandle<GstVulkanQueue> queue =
      compute_queue(reinterpret_cast<GstVulkanImageBufferPool*>(pool)->device);
  if (!queue) return alloc(pool, buffer, params);
  gst_vulkan_queue_submit_lock(queue.get());
  const GstFlowReturn flow = alloc(pool, buffer, params);
  gst_vulkan_queue_submit_unlock(queue.get());
  return flow;
}

void av1hw_vk_image_pool_class_init(Av1HwVkImagePoolClass* klass) {
  GST_BUFFER_POOL_CLASS(klass)->alloc_buffer = alloc_buffer;
}

void av1hw_vk_image_pool_init(Av1HwVkImagePool*) {}

}  // namespace

PoolHandle make_image_pool(GstVulkanDevice* device) {
  auto* made =
      static_cast<GstVulkanImageBufferPool*>(g_object_new(av1hw_vk_image_pool_get_type(), nullptr));
  gst_object_ref_sink(made);
  made->device = GST_VULKAN_DEVICE(gst_object_ref(device));
  return PoolHandle(GST_BUFFER_POOL_CAST(made));
}

}  // namespace av1hw
