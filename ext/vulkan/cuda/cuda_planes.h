// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a frame in CUDA memory has its planes.
#pragma once

#include <array>

#include "base/result.h"
#include "vulkan/cuda/cuda_driver.h"

namespace av1hw {

// The first memory, where that is CUDA's; pools of CUDA memory give buffers of one.
GstCudaMemory* memory_of(GstBuffer* buffer);

// Has libgstcuda bring what the CPU wrote to the device, and note what the device will write.
// `access`: GST_MAP_READ or _WRITE. Returns where it is.
Result<CUdeviceptr> touch(GstCudaMemory* memory, int access);

// Where the planes of a frame begin, and how long their rows are, in bytes.
struct CudaPlaces {
  std::array<size_t, GST_VIDEO_MAX_PLANES> offset = {};
  std::array<gint, GST_VIDEO_MAX_PLANES> stride = {};
};
// InvalidData: a plane of `info` does not lie in the memory.
Result<CudaPlaces> places_in(GstBuffer* buffer, const GstCudaMemory* memory,
                             const GstVideoInfo& info);

}  // namespace av1hw
