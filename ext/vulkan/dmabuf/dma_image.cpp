// SPDX-License-Identifier: LGPL-2.1-or-later
// Planes of DMA-BUFs as VkImages, in memories that the engine takes as libgstvulkan's.
#include <format>
#include <utility>

#include "vulkan/dmabuf/dma_allocation.h"
#include "vulkan/dmabuf/dma_objects.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

// An image with its memory.
struct OwnedImage {
  explicit OwnedImage(DmaDevicePtr on) : device(std::move(on)) {}
  OwnedImage(const OwnedImage&) = delete;
  OwnedImage& operator=(const OwnedImage&) = delete;
  ~OwnedImage() {
    vkDestroyImage(device->get(), image, nullptr);
    vkFreeMemory(device->get(), memory, nullptr);
  }
  const DmaDevicePtr device;
  VkImageCreateInfo info = {};
  VkImage image = VK_NULL_HANDLE;
  VkDeviceMemory memory = VK_NULL_HANDLE;
};

VkImageCreateInfo image_info(const PlaneImage& plane) {
  VkImageCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
  info.imageType = VK_IMAGE_TYPE_2D;
  info.format = plane.format;
  info.extent = {plane.width, plane.height, 1};
  info.mipLevels = 1;
  info.arrayLayers = 1;
  info.samples = VK_SAMPLE_COUNT_1_BIT;
  info.tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
  info.usage = dma_image_usage(plane.use);
  info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
  info.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED;
  return info;
}

// `tiling`: how its layout is told, or left to the driver.
Result<ExternalNeeds> make(OwnedImage& owned, const PlaneImage& plane, const void* tiling) {
  VkExternalMemoryImageCreateInfo external = {};
  external.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO;
  external.pNext = tiling;
  external.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
  owned.info = image_info(plane);
  owned.info.pNext = &external;
  const VkResult result = vkCreateImage(owned.device->get(), &owned.info, nullptr, &owned.image);
  owned.info.pNext = nullptr;
  if (result == VK_ERROR_INVALID_DRM_FORMAT_MODIFIER_PLANE_LAYOUT_EXT)
    return fail(ErrorCode::InvalidData,
                std::format("a DMA-BUF has a plane that the GPU can't read: {}x{} with rows of {} "
                            "bytes at byte {}, modifier {:#x}",
                            plane.width, plane.height, plane.pitch, plane.offset, plane.modifier));
  if (Result<> made = vk_result(result, "vkCreateImage for a DMA-BUF"); !made)
    return std::unexpected(made.error());
  return needs_of(owned.device->get(), owned.image);
}

Result<> bind(OwnedImage& owned, Result<VkDeviceMemory> memory) {
  if (!memory) return std::unexpected(memory.error());
  owned.memory = *memory;
  return vk_result(vkBindImageMemory(owned.device->get(), owned.image, owned.memory, 0),
                   "vkBindImageMemory for a DMA-BUF");
}

// libgstvulkan asks for the format's properties as Vulkan 1.0 does, which knows no modifiers: told
// that the image is of optimal tiling, it does not mind.
Result<MemoryHandle> wrap(std::unique_ptr<OwnedImage> owned) {
  const VkImageCreateInfo info = owned->info;
  gst_vulkan_image_memory_init_once();
  GstMemory* memory = gst_vulkan_image_memory_wrapped(
      owned->device->gst(), owned->image, info.format, info.extent.width, info.extent.height,
      VK_IMAGE_TILING_OPTIMAL, info.usage, owned.get(),
      [](gpointer image) { delete static_cast<OwnedImage*>(image); });
  // A memory that can't be made has let go of it.
  static_cast<void>(owned.release());
  if (!memory) return fail(ErrorCode::Failed, "libgstvulkan does not take an image of a DMA-BUF");
  auto* image = reinterpret_cast<GstVulkanImageMemory*>(memory);
  image->create_info = info;
  image->barrier.image_layout = VK_IMAGE_LAYOUT_GENERAL;
  return MemoryHandle(memory);
}

