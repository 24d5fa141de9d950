// SPDX-License-Identifier: LGPL-2.1-or-later
// A pool of CUDA memory for any element, whose buffers Vulkan reads and writes where they are.
#pragma once

#include <gst/video/video.h>

#include "base/result.h"
#include "memory/handles.h"
#include "vulkan/cuda/cuda_driver.h"
#include "vulkan/cuda/shared_buffer.h"

namespace av1hw {

// Where libgstcuda expects the planes of CUDA memory: rows of one length for all planes, aligned
// for textures. InvalidData: too large to exist.
Result<GstVideoInfo> shared_layout(const GstVideoInfo& info);

// A GstCudaBufferPool, not configured yet. Its memory belongs to the stream that its configuration
// names, else to `stream`; without either each has a stream of its own, so that one is not held
// back by what another waits for. All are referenced.
PoolHandle make_shared_pool(GstVulkanDevice* device, GstCudaContext* context,
                            GstCudaStream* stream);

// What is behind memory of such a pool; null for other CUDA memory, and of another VkDevice.
SharedBuffer* shared_buffer_of(GstCudaMemory* memory, GstVulkanDevice* device);

}  // namespace av1hw
