// SPDX-License-Identifier: LGPL-2.1-or-later
// What libgstvulkan's images are to the engine.
#include "vulkan/element/image_frames.h"

#include <string>
#include <utility>
#include <vector>

#include "vulkan/element/image_pool.h"
#include "vulkan/lost_device.h"

namespace av1hw {
namespace {

constexpr VkImageUsageFlags read_usage = VK_IMAGE_USAGE_SAMPLED_BIT;
constexpr VkImageUsageFlags write_usage = VK_IMAGE_USAGE_STORAGE_BIT;
constexpr VkImageUsageFlags copy_usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT;
// Of pools of ours: others may copy to and from them as well.
constexpr VkImageUsageFlags pool_usage =
    read_usage | write_usage | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;

// All strings of a field that is one or a list.
std::vector<std::string> texts(const GstStructure* structure, const char* field) {
  std::vector<std::string> found;
  const GValue* value = gst_structure_get_value(structure, field);
  if (value && G_VALUE_HOLDS_STRING(value)) found.emplace_back(g_value_get_string(value));
  if (!value || !GST_VALUE_HOLDS_LIST(value)) return found;
  for (guint i = 0; i < gst_value_list_get_size(value); i++)
    found.emplace_back(g_value_get_string(gst_value_list_get_value(value, i)));
  return found;
}

void set_texts(GstStructure* structure, const char* field, const std::vector<std::string>& list) {
  GValue values = G_VALUE_INIT;
  g_value_init(&values, GST_TYPE_LIST);
  for (const std::string& text : list) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_STRING);
    g_value_set_string(&value, text.c_str());
    gst_value_list_append_and_take_value(&values, &value);
  }
  gst_structure_take_value(structure, field, &values);
}

GstVulkanDevice* device_of(GstBuffer* buffer) {
  return reinterpret_cast<GstVulkanImageMemory*>(gst_buffer_peek_memory(buffer, 0))->device;
}

// Two samples share a word there, so that no image has one of them a texel.
bool may_be_image(const std::string& format) {
  const GstVideoFormat parsed = gst_video_format_from_string(format.c_str());
  if (parsed == GST_VIDEO_FORMAT_YUY2) return false;
  const GstVulkanFormatMap* map = gst_vulkan_format_get_map(parsed);
  return map && map->vkfrmts[0] != VK_FORMAT_UNDEFINED;
}

}  // namespace

CapsHandle ImageFrames::caps_like(const GstCaps* raw) {
  GstStructure* images = gst_structure_copy(gst_caps_get_structure(raw, 0));
  std::vector<std::string> formats;
  for (std::string& format : texts(images, "format")) {
    if (may_be_image(format)) formats.push_back(std::move(format));
  }
  set_texts(images, "format", formats);
  CapsHandle caps(gst_caps_new_empty());
  gst_caps_append_structure_full(
      caps.get(), images, gst_caps_features_new_single(GST_CAPS_FEATURE_MEMORY_VULKAN_IMAGE));
  return caps;
}

bool ImageFrames::are_images(const GstCaps* caps) {
  return gst_caps_features_contains(gst_caps_get_features(caps, 0),
                                    GST_CAPS_FEATURE_MEMORY_VULKAN_IMAGE);
}

bool ImageFrames::is_image(GstBuffer* buffer) {
  return gst_buffer_n_memory(buffer) > 0 &&
         gst_is_vulkan_image_memory(gst_buffer_peek_memory(buffer, 0));
}

bool ImageFrames::is_lost(GstBuffer* buffer) {
  return is_image(buffer) && av1hw::is_lost(device_of(buffer));
}

bool ImageFrames::are_lost(GstBuffer* buffer) const {
  return is_lost(buffer) && device_of(buffer) != device_.get();
}

bool ImageFrames::device_is_lost() const { return av1hw::is_lost(device_.get()); }

void ImageFrames::open(GstVulkanDevice* device) {
  device_.reset(GST_VULKAN_DEVICE(gst_object_ref(device)));
}

bool ImageFrames::has_format(const char* format, bool written) const {
  GstVideoInfo info;
  // Any size serves: formats alone are asked for.
  if (!gst_video_info_set_format(&info, gst_video_format_from_string(format), 64, 64)) return false;
  VkFormat formats[GST_VIDEO_MAX_PLANES];
  int images = 0;
  return gst_vulkan_format_from_video_info_2(device_.get(), &info, VK_IMAGE_TILING_OPTIMAL, TRUE,
                                             written ? write_usage : read_usage, formats, &images,
                                             nullptr);
}

