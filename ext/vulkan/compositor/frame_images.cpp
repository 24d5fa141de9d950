// SPDX-License-Identifier: LGPL-2.1-or-later
// GstVulkanImageMemory keeps the state of its image: who used it last, in which layout, and the
// timeline that says when that is done.
#include "vulkan/compositor/frame_images.h"

#include <algorithm>
#include <array>
#include <string>

#include "vulkan/compositor/system_planes.h"

namespace av1hw {
namespace {

// What a frame does with images, in whichever order.
constexpr VkPipelineStageFlags2 kernel_stages =
    VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT;

constexpr VkImageUsageFlags kernel_usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT;

// The formats of views on the planes of an image of several.
struct PlaneFormats {
  VkFormat image;
  std::array<VkFormat, 3> planes;
};
constexpr PlaneFormats plane_formats[] = {
    {VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, {VK_FORMAT_R8_UNORM, VK_FORMAT_R8G8_UNORM}},
    {VK_FORMAT_G8_B8R8_2PLANE_422_UNORM, {VK_FORMAT_R8_UNORM, VK_FORMAT_R8G8_UNORM}},
    {VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM,
     {VK_FORMAT_R8_UNORM, VK_FORMAT_R8_UNORM, VK_FORMAT_R8_UNORM}},
    {VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM,
     {VK_FORMAT_R8_UNORM, VK_FORMAT_R8_UNORM, VK_FORMAT_R8_UNORM}},
    {VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16,
     {VK_FORMAT_R10X6_UNORM_PACK16, VK_FORMAT_R10X6G10X6_UNORM_2PACK16}},
    {VK_FORMAT_G16_B16R16_2PLANE_420_UNORM, {VK_FORMAT_R16_UNORM, VK_FORMAT_R16G16_UNORM}},
    {VK_FORMAT_G16_B16_R16_3PLANE_420_UNORM,
     {VK_FORMAT_R16_UNORM, VK_FORMAT_R16_UNORM, VK_FORMAT_R16_UNORM}},
};

const PlaneFormats* plane_formats_of(VkFormat image) {
  const auto found = std::ranges::find(plane_formats, image, &PlaneFormats::image);
  return found == std::end(plane_formats) ? nullptr : found;
}

// Does a texel of this format have what the plane's samples have?
bool fits(VkFormat format, const SampleLayout& layout, unsigned plane) {
  const bool pairs = layout.planes == 2 && plane == 1;
  const bool upper_bits = layout.components[0].shift > 0;
  switch (format) {
  case VK_FORMAT_R8_UNORM: return layout.planes > 1 && layout.word_bytes == 1 && !pairs;
  case VK_FORMAT_R8G8_UNORM: return pairs && layout.word_bytes == 1;
  case VK_FORMAT_R16_UNORM: return layout.planes > 1 && layout.word_bytes == 2 && !pairs;
  case VK_FORMAT_R16G16_UNORM: return pairs && layout.word_bytes == 2;
  case VK_FORMAT_R10X6_UNORM_PACK16: return layout.word_bytes == 2 && upper_bits && !pairs;
  case VK_FORMAT_R10X6G10X6_UNORM_2PACK16: return layout.word_bytes == 2 && upper_bits && pairs;
  case VK_FORMAT_R8G8B8A8_UNORM:
    return layout.planes == 1 && layout.sub_x == 0 && layout.word_bytes == 1 &&
           !(layout.rgb && layout.components[0].offset == 2);
  case VK_FORMAT_B8G8R8A8_UNORM: return layout.rgb && layout.components[0].offset == 2;
  case VK_FORMAT_A2B10G10R10_UNORM_PACK32:
    return layout.word_bytes == 4 && layout.components[0].shift == 0;
  case VK_FORMAT_A2R10G10B10_UNORM_PACK32:
    return layout.word_bytes == 4 && layout.components[0].shift == 20;
  default: return false;
  }
}

Error unfit(const SampleLayout& layout, const std::string& what) {
  return {ErrorCode::NotSupported, std::string("a Vulkan image of ") +
                                       gst_video_format_to_string(layout.format) + " " + what};
}

gboolean is_same_view(GstVulkanImageView* view, gpointer wanted) {
  const auto& info = *static_cast<const VkImageViewCreateInfo*>(wanted);
  return view->create_info.format == info.format && view->create_info.viewType == info.viewType &&
         view->create_info.subresourceRange.aspectMask == info.subresourceRange.aspectMask &&
         view->create_info.subresourceRange.baseArrayLayer == 0;
}

// Views stay with their memory, so that one from a pool makes them once.
GstVulkanImageView* view_of(GstVulkanImageMemory* memory, VkFormat format,
                            VkImageAspectFlags aspect) {
  VkImageViewUsageCreateInfo usage = {};
  usage.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO;
  usage.usage = memory->create_info.usage & kernel_usage;
  VkImageViewCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO;
  info.pNext = &usage;
  info.image = memory->image;
  info.viewType = VK_IMAGE_VIEW_TYPE_2D;
  info.format = format;
  info.subresourceRange = {aspect, 0, 1, 0, 1};
  if (GstVulkanImageView* known = gst_vulkan_image_memory_find_view(memory, is_same_view, &info))
    return known;
  GstVulkanImageView* made = gst_vulkan_image_view_new(memory, &info);
  if (made) gst_vulkan_image_memory_add_view(memory, made);
  return made;
}

VkSemaphoreSubmitInfo semaphore_at(VkSemaphore semaphore, uint64_t value) {
  VkSemaphoreSubmitInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO;
  info.semaphore = semaphore;
  info.value = value;
  info.stageMask = kernel_stages;
  return info;
}

VkPipelineStageFlags2 stage_of(bool copied) {
  return copied ? VK_PIPELINE_STAGE_2_COPY_BIT : VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT;
}

void memory_barrier(VkCommandBuffer commands, VkPipelineStageFlags2 from, VkAccessFlags2 written,
                    VkPipelineStageFlags2 to, VkAccessFlags2 read) {
  VkMemoryBarrier2 memory = {};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2;
  memory.srcStageMask = from;
  memory.srcAccessMask = written;
  memory.dstStageMask = to;
  memory.dstAccessMask = read;
  VkDependencyInfo dependency = {};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  dependency.memoryBarrierCount = 1;
  dependency.pMemoryBarriers = &memory;
  vkCmdPipelineBarrier2(commands, &dependency);
}

void record_all(VkCommandBuffer commands, const std::vector<VkImageMemoryBarrier2>& barriers) {
  if (barriers.empty()) return;
  VkDependencyInfo dependency = {};
  dependency.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO;
  dependency.imageMemoryBarrierCount = static_cast<uint32_t>(barriers.size());
  dependency.pImageMemoryBarriers = barriers.data();
  vkCmdPipelineBarrier2(commands, &dependency);
}

// A plane of a staged picture, as texels.
VkBufferImageCopy copy_region(const SampleLayout& layout, const StagedPlane& plane, unsigned index,
                              VkImageAspectFlags aspect, uint64_t offset) {
  uint32_t texel_bytes = 1;
  for (const ComponentLayout& component : layout.components) {
    if (component.plane == index) texel_bytes = std::max<uint32_t>(texel_bytes, component.step);
  }
  VkBufferImageCopy region = {};
  region.bufferOffset = offset + plane.offset;
  region.bufferRowLength = plane.stride / texel_bytes;
  region.imageSubresource = {aspect, 0, 0, 1};
  region.imageExtent = {plane.row_bytes / texel_bytes, plane.rows, 1};
  return region;
}

// As of now: another thread may bring it into another one before this frame does.
VkImageLayout layout_of(const GstVulkanImageMemory* memory) {
  ImageLocks locks;
  locks.add(memory);
  locks.lock();
  return memory->barrier.image_layout;
}

}  // namespace

void FrameImages::clear() {
  images_.clear();
  sources_.clear();
  targets_.clear();
  copies_in_.clear();
  copies_out_.clear();
  for (GstVulkanImageView* view : views_) gst_vulkan_image_view_unref(view);
  views_.clear();
}

bool FrameImages::is_direct(const ImagePlanes& planes, bool written) {
  const GstVulkanImageMemory* first = planes.memories[0];
  if (!first) return false;
  const VkImageCreateInfo& info = first->create_info;
  const VkImageUsageFlags needed =
      written ? VK_IMAGE_USAGE_STORAGE_BIT : VK_IMAGE_USAGE_SAMPLED_BIT;
  return (info.usage & needed) &&
         (!plane_formats_of(info.format) || (info.flags & VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT));
}

// The layout that the frame will find it in.
Result<VkImageLayout> FrameImages::note_use(const ImagePlanes& planes, GstVulkanImageMemory* memory,
                                            Use use, bool next_plane) {
  const auto known = std::ranges::find(images_, memory, &Image::memory);
  if (known != images_.end()) {
    if (known->use != use || (is_written(use) && !next_plane))
      return fail(ErrorCode::InvalidSettings, "a frame can't be composed onto one that it shows");
    return known->layout;
  }
  VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL;
  if (use == Use::Sampled && layout_of(memory) != VK_IMAGE_LAYOUT_GENERAL)
    layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  if (use == Use::CopiedFrom) layout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
  if (use == Use::CopiedTo) layout = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  images_.push_back({memory, use, layout, planes.foreign});
  return layout;
}

Result<FrameAccess> FrameImages::add_planes(const ImagePlanes& planes, const SampleLayout& layout,
                                            bool written) {
  std::vector<VkDescriptorImageInfo>& descriptors = written ? targets_ : sources_;
  FrameAccess access;
  access.is_image = true;
  access.first_image = static_cast<uint32_t>(descriptors.size());
  GstVulkanImageMemory* const first = planes.memories[0];
  if (!first) return std::unexpected(unfit(layout, "has no memory"));
  const PlaneFormats* together = plane_formats_of(first->create_info.format);
  for (unsigned plane = 0; plane < layout.planes; plane++) {
    GstVulkanImageMemory* const memory = together ? first : planes.memories[plane];
    if (!memory) return std::unexpected(unfit(layout, "lacks a plane"));
    const VkFormat format = together ? together->planes[plane] : memory->create_info.format;
    if (!fits(format, layout, plane))
      return std::unexpected(
          unfit(layout, "has a plane of VkFormat " + std::to_string(static_cast<int>(format))));
    if (plane == 0) access.format = format;
    const VkImageAspectFlags aspect =
        together ? VK_IMAGE_ASPECT_PLANE_0_BIT << plane : VK_IMAGE_ASPECT_COLOR_BIT;
    const Result<VkImageLayout> used =
        note_use(planes, memory, written ? Use::Stored : Use::Sampled, together && plane > 0);
    if (!used) return std::unexpected(used.error());
    GstVulkanImageView* view = view_of(memory, format, aspect);
    if (!view) return fail(ErrorCode::Busy, "vkCreateImageView gave no view of a picture's plane");
    views_.push_back(view);
    descriptors.push_back({VK_NULL_HANDLE, view->view, *used});
  }
  return access;
}

Result<FrameAccess> FrameImages::add_source(const ImagePlanes& planes, const SampleLayout& layout,
                                            uint32_t limit) {
  if (sources_.size() + layout.planes > limit)
    return fail(ErrorCode::NotSupported, "the device reads at most " + std::to_string(limit) +
                                             " planes of Vulkan images at once: use fewer layers");
  return add_planes(planes, layout, false);
}

Result<FrameAccess> FrameImages::add_target(const ImagePlanes& planes, const SampleLayout& layout) {
  return add_planes(planes, layout, true);
}

Result<> FrameImages::add_copies(const ImagePlanes& planes, const SampleLayout& layout,
                                 uint64_t offset, Use use) {
  const bool written = use == Use::CopiedTo;
  const StagedPicture picture = staged_picture(layout);
  GstVulkanImageMemory* const first = planes.memories[0];
  if (!first) return std::unexpected(unfit(layout, "has no memory"));
  const PlaneFormats* together = plane_formats_of(first->create_info.format);
  for (unsigned plane = 0; plane < layout.planes; plane++) {
    GstVulkanImageMemory* const memory = together ? first : planes.memories[plane];
    if (!memory) return std::unexpected(unfit(layout, "lacks a plane"));
    const VkImageUsageFlags needed =
        written ? VK_IMAGE_USAGE_TRANSFER_DST_BIT : VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
    if (!(memory->create_info.usage & needed)) {
      return std::unexpected(
          unfit(layout, written ? "can't be written: it needs VK_IMAGE_USAGE_STORAGE_BIT, or "
                                  "VK_IMAGE_USAGE_TRANSFER_DST_BIT"
                                : "can't be read: it needs VK_IMAGE_USAGE_SAMPLED_BIT, or "
                                  "VK_IMAGE_USAGE_TRANSFER_SRC_BIT"));
    }
    const VkFormat format = together ? together->planes[plane] : memory->create_info.format;
    if (!fits(format, layout, plane))
      return std::unexpected(
          unfit(layout, "has a plane of VkFormat " + std::to_string(static_cast<int>(format))));
    const Result<VkImageLayout> used = note_use(planes, memory, use, together && plane > 0);
    if (!used) return std::unexpected(used.error());
    const VkImageAspectFlags aspect =
        together ? VK_IMAGE_ASPECT_PLANE_0_BIT << plane : VK_IMAGE_ASPECT_COLOR_BIT;
    (written ? copies_out_ : copies_in_)
        .push_back(
            {memory->image, copy_region(layout, picture.planes[plane], plane, aspect, offset)});
  }
  return {};
}

Result<> FrameImages::add_copied_source(const ImagePlanes& planes, const SampleLayout& layout,
                                        uint64_t offset) {
  return add_copies(planes, layout, offset, Use::CopiedFrom);
}

Result<> FrameImages::add_copied_target(const ImagePlanes& planes, const SampleLayout& layout,
                                        uint64_t offset) {
  return add_copies(planes, layout, offset, Use::CopiedTo);
}

void FrameImages::write_descriptors(VkDevice device, VkDescriptorSet set) {
  std::array<VkWriteDescriptorSet, 2> writes = {};
  uint32_t count = 0;
  const auto add = [&](const std::vector<VkDescriptorImageInfo>& images, VkDescriptorType type,
                       uint32_t binding) {
    if (images.empty()) return;
    VkWriteDescriptorSet& write = writes[count++];
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = set;
    write.dstBinding = binding;
    write.descriptorCount = static_cast<uint32_t>(images.size());
    write.descriptorType = type;
    write.pImageInfo = images.data();
  };
  add(sources_, VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, 0);
  add(targets_, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1);
  if (count > 0) vkUpdateDescriptorSets(device, count, writes.data(), 0, nullptr);
}

VkAccessFlags2 FrameImages::access_of(Use use) {
  switch (use) {
  case Use::Sampled: return VK_ACCESS_2_SHADER_SAMPLED_READ_BIT;
  case Use::Stored: return VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT;
  case Use::CopiedFrom: return VK_ACCESS_2_TRANSFER_READ_BIT;
  case Use::CopiedTo: return VK_ACCESS_2_TRANSFER_WRITE_BIT;
  }
  return VK_ACCESS_2_NONE;
}

void FrameImages::record_barriers(VkCommandBuffer commands, const QueueOwnership& ownership) {
  barriers_.clear();
  for (const Image& image : images_) {
    const GstVulkanBarrierImageInfo& last = image.memory->barrier;
    VkImageMemoryBarrier2 barrier = {};
    barrier.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2;
    // With a semaphore its wait, which is of the kernel's stage, has done the rest.
    const bool awaited = last.parent.semaphore != VK_NULL_HANDLE || image.foreign;
    const bool copied = image.use == Use::CopiedFrom || image.use == Use::CopiedTo;
    barrier.srcStageMask = awaited ? kernel_stages : VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT;
    barrier.srcAccessMask = awaited ? VK_ACCESS_2_NONE : VK_ACCESS_2_MEMORY_WRITE_BIT;
    barrier.dstStageMask = stage_of(copied);
    barrier.dstAccessMask = access_of(image.use);
    // Every sample of a canvas is written: what it was does not matter.
    barrier.oldLayout = is_written(image.use) ? VK_IMAGE_LAYOUT_UNDEFINED : last.image_layout;
    if (image.foreign) barrier.oldLayout = VK_IMAGE_LAYOUT_GENERAL;
    barrier.newLayout = image.layout;
    barrier.srcQueueFamilyIndex = image.foreign ? ownership.foreign : VK_QUEUE_FAMILY_IGNORED;
    barrier.dstQueueFamilyIndex = image.foreign ? ownership.own : VK_QUEUE_FAMILY_IGNORED;
    barrier.image = image.memory->image;
    barrier.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, VK_REMAINING_MIP_LEVELS, 0,
                                VK_REMAINING_ARRAY_LAYERS};
    barriers_.push_back(barrier);
  }
  record_all(commands, barriers_);
}

