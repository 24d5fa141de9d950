// SPDX-License-Identifier: LGPL-2.1-or-later
// What one frame in flight has to itself, and hands on to the next that takes its place.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "vulkan/compositor/device_memory.h"
#include "vulkan/compositor/foreign_buffers.h"
#include "vulkan/compositor/frame_images.h"
#include "vulkan/compositor/system_planes.h"
#include "vulkan/compositor/vk_handle.h"

namespace av1hw {

// A command buffer of a pool of its own, which is reset as a whole.
Result<> make_commands(GstVulkanQueue* queue, CommandPoolHandle& pool, VkCommandBuffer& commands);
// Resets and begins it, for one submission.
Result<> begin_commands(VkDevice device, VkCommandPool pool, VkCommandBuffer commands);

struct FrameSlot {
  FrameSlot() = default;
  FrameSlot(FrameSlot&&) = default;
  ~FrameSlot() { release(); }

  // Once the device is done: gives back what was kept for it.
  void release();
  // Has a reference until release(). Null is nothing.
  void keep(GstBuffer* buffer);

  CommandPoolHandle pool;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkDescriptorSet descriptors = VK_NULL_HANDLE;
  uint64_t value = 0;  // of the timeline, when its frame is done
  UploadBuffer params, pictures;
  DownloadBuffer download;
  // Of what the kernel can't read or write itself: images, and system memory that the device
  // copies.
  DeviceBuffer copied_in, copied_out;
  std::optional<StagedPicture> result;  // awaits download()
  FrameImages images;
  ForeignBuffers foreign;
  std::vector<GstBuffer*> kept;
};

// The slots, with the pools that their Vulkan objects are of.
class FrameRing {
 public:
  // Without `layout` slots have no descriptors.
  static Result<std::unique_ptr<FrameRing>> make(GstVulkanQueue* queue, unsigned frames,
                                                 VkDescriptorSetLayout layout,
                                                 uint32_t source_images, bool timestamps);
  size_t index_for(uint64_t value) const { return value % slots_.size(); }
  FrameSlot& slot_for(uint64_t value) { return slots_[index_for(value)]; }
  size_t size() const { return slots_.size(); }
  std::vector<FrameSlot>& slots() { return slots_; }

  // Around a frame's commands: with timestamps, where they are wanted and there.
  Result<> begin(const FrameSlot& slot);
  Result<> end(const FrameSlot& slot);
  // Of a frame that is done.
  std::optional<uint64_t> device_time(const FrameSlot& slot) const;

 private:
  FrameRing() = default;
  Result<> make_descriptors(VkDescriptorSetLayout layout, uint32_t source_images);
  Result<> make_queries(GstVulkanQueue* queue);
  uint32_t query_of(const FrameSlot& slot) const;

  VkDevice device_ = VK_NULL_HANDLE;
  DescriptorPoolHandle descriptors_;
  QueryPoolHandle queries_;
  double tick_nanoseconds_ = 0;
  uint64_t tick_mask_ = 0;
  std::vector<FrameSlot> slots_;
};

}  // namespace av1hw
