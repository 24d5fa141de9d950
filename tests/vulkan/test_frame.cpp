// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures go to images and come back by plain copies, waited for.
#include "test_frame.h"

#include <gtest/gtest.h>

#include <cstring>

#include "vk_device_fixture.h"

namespace av1hw::test {
namespace {

VkFormat plane_format(const GstVideoInfo& info, unsigned plane) {
  const bool wide = GST_VIDEO_INFO_COMP_DEPTH(&info, 0) > 8;
  switch (GST_VIDEO_INFO_FORMAT(&info)) {
  case GST_VIDEO_FORMAT_RGBA:
  case GST_VIDEO_FORMAT_RGBx:
  case GST_VIDEO_FORMAT_AYUV:
  case GST_VIDEO_FORMAT_VUYA: return VK_FORMAT_R8G8B8A8_UNORM;
  case GST_VIDEO_FORMAT_BGRA:
  case GST_VIDEO_FORMAT_BGRx: return VK_FORMAT_B8G8R8A8_UNORM;
  case GST_VIDEO_FORMAT_RGB10A2_LE: return VK_FORMAT_A2B10G10R10_UNORM_PACK32;
  case GST_VIDEO_FORMAT_BGR10A2_LE: return VK_FORMAT_A2R10G10B10_UNORM_PACK32;
  case GST_VIDEO_FORMAT_YUY2: return VK_FORMAT_UNDEFINED;
  default: break;
  }
  if (GST_VIDEO_INFO_N_PLANES(&info) == 2 && plane == 1)
    return wide ? VK_FORMAT_R16G16_UNORM : VK_FORMAT_R8G8_UNORM;
  return wide ? VK_FORMAT_R16_UNORM : VK_FORMAT_R8_UNORM;
}

VkFormat planar_format(const GstVideoInfo& info) {
  switch (GST_VIDEO_INFO_FORMAT(&info)) {
  case GST_VIDEO_FORMAT_NV12: return VK_FORMAT_G8_B8R8_2PLANE_420_UNORM;
  case GST_VIDEO_FORMAT_I420: return VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM;
  case GST_VIDEO_FORMAT_P010_10LE: return VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16;
  default: return VK_FORMAT_UNDEFINED;
  }
}

bool can_have(const VkImageCreateInfo& info, bool subsampled) {
  if (subsampled && (info.extent.width % 2 != 0 || info.extent.height % 2 != 0)) return false;
  VkImageFormatProperties properties = {};
  return vkGetPhysicalDeviceImageFormatProperties(
             gst_vulkan_device_get_physical_device(VulkanDevice::get().device()), info.format,
             info.imageType, info.tiling, info.usage, info.flags, &properties) == VK_SUCCESS;
}

int plane_pixels(const GstVideoInfo& info, unsigned plane, bool across) {
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component(info.finfo, plane, components);
  return across ? GST_VIDEO_INFO_COMP_WIDTH(&info, components[0])
                : GST_VIDEO_INFO_COMP_HEIGHT(&info, components[0]);
}

uint32_t texel_bytes(const GstVideoInfo& info, unsigned plane) {
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component(info.finfo, plane, components);
  return static_cast<uint32_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info, components[0]));
}

}  // namespace

const char* memory_name(Memory memory) {
  constexpr const char* names[] = {"System",      "Linear",     "Images",
                                   "PlanarImage", "VideoImage", "Host"};
  return names[static_cast<size_t>(memory)];
}

SystemPlanes planes_of(const GstVideoFrame& frame) {
  SystemPlanes planes;
  for (unsigned i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); i++) {
    planes.data[i] = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, i));
    planes.stride[i] = static_cast<uint32_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i));
  }
  return planes;
}

WritableSystemPlanes writable_planes_of(GstVideoFrame& frame) {
  WritableSystemPlanes planes;
  for (unsigned i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); i++) {
    planes.data[i] = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, i));
    planes.stride[i] = static_cast<uint32_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i));
  }
  return planes;
}

