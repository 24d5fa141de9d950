// SPDX-License-Identifier: LGPL-2.1-or-later
// One GstVulkanOperation a frame: barriers and semaphores as libgstvulkan's own elements have
// them.
#include "vulkan/element/image_operation.h"

#include <string>

#include "base/unique_handle.h"
#include "vulkan/compositor/submission.h"
#include "vulkan/element/compute_queue.h"
#include "vulkan/lost_device.h"

namespace av1hw {
namespace {

using BarrierArray = UniqueHandle<GArray, g_array_unref>;

GstVulkanImageMemory* image_of(GstBuffer* frame, guint i) {
  return reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(frame, i));
}

gint first_component(const GstVideoInfo& info, guint plane) {
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component(info.finfo, plane, components);
  return components[0];
}

bool are_together(GstBuffer* frame, const GstVideoInfo& info) {
  return gst_buffer_n_memory(frame) == 1 && GST_VIDEO_INFO_N_PLANES(&info) > 1;
}

std::unexpected<Error> refused(const char* why) {
  return fail(ErrorCode::NotSupported,
              std::string("a frame in Vulkan images can't be copied: ") + why);
}

// Texels of another size would come to lie elsewhere.
bool has_format(const GstVulkanImageMemory& image, const GstVideoInfo& info, guint plane,
                bool together) {
  const GstVulkanFormatMap* map = gst_vulkan_format_get_map(GST_VIDEO_INFO_FORMAT(&info));
  return map && image.create_info.format == (together ? map->vkfrmt : map->vkfrmts[plane]);
}

Result<> check_image(const GstVulkanImageMemory& image, const VkExtent3D& needed) {
  const VkExtent3D& there = image.create_info.extent;
  if (image.barrier.parent.semaphore == VK_NULL_HANDLE)
    return refused("an image has no timeline semaphore");
  if (there.width < needed.width || there.height < needed.height)
    return refused("an image is smaller than the caps say");
  if (!(image.create_info.usage & VK_IMAGE_USAGE_TRANSFER_SRC_BIT))
    return refused("an image was made without VK_IMAGE_USAGE_TRANSFER_SRC_BIT");
  return {};
}

}  // namespace

VkExtent3D plane_extent(const GstVideoInfo& info, guint plane) {
  const gint component = first_component(info, plane);
  return {static_cast<uint32_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, component)),
          static_cast<uint32_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, component)), 1};
}

uint64_t sample_bytes(const GstVideoInfo& info) {
  uint64_t bytes = 0;
  for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(&info); i++) {
    const VkExtent3D extent = plane_extent(info, i);
    const int texel_bytes = GST_VIDEO_INFO_COMP_PSTRIDE(&info, first_component(info, i));
    bytes += uint64_t{extent.width} * extent.height * static_cast<unsigned>(texel_bytes);
  }
  return bytes;
}

PlaneOfImage plane_of_image(GstBuffer* frame, const GstVideoInfo& info, guint plane) {
  if (!are_together(frame, info)) return {.memory = image_of(frame, plane)};
  return {image_of(frame, 0), VkImageAspectFlags{VK_IMAGE_ASPECT_PLANE_0_BIT} << plane};
}

Result<> check_copyable(GstBuffer* frame, const GstVideoInfo& info) {
  const bool together = are_together(frame, info);
  const guint planes = GST_VIDEO_INFO_N_PLANES(&info);
  if (!together && gst_buffer_n_memory(frame) != planes)
    return refused("it has other images than planes");
  for (guint i = 0; i < gst_buffer_n_memory(frame); i++) {
    if (!gst_is_vulkan_image_memory(gst_buffer_peek_memory(frame, i)))
      return refused("it is in images in part only");
    const GstVulkanImageMemory& image = *image_of(frame, i);
    if (is_lost(image.device)) return fail(ErrorCode::DeviceLost, "the Vulkan device was lost");
    if (image.device != image_of(frame, 0)->device)
      return refused("its images are on several devices");
    if (!has_format(image, info, i, together))
      return refused("an image has another format than the caps say");
    if (Result<> fits = check_image(image, plane_extent(info, i)); !fits) return fits;
  }
  return {};
}

