// SPDX-License-Identifier: LGPL-2.1-or-later
// The Vulkan images of one frame: their views, layouts and semaphores. Each is there once, however
// many layers show it.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <vector>

#include "base/result.h"
#include "composite/sample_layout.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/compositor/foreign_buffers.h"
#include "vulkan/compositor/layer_params.h"
#include "vulkan/image_locks.h"

namespace av1hw {

class FrameImages {
 public:
  FrameImages() = default;
  FrameImages(FrameImages&&) = default;
  ~FrameImages() { clear(); }

  // Once the device is done with the frame.
  void clear();
  // Can the kernel read, or write, these images itself? Else they are copied: pictures of video
  // decoders and encoders, of whose planes there are no views.
  static bool is_direct(const ImagePlanes& planes, bool written);
  // `limit`: of source planes.
  Result<FrameAccess> add_source(const ImagePlanes& planes, const SampleLayout& layout,
                                 uint32_t limit);
  Result<FrameAccess> add_target(const ImagePlanes& planes, const SampleLayout& layout);
  // Between an image and what the kernel reads or writes at `offset` of a buffer.
  Result<> add_copied_source(const ImagePlanes& planes, const SampleLayout& layout,
                             uint64_t offset);
  Result<> add_copied_target(const ImagePlanes& planes, const SampleLayout& layout,
                             uint64_t offset);

  void write_descriptors(VkDevice device, VkDescriptorSet set);
  // Brings every image into the layout that it is taken in, and takes it over from other APIs.
  void record_barriers(VkCommandBuffer commands, const QueueOwnership& ownership);
  // After the kernel and the copies: gives it back to them.
  void record_releases(VkCommandBuffer commands, const QueueOwnership& ownership);
  // Around the kernel; nothing where there are none.
  void record_copies_in(VkCommandBuffer commands, VkBuffer to) const;
  void record_copies_out(VkCommandBuffer commands, VkBuffer from) const;
  // What the frame waits for, and what it says when it is done.
  void add_semaphores(std::vector<VkSemaphoreSubmitInfo>& waits,
                      std::vector<VkSemaphoreSubmitInfo>& signals) const;
  // To be held from record_barriers() to note_submission().
  void add_to(ImageLocks& locks) const;
  // Keeps that in the memories, for who uses them next.
  void note_submission();

 private:
  enum class Use : uint8_t { Sampled, Stored, CopiedFrom, CopiedTo };
  struct Image {
    GstVulkanImageMemory* memory = nullptr;
    Use use = Use::Sampled;
    VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;
    bool foreign = false;
  };
  struct PlaneCopy {
    VkImage image = VK_NULL_HANDLE;
    VkBufferImageCopy region = {};
  };
  static bool is_written(Use use) { return use == Use::Stored || use == Use::CopiedTo; }
  static VkAccessFlags2 access_of(Use use);
  Result<VkImageLayout> note_use(const ImagePlanes& planes, GstVulkanImageMemory* memory, Use use,
                                 bool next_plane);
  Result<FrameAccess> add_planes(const ImagePlanes& planes, const SampleLayout& layout,
                                 bool written);
  Result<> add_copies(const ImagePlanes& planes, const SampleLayout& layout, uint64_t offset,
                      Use use);

  std::vector<Image> images_;
  std::vector<GstVulkanImageView*> views_;
  std::vector<VkDescriptorImageInfo> sources_, targets_;
  std::vector<PlaneCopy> copies_in_, copies_out_;
  std::vector<VkImageMemoryBarrier2> barriers_;
};

}  // namespace av1hw
