// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Vulkan device does with DMA-BUFs: which formats and modifiers it reads, writes and makes.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "composite/sample_layout.h"
#include "memory/handles.h"
#include "vulkan/dmabuf/drm_caps.h"

namespace av1hw {

enum class DmaUse : uint8_t {
  Read,   // imported, for a source
  Write,  // imported, for a canvas
  Make,   // exported, for a canvas
};

// The format of an image of one plane.
VkFormat plane_format(const SampleLayout& layout, unsigned plane);

class DmaDevice {
 public:
  // NotSupported: names the extension that the device was opened without, or what else it lacks.
  // The device is referenced.
  static Result<std::shared_ptr<const DmaDevice>> make(GstVulkanDevice* device);

  VkDevice get() const { return device_->device; }
  GstVulkanDevice* gst() const { return device_.get(); }

  // Of each format that is composited (or, but for Read, that a canvas may have). Images have one
  // plane of memory each, so that modifiers with metadata planes are left out; linear ones may be
  // buffers instead.
  std::vector<DrmModifiers> taken(DmaUse use) const;
  // Can linear pictures be buffers?
  bool has_buffers(DmaUse use) const { return buffers_[static_cast<size_t>(use)].has_value(); }
  // Must such a buffer have an allocation of its own?
  bool dedicated_buffers(DmaUse use) const {
    return buffers_[static_cast<size_t>(use)].value_or(false);
  }
  // What is known of an image of a plane. Nothing: the device has none for this use.
  struct ImageLimits {
    uint32_t width = 0, height = 0;
    bool dedicated = false;
  };
  std::optional<ImageLimits> image_limits(VkFormat format, uint64_t modifier, DmaUse use) const;
  // Can image layouts be told at all?
  bool has_modifiers() const { return get_modifier_ != nullptr; }

  // Which kinds of memory a file descriptor can be; Unavailable: none.
  Result<uint32_t> memory_types(int fd) const;
  // A new descriptor of memory that was allocated for it.
  Result<int> export_memory(VkDeviceMemory memory) const;
  // That of an image which the driver chose.
  Result<uint64_t> modifier_of(VkImage image) const;

 private:
  explicit DmaDevice(GstVulkanDevice* device);
  std::vector<uint64_t> modifiers(const SampleLayout& layout, DmaUse use) const;
  std::vector<uint64_t> image_modifiers(VkFormat format, DmaUse use) const;

  const GstHandle<GstVulkanDevice> device_;
  PFN_vkGetMemoryFdPropertiesKHR get_fd_properties_ = nullptr;
  PFN_vkGetMemoryFdKHR get_fd_ = nullptr;
  PFN_vkGetImageDrmFormatModifierPropertiesEXT get_modifier_ = nullptr;
  // Nothing: not as buffers; else whether they need allocations of their own.
  std::array<std::optional<bool>, 3> buffers_;
};

// How images of DMA-BUFs are used by the compositor's kernel.
VkImageUsageFlags dma_image_usage(DmaUse use);
inline constexpr VkBufferUsageFlags dma_buffer_usage =
    VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;

}  // namespace av1hw
