// SPDX-License-Identifier: LGPL-2.1-or-later
// One GstVulkanOperation a picture: barriers and semaphores as libgstvulkan's own elements have
// them.
#include "vulkan/element/decoder_pictures.h"

#include <string>
#include <utility>

#include "base/unique_handle.h"
#include "vulkan/compositor/submission.h"
#include "vulkan/element/compute_queue.h"
#include "vulkan/element/image_frames.h"
#include "vulkan/lost_device.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

using BarrierArray = UniqueHandle<GArray, g_array_unref>;

GstVulkanImageMemory* image_of(GstBuffer* buffer, guint i) {
  return reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(buffer, i));
}

// The samples of a plane, as texels of its image.
VkExtent3D plane_extent(const GstVideoInfo& info, guint plane) {
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component(info.finfo, plane, components);
  return {static_cast<uint32_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, components[0])),
          static_cast<uint32_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, components[0])), 1};
}

uint64_t sample_bytes(const GstVideoInfo& info) {
  uint64_t bytes = 0;
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(info.finfo, i, components);
    const VkExtent3D extent = plane_extent(info, i);
    const int texel_bytes = GST_VIDEO_INFO_COMP_PSTRIDE(&info, components[0]);
    bytes += uint64_t{extent.width} * extent.height * static_cast<unsigned>(texel_bytes);
  }
  return bytes;
}

Error failure(GError* raw, GstVulkanDevice* device, const char* what) {
  const GErrorPtr error(raw);
  if (error && error->code == VK_ERROR_DEVICE_LOST) {
    mark_lost(device);
    return {ErrorCode::DeviceLost, "the Vulkan device was lost"};
  }
  return {ErrorCode::Busy,
          std::string("a decoder's picture can't be copied: ") + (error ? error->message : what)};
}

// Into the layout, and after all that was done with it.
bool wait_for(GstVulkanOperation* operation, GstBuffer* frame, VkAccessFlags2 access,
              VkImageLayout layout) {
  constexpr VkPipelineStageFlags2 copies = VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT;
  return gst_vulkan_operation_add_dependency_frame(operation, frame, copies, copies) &&
         gst_vulkan_operation_add_frame_barrier(operation, frame, copies, copies, access, layout,
                                                nullptr);
}

// The semaphores have made visible whatever was done to the images: what is left is their layout.
void change_layouts(GstVulkanOperation* operation) {
  const BarrierArray array(gst_vulkan_operation_retrieve_image_barriers(operation));
  auto* barriers = reinterpret_cast<VkImageMemoryBarrier2*>(array->data);
  for (guint i = 0; i < array->len; i++) barriers[i].srcAccessMask = VK_ACCESS_2_NONE;
  VkDependencyInfo dependency = {};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  dependency.imageMemoryBarrierCount = array->len;
  dependency.pImageMemoryBarriers = barriers;
  vkCmdPipelineBarrier2(operation->cmd_buf->cmd, &dependency);
}

}  // namespace

bool DecoderPictures::are_references(GstBuffer* buffer) {
  return ImageFrames::is_image(buffer) &&
         (image_of(buffer, 0)->create_info.usage & VK_IMAGE_USAGE_VIDEO_DECODE_DPB_BIT_KHR);
}

// Of a copy that no dispatch has read nobody knows whether it was made.
void DecoderPictures::close() {
  if (queue_ && !is_lost(device_.get())) wait_idle(queue_.get());
  if (pool_) gst_buffer_pool_set_active(pool_.get(), FALSE);
  pool_.reset();
  caps_.reset();
  operation_.reset();
  queue_.reset();
  device_.reset();
}

Result<> DecoderPictures::open(GstVulkanDevice* device, GstCaps* caps) {
  if (device_.get() == device && caps_ && gst_caps_is_equal(caps_.get(), caps)) return {};
  close();
  if (!gst_video_info_from_caps(&info_, caps))
    return fail(ErrorCode::InvalidData, "a decoder's picture has no caps of raw video");
  device_.reset(GST_VULKAN_DEVICE(gst_object_ref(device)));
  queue_ = compute_queue(device);
  if (!queue_) return fail(ErrorCode::NotSupported, "the Vulkan device has no queue that computes");
  GError* error = nullptr;
  const GstHandle<GstVulkanCommandPool> commands(
      gst_vulkan_queue_create_command_pool(queue_.get(), &error));
  if (!commands)
    return std::unexpected(failure(error, device, "vkCreateCommandPool gave no reason"));
  operation_.reset(gst_vulkan_operation_new(commands.get()));
  if (!gst_vulkan_operation_use_sync2(operation_.get()))
    return fail(ErrorCode::NotSupported,
                "a decoder's picture can't be copied: libgstvulkan does "
                "not use VK_KHR_synchronization2");
  ImageFrames images;
  images.open(device);
  Result<PoolHandle> pool = images.make_pool(caps, 0);
  if (!pool) return std::unexpected(pool.error());
  if (!gst_buffer_pool_set_active(pool->get(), TRUE))
    return fail(ErrorCode::Busy, "there is no memory for copies of a decoder's pictures");
  pool_ = std::move(*pool);
  caps_ = share(caps);
  return {};
}