Result<DmaDevice::ImageLimits> limits_of(const DmaDevice& device, const PlaneImage& plane) {
  const auto limits = device.image_limits(plane.format, plane.modifier, plane.use);
  if (!limits)
    return fail(ErrorCode::NotSupported,
                std::format("the GPU has no DMA-BUFs of modifier {:#x} with VkFormat {}",
                            plane.modifier, static_cast<int>(plane.format)));
  if (plane.width > limits->width || plane.height > limits->height)
    return fail(ErrorCode::NotSupported,
                std::format("a DMA-BUF of {}x{} is larger than the GPU's {}x{}", plane.width,
                            plane.height, limits->width, limits->height));
  return *limits;
}

}  // namespace

Result<MemoryHandle> import_image(const DmaDevicePtr& device, int fd, uint64_t bytes,
                                  const PlaneImage& plane) {
  const Result<DmaDevice::ImageLimits> limits = limits_of(*device, plane);
  if (!limits) return std::unexpected(limits.error());
  VkSubresourceLayout place = {};
  place.offset = plane.offset;
  place.rowPitch = plane.pitch;
  VkImageDrmFormatModifierExplicitCreateInfoEXT tiling = {};
  tiling.sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT;
  tiling.drmFormatModifier = plane.modifier;
  tiling.drmFormatModifierPlaneCount = 1;
  tiling.pPlaneLayouts = &place;
  auto owned = std::make_unique<OwnedImage>(device);
  const Result<ExternalNeeds> needs = make(*owned, plane, &tiling);
  if (!needs) return std::unexpected(needs.error());
  if (needs->memory.size > bytes)
    return fail(ErrorCode::InvalidData,
                std::format("a DMA-BUF has {} bytes, and an image in it needs {}", bytes,
                            needs->memory.size));
  if (Result<> bound = bind(
          *owned, import_memory(*device, fd, bytes,
                                {.image = owned->image, .dedicated = limits->dedicated}, *needs));
      !bound) {
    return std::unexpected(bound.error());
  }
  return wrap(std::move(owned));
}

Result<ExportedImage> make_image(const DmaDevicePtr& device, const PlaneImage& plane,
                                 std::span<const uint64_t> modifiers) {
  if (modifiers.empty()) return fail(ErrorCode::InvalidSettings, "an image needs a modifier");
  VkImageDrmFormatModifierListCreateInfoEXT tiling = {};
  tiling.sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT;
  tiling.drmFormatModifierCount = static_cast<uint32_t>(modifiers.size());
  tiling.pDrmFormatModifiers = modifiers.data();
  bool dedicated = false;
  for (const uint64_t modifier : modifiers) {
    PlaneImage one = plane;
    one.modifier = modifier;
    const Result<DmaDevice::ImageLimits> limits = limits_of(*device, one);
    if (!limits) return std::unexpected(limits.error());
    dedicated |= limits->dedicated;
  }
  auto owned = std::make_unique<OwnedImage>(device);
  const Result<ExternalNeeds> needs = make(*owned, plane, &tiling);
  if (!needs) return std::unexpected(needs.error());
  if (Result<> bound =
          bind(*owned,
               allocate_dma_buf(*device, {.image = owned->image, .dedicated = dedicated}, *needs));
      !bound) {
    return std::unexpected(bound.error());
  }
  ExportedImage made;
  made.plane = plane;
  const Result<uint64_t> modifier = device->modifier_of(owned->image);
  if (!modifier) return std::unexpected(modifier.error());
  made.plane.modifier = *modifier;
  const VkImageSubresource subresource = {VK_IMAGE_ASPECT_MEMORY_PLANE_0_BIT_EXT, 0, 0};
  VkSubresourceLayout layout = {};
  vkGetImageSubresourceLayout(device->get(), owned->image, &subresource, &layout);
  made.plane.offset = layout.offset;
  made.plane.pitch = layout.rowPitch;
  const VkDeviceMemory memory = owned->memory;
  Result<MemoryHandle> image = wrap(std::move(owned));
  if (!image) return std::unexpected(image.error());
  made.image = std::move(*image);
  const Result<int> fd = device->export_memory(memory);
  if (!fd) return std::unexpected(fd.error());
  made.fd = *fd;
  return made;
}

}  // namespace av1hw