std::unique_ptr<DeviceFrame> DeviceFrame::make(Memory memory, const GstVideoInfo& info,
                                               bool written, DeviceBuffer::Use use) {
  std::unique_ptr<DeviceFrame> frame(new DeviceFrame);
  frame->info_ = info;
  frame->memory_ = memory;
  frame->allocator_ =
      std::move(*DeviceMemory::make(VulkanDevice::get().device(), VulkanDevice::get().families()));
  frame->buffer_ = std::move(*DeviceBuffer::make(*frame->allocator_, use, info.size));
  if (frame->buffer_.data()) std::memset(frame->buffer_.data(), 0xa5, info.size);
  if (frame->is_buffer()) return frame;
  const VkFormat together = frame->is_together() ? planar_format(info) : VK_FORMAT_UNDEFINED;
  if (frame->is_together() && together == VK_FORMAT_UNDEFINED) return nullptr;
  if (!frame->make_images(together, written)) return nullptr;
  return frame;
}

// Mesa's queue thread looks at a submission's semaphores after it has said that it is done.
DeviceFrame::~DeviceFrame() {
  GstVulkanQueue* queue = VulkanDevice::get().queue();
  gst_vulkan_queue_submit_lock(queue);
  vkQueueWaitIdle(queue->queue);
  gst_vulkan_queue_submit_unlock(queue);
  for (GstVulkanImageMemory* memory : images_.memories) {
    if (memory) gst_memory_unref(GST_MEMORY_CAST(memory));
  }
}

