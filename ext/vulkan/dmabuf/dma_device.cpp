// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks the device about each plane's format with each modifier that it lists.
#include "vulkan/dmabuf/dma_device.h"

#include <algorithm>
#include <string>

#include "vulkan/external_memory.h"
#include "vulkan/vk_result.h"

namespace av1hw {
namespace {

constexpr VkExternalMemoryHandleTypeFlagBits handle_type =
    VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;

VkExternalMemoryFeatureFlagBits needed_feature(DmaUse use) {
  return use == DmaUse::Make ? VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT
                             : VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

VkFormatFeatureFlags2 needed_tiling_features(DmaUse use) {
  return use == DmaUse::Read ? VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_BIT
                             : VK_FORMAT_FEATURE_2_STORAGE_IMAGE_BIT;
}

std::vector<VkDrmFormatModifierProperties2EXT> listed(VkPhysicalDevice device, VkFormat format) {
  VkDrmFormatModifierPropertiesList2EXT list = {};
  list.sType = VK_STRUCTURE_TYPE_DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT;
  VkFormatProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2;
  properties.pNext = &list;
  vkGetPhysicalDeviceFormatProperties2(device, format, &properties);
  std::vector<VkDrmFormatModifierProperties2EXT> found(list.drmFormatModifierCount);
  list.pDrmFormatModifierProperties = found.data();
  vkGetPhysicalDeviceFormatProperties2(device, format, &properties);
  found.resize(list.drmFormatModifierCount);
  return found;
}

Result<SampleLayout> layout_of(GstVideoFormat format) {
  GstVideoInfo info;
  // Any size serves: formats alone are asked for.
  gst_video_info_set_format(&info, format, 64, 64);
  return sample_layout(info);
}

template <typename Function>
Function function(GstVulkanDevice* device, const char* name) {
  return reinterpret_cast<Function>(gst_vulkan_device_get_proc_address(device, name));
}

}  // namespace

VkFormat plane_format(const SampleLayout& layout, unsigned plane) {
  const bool pairs = layout.planes == 2 && plane == 1;
  if (layout.planes > 1 && layout.word_bytes == 2)
    return pairs ? VK_FORMAT_R16G16_UNORM : VK_FORMAT_R16_UNORM;
  if (layout.planes > 1) return pairs ? VK_FORMAT_R8G8_UNORM : VK_FORMAT_R8_UNORM;
  // Two samples share a word of YUY2, so that no image has one of them a texel.
  if (layout.sub_x > 0) return VK_FORMAT_UNDEFINED;
  if (layout.word_bytes == 4)
    return layout.components[0].shift == 0 ? VK_FORMAT_A2B10G10R10_UNORM_PACK32
                                           : VK_FORMAT_A2R10G10B10_UNORM_PACK32;
  return layout.rgb && layout.components[0].offset == 2 ? VK_FORMAT_B8G8R8A8_UNORM
                                                        : VK_FORMAT_R8G8B8A8_UNORM;
}

VkImageUsageFlags dma_image_usage(DmaUse use) {
  return use == DmaUse::Read ? VK_IMAGE_USAGE_SAMPLED_BIT : VK_IMAGE_USAGE_STORAGE_BIT;
}

DmaDevice::DmaDevice(GstVulkanDevice* device)
    : device_(GST_VULKAN_DEVICE(gst_object_ref(device))) {}

Result<std::shared_ptr<const DmaDevice>> DmaDevice::make(GstVulkanDevice* device) {
  for (const char* needed :
       {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME}) {
    if (!gst_vulkan_device_is_extension_enabled(device, needed))
      return fail(ErrorCode::NotSupported,
                  std::string("the Vulkan device was opened without ") + needed);
  }
  std::shared_ptr<DmaDevice> made(new DmaDevice(device));
  made->get_fd_properties_ =
      function<PFN_vkGetMemoryFdPropertiesKHR>(device, "vkGetMemoryFdPropertiesKHR");
  made->get_fd_ = function<PFN_vkGetMemoryFdKHR>(device, "vkGetMemoryFdKHR");
  if (!made->get_fd_properties_ || !made->get_fd_)
    return fail(ErrorCode::NotSupported, "the Vulkan driver lacks vkGetMemoryFdKHR");
  if (gst_vulkan_device_is_extension_enabled(device,
                                             VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME))
    made->get_modifier_ = function<PFN_vkGetImageDrmFormatModifierPropertiesEXT>(
        device, "vkGetImageDrmFormatModifierPropertiesEXT");
  for (const DmaUse use : {DmaUse::Read, DmaUse::Write, DmaUse::Make})
    made->buffers_[static_cast<size_t>(use)] =
        external_buffer_support(gst_vulkan_device_get_physical_device(device), dma_buffer_usage,
                                handle_type, needed_feature(use));
  return made;
}

std::optional<DmaDevice::ImageLimits> DmaDevice::image_limits(VkFormat format, uint64_t modifier,
                                                              DmaUse use) const {
  VkPhysicalDeviceImageDrmFormatModifierInfoEXT tiled = {};
  tiled.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT;
  tiled.drmFormatModifier = modifier;
  VkPhysicalDeviceExternalImageFormatInfo external = {};
  external.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO;
  external.pNext = &tiled;
  external.handleType = handle_type;
  VkPhysicalDeviceImageFormatInfo2 info = {};
  info.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2;
  info.pNext = &external;
  info.format = format;
  info.type = VK_IMAGE_TYPE_2D;
  info.tiling = VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
  info.usage = dma_image_usage(use);
  VkExternalImageFormatProperties shared = {};
  shared.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES;
  VkImageFormatProperties2 properties = {};
  properties.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2;
  properties.pNext = &shared;
  if (vkGetPhysicalDeviceImageFormatProperties2(
          gst_vulkan_device_get_physical_device(device_.get()), &info, &properties) != VK_SUCCESS)
    return std::nullopt;
  const VkExternalMemoryFeatureFlags features =
      shared.externalMemoryProperties.externalMemoryFeatures;
  if (!(features & needed_feature(use))) return std::nullopt;
  const VkExtent3D& most = properties.imageFormatProperties.maxExtent;
  return ImageLimits{most.width, most.height,
                     (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) != 0};
}

std::vector<uint64_t> DmaDevice::image_modifiers(VkFormat format, DmaUse use) const {
  std::vector<uint64_t> found;
  if (!has_modifiers() || format == VK_FORMAT_UNDEFINED) return found;
  for (const VkDrmFormatModifierProperties2EXT& each :
       listed(gst_vulkan_device_get_physical_device(device_.get()), format)) {
    if (each.drmFormatModifierPlaneCount == 1 &&
        (each.drmFormatModifierTilingFeatures & needed_tiling_features(use)) &&
        image_limits(format, each.drmFormatModifier, use))
      found.push_back(each.drmFormatModifier);
  }
  return found;
}

// Those that all planes can have: a picture has one.
std::vector<uint64_t> DmaDevice::modifiers(const SampleLayout& layout, DmaUse use) const {
  std::vector<uint64_t> all = image_modifiers(plane_format(layout, 0), use);
  for (unsigned plane = 1; plane < layout.planes; plane++) {
    const std::vector<uint64_t> own = image_modifiers(plane_format(layout, plane), use);
    std::erase_if(all, [&](uint64_t each) { return std::ranges::find(own, each) == own.end(); });
  }
  if (has_buffers(use) && std::ranges::find(all, drm_linear) == all.end())
    all.push_back(drm_linear);
  return all;
}

std::vector<DrmModifiers> DmaDevice::taken(DmaUse use) const {
  std::vector<DrmModifiers> found;
  const auto add = [&](GstVideoFormat format) {
    const Result<SampleLayout> layout = layout_of(format);
    if (!layout || drm_format_text(format, drm_linear).empty()) return;
    DrmModifiers one = {format, modifiers(*layout, use)};
    if (!one.modifiers.empty()) found.push_back(std::move(one));
  };
  if (use == DmaUse::Read)
    std::ranges::for_each(composite_input_formats, add);
  else
    std::ranges::for_each(composite_output_formats, add);
  return found;
}

Result<uint32_t> DmaDevice::memory_types(int fd) const {
  VkMemoryFdPropertiesKHR properties = {};
  properties.sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR;
  if (Result<> asked = vk_result(get_fd_properties_(get(), handle_type, fd, &properties),
                                 "vkGetMemoryFdPropertiesKHR for a DMA-BUF");
      !asked) {
    return std::unexpected(asked.error());
  }
  return properties.memoryTypeBits;
}

Result<int> DmaDevice::export_memory(VkDeviceMemory memory) const {
  VkMemoryGetFdInfoKHR info = {};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR;
  info.memory = memory;
  info.handleType = handle_type;
  int fd = -1;
  if (Result<> got = vk_result(get_fd_(get(), &info, &fd), "vkGetMemoryFdKHR for a DMA-BUF"); !got)
    return std::unexpected(got.error());
  return fd;
}

Result<uint64_t> DmaDevice::modifier_of(VkImage image) const {
  VkImageDrmFormatModifierPropertiesEXT properties = {};
  properties.sType = VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT;
  if (Result<> asked = vk_result(get_modifier_(get(), image, &properties),
                                 "vkGetImageDrmFormatModifierPropertiesEXT");
      !asked) {
    return std::unexpected(asked.error());
  }
  return properties.drmFormatModifier;
}

}  // namespace av1hw