CapsHandle ImageFrames::usable(CapsHandle caps, bool written) const {
  if (!device_) return caps;
  CapsHandle kept(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps.get()); i++) {
    GstCapsFeatures* features = gst_caps_get_features(caps.get(), i);
    GstStructure* structure = gst_structure_copy(gst_caps_get_structure(caps.get(), i));
    if (gst_caps_features_contains(features, GST_CAPS_FEATURE_MEMORY_VULKAN_IMAGE)) {
      std::vector<std::string> formats;
      for (std::string& format : texts(structure, "format")) {
        if (has_format(format.c_str(), written)) formats.push_back(std::move(format));
      }
      if (formats.empty()) {
        gst_structure_free(structure);
        continue;
      }
      set_texts(structure, "format", formats);
    }
    gst_caps_append_structure_full(kept.get(), structure, gst_caps_features_copy(features));
  }
  return kept;
}

Result<PoolHandle> ImageFrames::make_pool(GstCaps* caps, unsigned min) const {
  PoolHandle pool = make_image_pool(device_.get());
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, 0, min, 0);
  gst_vulkan_image_buffer_pool_config_set_allocation_params(
      config, pool_usage, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, VK_IMAGE_LAYOUT_UNDEFINED, 0);
  if (!gst_buffer_pool_set_config(pool.get(), config))
    return fail(ErrorCode::NotSupported, "the Vulkan device makes no images for " +
                                             std::string(gst_structure_get_string(
                                                 gst_caps_get_structure(caps, 0), "format")) +
                                             ", or has no memory left for them");
  return pool;
}

// Encoders ask for usages of their own, which may not go together with the kernel's: then it is
// copied to.
bool ImageFrames::take_pool(GstBufferPool* offered, GstCaps* caps, guint size, guint min,
                            guint max) const {
  if (!GST_IS_VULKAN_IMAGE_BUFFER_POOL(offered) ||
      GST_VULKAN_IMAGE_BUFFER_POOL(offered)->device->device != device_->device)
    return false;
  const StructureHandle asked(gst_buffer_pool_get_config(offered));
  VkImageUsageFlags usage = 0;
  VkMemoryPropertyFlags properties = 0;
  VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;
  guint64 access = 0;
  gst_vulkan_image_buffer_pool_config_get_allocation_params(asked.get(), &usage, &properties,
                                                            &layout, &access);
  for (const VkImageUsageFlags ours : {write_usage, copy_usage}) {
    GstStructure* config = gst_structure_copy(asked.get());
    gst_buffer_pool_config_set_params(config, caps, size, min, max);
    gst_vulkan_image_buffer_pool_config_set_allocation_params(config, usage | ours, properties,
                                                              layout, access);
    if (gst_buffer_pool_set_config(offered, config)) return true;
  }
  return false;
}

// Which usages they need is the engine's to say: it copies what its kernel can't read or write.
Result<ImagePlanes> ImageFrames::planes(GstBuffer* buffer) const {
  ImagePlanes planes;
  const guint count = gst_buffer_n_memory(buffer);
  if (count > planes.memories.size())
    return fail(ErrorCode::InvalidSettings, "a frame has more Vulkan images than planes");
  for (guint i = 0; i < count; i++) {
    GstMemory* memory = gst_buffer_peek_memory(buffer, i);
    if (!gst_is_vulkan_image_memory(memory))
      return fail(ErrorCode::InvalidSettings, "a frame is in Vulkan images in part only");
    auto* image = reinterpret_cast<GstVulkanImageMemory*>(memory);
    if (image->device->device != device_->device)
      return fail(ErrorCode::InvalidSettings,
                  "a frame's Vulkan image is another device's: share gst.vulkan.device in the "
                  "pipeline, or put vulkandownload between");
    planes.memories[i] = image;
  }
  return planes;
}

Result<SourceFrame> ImageFrames::source(GstBuffer* buffer, CopyAccounting& moves) const {
  const Result<ImagePlanes> found = planes(buffer);
  if (!found) return std::unexpected(found.error());
  moves.count(FrameMove::SameObject);
  return SourceFrame{.planes = *found, .wait = {}, .keep = buffer};
}

Result<TargetFrame> ImageFrames::target(GstBuffer* canvas, CopyAccounting& moves) const {
  const Result<ImagePlanes> found = planes(canvas);
  if (!found) return std::unexpected(found.error());
  moves.count(FrameMove::SameObject);
  return TargetFrame{.planes = *found, .wait = {}, .signal = {}, .keep = canvas};
}

}  // namespace av1hw
