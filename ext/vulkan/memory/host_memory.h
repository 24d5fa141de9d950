// SPDX-License-Identifier: LGPL-2.1-or-later
// System memory that a Vulkan device reads and writes by itself: where it is, or, if the device has
// memory of its own behind a bus, by copies that it makes while the CPU does other things.
#pragma once

#include <gst/video/video.h>
#include "vulkan/gst_vulkan.h"

#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "composite/sample_layout.h"
#include "memory/handles.h"
#include "vulkan/compositor/engine.h"

namespace av1hw {

// An allocator of such memory. What it allocated may outlive it, and the element; so it holds the
// device.
class HostMemory {
 public:
  // `families`: of the queues that use it.
  static Result<HostMemory> make(GstVulkanDevice* device, std::span<const uint32_t> families);

  GstAllocator* allocator() const { return allocator_.get(); }
  // What the engine makes of a buffer that was allocated here; nothing: it was not, or its planes
  // are not laid out as the device wants them.
  std::optional<SourceFrame> source(GstBuffer* buffer, const GstVideoInfo& info,
                                    const SampleLayout& layout) const;
  // As above, to be written: whoever maps it from now on waits until the device has done so.
  std::optional<TargetFrame> target(GstBuffer* buffer, const GstVideoInfo& info,
                                    const SampleLayout& layout);
  // Nothing was submitted for that target after all.
  void write_failed(GstBuffer* buffer);

 private:
  template <typename Frame>
  std::optional<Frame> frame(GstBuffer* buffer, const GstVideoInfo& info,
                             const SampleLayout& layout) const;
  explicit HostMemory(GstHandle<GstAllocator> allocator) : allocator_(std::move(allocator)) {}
  GstHandle<GstAllocator> allocator_;
};

}  // namespace av1hw
