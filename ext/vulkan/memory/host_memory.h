// SPDX-License-Identifier: LGPL-2.1-or-later
// System memory that a Vulkan device reads and writes where it is, for devices that have no memory
// of their own behind a bus.
#pragma once

#include <gst/video/video.h>
#include "vulkan/gst_vulkan.h"

#include <memory>
#include <optional>

#include "base/result.h"
#include "composite/sample_layout.h"
#include "memory/handles.h"
#include "vulkan/compositor/engine.h"

namespace av1hw {

// An allocator of such memory. What it allocated may outlive it, and the element; so it holds the
// device.
class HostMemory {
 public:
  // Nothing: the device has memory of its own, and its bus is better used by copies.
  static Result<std::optional<HostMemory>> make(GstVulkanDevice* device);

  GstAllocator* allocator() const { return allocator_.get(); }
  // Where the device finds the planes of a buffer that was allocated here; nothing: it was not, or
  // they are not laid out as the device wants them.
  std::optional<LinearPlanes> planes(GstBuffer* buffer, const GstVideoInfo& info,
                                     const SampleLayout& layout) const;
  // The device is going to write `buffer`, which planes() knew: whoever maps it waits until the
  // semaphore has the value that is returned.
  SemaphorePoint write_next(GstBuffer* buffer);
  // Nothing was submitted for it after all.
  void write_failed(GstBuffer* buffer);

 private:
  explicit HostMemory(GstHandle<GstAllocator> allocator) : allocator_(std::move(allocator)) {}
  GstHandle<GstAllocator> allocator_;
};

}  // namespace av1hw