void FrameImages::record_releases(VkCommandBuffer commands, const QueueOwnership& ownership) {
  barriers_.clear();
  for (const Image& image : images_) {
    if (!image.foreign) continue;
    VkImageMemoryBarrier2 barrier = {};
    barrier.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2;
    barrier.srcStageMask = kernel_stages;
    if (is_written(image.use)) barrier.srcAccessMask = access_of(image.use);
    barrier.oldLayout = image.layout;
    barrier.newLayout = VK_IMAGE_LAYOUT_GENERAL;
    barrier.srcQueueFamilyIndex = ownership.own;
    barrier.dstQueueFamilyIndex = ownership.foreign;
    barrier.image = image.memory->image;
    barrier.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, VK_REMAINING_MIP_LEVELS, 0,
                                VK_REMAINING_ARRAY_LAYERS};
    barriers_.push_back(barrier);
  }
  record_all(commands, barriers_);
}

void FrameImages::record_copies_in(VkCommandBuffer commands, VkBuffer to) const {
  if (copies_in_.empty()) return;
  for (const PlaneCopy& copy : copies_in_) {
    vkCmdCopyImageToBuffer(commands, copy.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, to, 1,
                           &copy.region);
  }
  memory_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                 VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT, VK_ACCESS_2_SHADER_STORAGE_READ_BIT);
}