bool DeviceFrame::make_images(VkFormat together, bool written) {
  const unsigned count = together != VK_FORMAT_UNDEFINED ? 1 : GST_VIDEO_INFO_N_PLANES(&info_);
  for (unsigned i = 0; i < count; i++) {
    VkImageCreateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
    info.imageType = VK_IMAGE_TYPE_2D;
    info.format = together != VK_FORMAT_UNDEFINED ? together : plane_format(info_, i);
    if (memory_ == Memory::PlanarImage)
      info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT | VK_IMAGE_CREATE_EXTENDED_USAGE_BIT;
    if (info.format == VK_FORMAT_UNDEFINED) return false;
    info.extent = {static_cast<uint32_t>(plane_pixels(info_, i, true)),
                   static_cast<uint32_t>(plane_pixels(info_, i, false)), 1};
    info.mipLevels = 1;
    info.arrayLayers = 1;
    info.samples = VK_SAMPLE_COUNT_1_BIT;
    info.tiling = VK_IMAGE_TILING_OPTIMAL;
    info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    if (memory_ != Memory::VideoImage)
      info.usage |= written ? VK_IMAGE_USAGE_STORAGE_BIT : VK_IMAGE_USAGE_SAMPLED_BIT;
    if (!can_have(info, together != VK_FORMAT_UNDEFINED)) return false;
    GstMemory* made = gst_vulkan_image_memory_alloc_with_image_info(
        VulkanDevice::get().device(), &info, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
    if (!made) return false;
    images_.memories[i] = reinterpret_cast<GstVulkanImageMemory*>(made);
    // libgstvulkan knows it of its own formats only.
    images_.memories[i]->barrier.subresource_range.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT;
  }
  return true;
}

template <typename Planes>
Planes DeviceFrame::any_planes() const {
  if (!is_buffer()) return images_;
  LinearPlanes linear;
  HostPlanes host = {.buffer = buffer_.get()};
  for (unsigned i = 0; i < GST_VIDEO_INFO_N_PLANES(&info_); i++) {
    linear.address[i] = buffer_.address() + info_.offset[i];
    host.offset[i] = info_.offset[i];
    linear.stride[i] = host.stride[i] = static_cast<uint32_t>(info_.stride[i]);
  }
  if (memory_ == Memory::Host) return host;
  return linear;
}

decltype(SourceFrame::planes) DeviceFrame::planes() const {
  return any_planes<decltype(SourceFrame::planes)>();
}

decltype(TargetFrame::planes) DeviceFrame::target_planes() const {
  return any_planes<decltype(TargetFrame::planes)>();
}

// Through a GstVulkanOperation, as other elements do: layouts and semaphores are its concern.
void DeviceFrame::transfer(bool to_images) {
  GstBuffer* holder = gst_buffer_new();
  for (GstVulkanImageMemory* memory : images_.memories) {
    if (memory) gst_buffer_append_memory(holder, gst_memory_ref(GST_MEMORY_CAST(memory)));
  }
  GstVulkanCommandPool* pool =
      gst_vulkan_queue_create_command_pool(VulkanDevice::get().queue(), nullptr);
  GstVulkanOperation* operation = gst_vulkan_operation_new(pool);
  ASSERT_TRUE(gst_vulkan_operation_add_dependency_frame(
      operation, holder, VK_PIPELINE_STAGE_2_COPY_BIT, VK_PIPELINE_STAGE_2_COPY_BIT));
  ASSERT_TRUE(gst_vulkan_operation_begin(operation, nullptr));
  const VkImageLayout layout =
      to_images ? VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL : VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
  ASSERT_TRUE(gst_vulkan_operation_add_frame_barrier(
      operation, holder, VK_PIPELINE_STAGE_2_COPY_BIT, VK_PIPELINE_STAGE_2_COPY_BIT,
      to_images ? VK_ACCESS_2_TRANSFER_WRITE_BIT : VK_ACCESS_2_TRANSFER_READ_BIT, layout, nullptr));
  GArray* barriers = gst_vulkan_operation_retrieve_image_barriers(operation);
  VkDependencyInfo dependency = {};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  dependency.imageMemoryBarrierCount = barriers->len;
  dependency.pImageMemoryBarriers = reinterpret_cast<VkImageMemoryBarrier2*>(barriers->data);
  vkCmdPipelineBarrier2(operation->cmd_buf->cmd, &dependency);
  g_array_unref(barriers);
  for (unsigned i = 0; i < GST_VIDEO_INFO_N_PLANES(&info_); i++) {
    const bool together = is_together();
    VkBufferImageCopy region = {};
    region.bufferOffset = info_.offset[i];
    region.bufferRowLength = static_cast<uint32_t>(info_.stride[i]) / texel_bytes(info_, i);
    region.imageSubresource = {together ? VkImageAspectFlags{VK_IMAGE_ASPECT_PLANE_0_BIT} << i
                                        : VkImageAspectFlags{VK_IMAGE_ASPECT_COLOR_BIT},
                               0, 0, 1};
    region.imageExtent = {static_cast<uint32_t>(plane_pixels(info_, i, true)),
                          static_cast<uint32_t>(plane_pixels(info_, i, false)), 1};
    const VkImage image = images_.memories[together ? 0 : i]->image;
    if (to_images) {
      vkCmdCopyBufferToImage(operation->cmd_buf->cmd, buffer_.get(), image, layout, 1, &region);
    } else {
      vkCmdCopyImageToBuffer(operation->cmd_buf->cmd, image, layout, buffer_.get(), 1, &region);
    }
  }
  ASSERT_TRUE(gst_vulkan_operation_end(operation, nullptr));
  ASSERT_TRUE(gst_vulkan_operation_wait(operation));
  gst_object_unref(operation);
  gst_object_unref(pool);
  gst_buffer_unref(holder);
}

void DeviceFrame::write(const GstVideoFrame& frame) {
  GstBuffer* wrapped = gst_buffer_new_wrapped_full(static_cast<GstMemoryFlags>(0), buffer_.data(),
                                                   info_.size, 0, info_.size, nullptr, nullptr);
  GstVideoFrame mapped;
  ASSERT_TRUE(gst_video_frame_map(&mapped, &info_, wrapped, GST_MAP_WRITE));
  gst_video_frame_copy(&mapped, &frame);
  gst_video_frame_unmap(&mapped);
  gst_buffer_unref(wrapped);
  ASSERT_TRUE(buffer_.flush(info_.size));
  if (!is_buffer()) transfer(true);
}

void DeviceFrame::read(GstVideoFrame& frame) {
  if (!is_buffer()) transfer(false);
  ASSERT_TRUE(buffer_.invalidate(info_.size));
  GstBuffer* wrapped = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, buffer_.data(),
                                                   info_.size, 0, info_.size, nullptr, nullptr);
  GstVideoFrame mapped;
  ASSERT_TRUE(gst_video_frame_map(&mapped, &info_, wrapped, GST_MAP_READ));
  gst_video_frame_copy(&frame, &mapped);
  gst_video_frame_unmap(&mapped);
  gst_buffer_unref(wrapped);
}

}  // namespace av1hw::test
