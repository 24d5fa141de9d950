// SPDX-License-Identifier: LGPL-2.1-or-later
// Work on libgstvulkan's images: in order with all others that work on them, by their timeline
// semaphores.
#pragma once

#include <initializer_list>
#include <memory>

#include "base/result.h"
#include "memory/handles.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/gst_vulkan.h"
#include "vulkan/image_locks.h"

namespace av1hw {

// The samples of a frame, in bytes.
uint64_t sample_bytes(const GstVideoInfo& info);

// The samples of a plane, as texels of its image.
VkExtent3D plane_extent(const GstVideoInfo& info, guint plane);

// Where a frame has a plane: in an image of its own, or in one of several.
struct PlaneOfImage {
  GstVulkanImageMemory* memory = nullptr;
  VkImageAspectFlags aspect = VK_IMAGE_ASPECT_COLOR_BIT;
};
// Of a frame that check_copyable() let pass.
PlaneOfImage plane_of_image(GstBuffer* frame, const GstVideoInfo& info, guint plane);

// NotSupported: these images can't be copied from as a frame like `info`; the message says why.
// DeviceLost.
Result<> check_copyable(GstBuffer* frame, const GstVideoInfo& info);

// For one thread.
class ImageOperation {
 public:
  // On the queue that computes. Both are referenced.
  static Result<std::unique_ptr<ImageOperation>> make(GstVulkanDevice* device);
  // Waits until the device is done, unless it was lost.
  ~ImageOperation();
  ImageOperation(const ImageOperation&) = delete;
  ImageOperation& operator=(const ImageOperation&) = delete;

  GstVulkanDevice* device() const { return device_.get(); }
  GstVulkanQueue* queue() const { return queue_.get(); }

  // begin(), use() of each of these frames, record_layouts(), commands; then end(), or cancel().
  Result<> begin(std::initializer_list<GstBuffer*> frames);
  // Into this layout, and after all that was done with it.
  Result<> use(GstBuffer* frame, VkAccessFlags2 access, VkImageLayout layout);
  VkCommandBuffer record_layouts();
  Result<> end();
  void cancel();
  // Once all is done that was ended by now. `point`: of a timeline that no other queue signals.
  Result<> signal(const SemaphorePoint& point);

 private:
  ImageOperation() = default;
  Error failure(GError* error, const char* what) const;

  GstHandle<GstVulkanDevice> device_;
  GstHandle<GstVulkanQueue> queue_;
  GstHandle<GstVulkanOperation> operation_;
  ImageLocks locks_;  // from begin() to end()
};

}  // namespace av1hw