void FrameImages::record_copies_out(VkCommandBuffer commands, VkBuffer from) const {
  if (copies_out_.empty()) return;
  memory_barrier(commands, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT,
                 VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT, VK_PIPELINE_STAGE_2_COPY_BIT,
                 VK_ACCESS_2_TRANSFER_READ_BIT);
  for (const PlaneCopy& copy : copies_out_) {
    vkCmdCopyBufferToImage(commands, from, copy.image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1,
                           &copy.region);
  }
}

void FrameImages::add_semaphores(std::vector<VkSemaphoreSubmitInfo>& waits,
                                 std::vector<VkSemaphoreSubmitInfo>& signals) const {
  for (const Image& image : images_) {
    const GstVulkanBarrierMemoryInfo& last = image.memory->barrier.parent;
    if (last.semaphore == VK_NULL_HANDLE) continue;
    waits.push_back(semaphore_at(last.semaphore, last.semaphore_value));
    signals.push_back(semaphore_at(last.semaphore, last.semaphore_value + 1));
  }
}

void FrameImages::add_to(ImageLocks& locks) const {
  for (const Image& image : images_) locks.add(image.memory);
}

void FrameImages::note_submission() {
  for (const Image& image : images_) {
    GstVulkanBarrierImageInfo& state = image.memory->barrier;
    state.image_layout = image.foreign ? VK_IMAGE_LAYOUT_GENERAL : image.layout;
    const bool copied = image.use == Use::CopiedFrom || image.use == Use::CopiedTo;
    // Of Vulkan 1.0, as elements that wait for no semaphore hand them to vkCmdPipelineBarrier; what
    // was only read has nothing to be made visible.
    state.parent.pipeline_stages =
        copied ? VK_PIPELINE_STAGE_TRANSFER_BIT : VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
    state.parent.access_flags = 0;
    if (image.use == Use::Stored) state.parent.access_flags = VK_ACCESS_MEMORY_WRITE_BIT;
    if (image.use == Use::CopiedTo) state.parent.access_flags = VK_ACCESS_TRANSFER_WRITE_BIT;
    if (state.parent.semaphore != VK_NULL_HANDLE) state.parent.semaphore_value++;
  }
}

}  // namespace av1hw
