// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of frames in Vulkan images, in buffers that CUDA reads, or else the CPU.
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <string>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/memory_bridge.h"
#include "vulkan/cuda/cuda_driver.h"

namespace av1hw {

// Of frames of one device, size and format; for one thread.
class ImageCopies {
 public:
  virtual ~ImageCopies() = default;
  // As MemoryBridge::copy(). NotSupported: images that can't be copied from.
  virtual Result<MemoryBridge::Copy> of(GstBuffer* frame) = 0;
  // Why the CPU has to wait for each copy; empty: it need not.
  virtual std::string obstacle() const { return {}; }
};

// What both need; the handles are referenced.
struct ImageSource {
  GstVulkanDevice* device = nullptr;
  const GstVideoInfo& info;
  std::shared_ptr<DriverCalls> calls;
};

// In CUDA memory of `context`, read in the order of `stream`; where that is null the CPU waits for
// each. Both are the same GPU. NotSupported, or what a driver answered: they can't share memory.
Result<std::unique_ptr<ImageCopies>> copies_in_cuda(const ImageSource& source,
                                                    GstCudaContext* context, GstCudaStream* stream);
// In system memory, complete when it is given.
Result<std::unique_ptr<ImageCopies>> copies_in_system_memory(const ImageSource& source);

}  // namespace av1hw