Result<std::unique_ptr<ImageOperation>> ImageOperation::make(GstVulkanDevice* device) {
  std::unique_ptr<ImageOperation> made(new ImageOperation());
  made->device_.reset(GST_VULKAN_DEVICE(gst_object_ref(device)));
  made->queue_ = compute_queue(device);
  if (!made->queue_)
    return fail(ErrorCode::NotSupported, "the Vulkan device has no queue that computes");
  GError* error = nullptr;
  const GstHandle<GstVulkanCommandPool> commands(
      gst_vulkan_queue_create_command_pool(made->queue_.get(), &error));
  if (!commands) return std::unexpected(made->failure(error, "vkCreateCommandPool gave no reason"));
  made->operation_.reset(gst_vulkan_operation_new(commands.get()));
  if (!gst_vulkan_operation_use_sync2(made->operation_.get()))
    return refused("libgstvulkan does not use VK_KHR_synchronization2");
  return made;
}

// Of what nobody waited for it is not known whether it was done.
ImageOperation::~ImageOperation() {
  if (queue_ && !is_lost(device_.get())) wait_idle(queue_.get());
}

Error ImageOperation::failure(GError* raw, const char* what) const {
  const GErrorPtr error(raw);
  if (error && error->code == VK_ERROR_DEVICE_LOST) {
    mark_lost(device_.get());
    return {ErrorCode::DeviceLost, "the Vulkan device was lost"};
  }
  return {ErrorCode::Busy, std::string("a frame in Vulkan images can't be copied: ") +
                               (error ? error->message : what)};
}

Result<> ImageOperation::begin(std::initializer_list<GstBuffer*> frames) {
  GError* error = nullptr;
  if (gst_vulkan_operation_begin(operation_.get(), &error)) {
    for (GstBuffer* frame : frames) locks_.add(frame);
    locks_.lock();
    return {};
  }
  return std::unexpected(failure(error, "no command buffer"));
}

Result<> ImageOperation::use(GstBuffer* frame, VkAccessFlags2 access, VkImageLayout layout) {
  constexpr VkPipelineStageFlags2 copies = VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT;
  if (gst_vulkan_operation_add_dependency_frame(operation_.get(), frame, copies, copies) &&
      gst_vulkan_operation_add_frame_barrier(operation_.get(), frame, copies, copies, access,
                                             layout, nullptr))
    return {};
  return refused("it has no image barriers");
}

// The semaphores have made visible whatever was done to the images: what is left is their layout.
VkCommandBuffer ImageOperation::record_layouts() {
  const BarrierArray array(gst_vulkan_operation_retrieve_image_barriers(operation_.get()));
  auto* barriers = reinterpret_cast<VkImageMemoryBarrier2*>(array->data);
  for (guint i = 0; i < array->len; i++) barriers[i].srcAccessMask = VK_ACCESS_2_NONE;
  VkDependencyInfo dependency = {};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  dependency.imageMemoryBarrierCount = array->len;
  dependency.pImageMemoryBarriers = barriers;
  const VkCommandBuffer commands = operation_->cmd_buf->cmd;
  vkCmdPipelineBarrier2(commands, &dependency);
  return commands;
}

Result<> ImageOperation::end() {
  GError* error = nullptr;
  const bool ended = gst_vulkan_operation_end(operation_.get(), &error);
  locks_.unlock();
  if (ended) return {};
  return std::unexpected(failure(error, "vkQueueSubmit2 gave no reason"));
}

void ImageOperation::cancel() {
  gst_vulkan_operation_reset(operation_.get());
  locks_.unlock();
}

Result<> ImageOperation::signal(const SemaphorePoint& point) {
  const Result<> done = signal_after_all(queue_.get(), point);
  if (!done && done.error().code == ErrorCode::DeviceLost) mark_lost(device_.get());
  return done;
}

}  // namespace av1hw