Result<BufferHandle> DecoderPictures::next_buffer() const {
  GstBuffer* made = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool_.get(), &made, nullptr) != GST_FLOW_OK)
    return fail(ErrorCode::Busy, "there is no memory for a copy of a decoder's picture");
  return BufferHandle(made);
}

// From one image of several planes, or an image a plane, to an image a plane.
Result<> DecoderPictures::record(GstBuffer* from, GstBuffer* to) const {
  const guint planes = GST_VIDEO_INFO_N_PLANES(&info_);
  const bool together = gst_buffer_n_memory(from) == 1 && planes > 1;
  if (gst_buffer_n_memory(to) != planes || (!together && gst_buffer_n_memory(from) != planes))
    return fail(ErrorCode::NotSupported, "a decoder's picture has other images than planes");
  const VkCommandBuffer commands = operation_->cmd_buf->cmd;
  change_layouts(operation_.get());
  for (guint i = 0; i < planes; i++) {
    VkImageCopy region = {};
    region.srcSubresource = {together ? VkImageAspectFlags{VK_IMAGE_ASPECT_PLANE_0_BIT} << i
                                      : VkImageAspectFlags{VK_IMAGE_ASPECT_COLOR_BIT},
                             0, 0, 1};
    region.dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    region.extent = plane_extent(info_, i);
    vkCmdCopyImage(commands, image_of(from, together ? 0 : i)->image,
                   VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, image_of(to, i)->image,
                   VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
  }
  return {};
}

Result<BufferHandle> DecoderPictures::copy(GstBuffer* picture, GstCaps* caps,
                                           CopyAccounting& moves) {
  const GstVulkanImageMemory* first = image_of(picture, 0);
  if (is_lost(first->device)) return fail(ErrorCode::DeviceLost, "the Vulkan device was lost");
  if (Result<> opened = open(first->device, caps); !opened) return std::unexpected(opened.error());
  const VkExtent3D& there = first->create_info.extent;
  if (first->barrier.parent.semaphore == VK_NULL_HANDLE)
    return fail(ErrorCode::NotSupported, "a decoder's picture has no timeline semaphore");
  if (!(first->create_info.usage & VK_IMAGE_USAGE_TRANSFER_SRC_BIT) ||
      there.width < plane_extent(info_, 0).width || there.height < plane_extent(info_, 0).height)
    return fail(ErrorCode::NotSupported,
                "a decoder's picture can't be copied: its image is smaller than its caps say, or "
                "was made without VK_IMAGE_USAGE_TRANSFER_SRC_BIT");
  Result<BufferHandle> made = next_buffer();
  if (!made) return made;
  GError* error = nullptr;
  if (!gst_vulkan_operation_begin(operation_.get(), &error))
    return std::unexpected(failure(error, first->device, "no command buffer"));
  Result<> recorded = fail(ErrorCode::Failed, "a decoder's picture has no image barriers");
  if (wait_for(operation_.get(), picture, VK_ACCESS_2_TRANSFER_READ_BIT,
               VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL) &&
      wait_for(operation_.get(), made->get(), VK_ACCESS_2_TRANSFER_WRITE_BIT,
               VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL))
    recorded = record(picture, made->get());
  if (!recorded) {
    gst_vulkan_operation_reset(operation_.get());
    return std::unexpected(recorded.error());
  }
  if (!gst_vulkan_operation_end(operation_.get(), &error))
    return std::unexpected(failure(error, first->device, "vkQueueSubmit2 gave no reason"));
  constexpr auto parts =
      static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS);
  gst_buffer_copy_into(made->get(), picture, parts, 0, static_cast<gsize>(-1));
  // Its images stay until the copy is made.
  gst_buffer_add_parent_buffer_meta(made->get(), picture);
  moves.count(FrameMove::GpuCopy, sample_bytes(info_));
  return made;
}

}  // namespace av1hw
