// SPDX-License-Identifier: LGPL-2.1-or-later
// The Vulkan images of one frame: their views, layouts and semaphores. Each is there once, however
// many layers show it.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <vector>

#include "base/result.h"
#include "composite/sample_layout.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/compositor/layer_params.h"

namespace av1hw {

class FrameImages {
 public:
  FrameImages() = default;
  FrameImages(FrameImages&&) = default;
  ~FrameImages() { clear(); }

  // Once the device is done with the frame.
  void clear();
  // `limit`: of source planes.
  Result<FrameAccess> add_source(const ImagePlanes& planes, const SampleLayout& layout,
                                 uint32_t limit);
  Result<FrameAccess> add_target(const ImagePlanes& planes, const SampleLayout& layout);

  void write_descriptors(VkDevice device, VkDescriptorSet set);
  // Brings every image into the layout that the kernel takes it in.
  void record_barriers(VkCommandBuffer commands);
  // What the frame waits for, and what it says when it is done.
  void add_semaphores(std::vector<VkSemaphoreSubmitInfo>& waits,
                      std::vector<VkSemaphoreSubmitInfo>& signals) const;
  // Keeps that in the memories, for who uses them next.
  void note_submission();

 private:
  struct Image {
    GstVulkanImageMemory* memory = nullptr;
    bool written = false;
    VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;
  };
  Result<VkImageLayout> use(GstVulkanImageMemory* memory, bool written);
  Result<FrameAccess> add_planes(const ImagePlanes& planes, const SampleLayout& layout,
                                 bool written);

  std::vector<Image> images_;
  std::vector<GstVulkanImageView*> views_;
  std::vector<VkDescriptorImageInfo> sources_, targets_;
  std::vector<VkImageMemoryBarrier2> barriers_;
};

}  // namespace av1hw
