// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA memory in the layout that NVENC reads: what frames are copied into that lie elsewhere.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "memory/handles.h"
#include "nvcodec/cuda_device.h"

namespace av1hw {

class NvencFrames {
 public:
  // `device` is open, and outlives it. 4:2:0 of even size.
  NvencFrames(const CudaDevice& device, const GstVideoInfo& info) : device_(device), info_(info) {}

  // A frame that nobody else holds. Busy: the GPU has no memory for one more.
  Result<BufferHandle> take();

 private:
  struct Unref {
    void operator()(GstMemory* memory) const { gst_memory_unref(memory); }
  };
  using MemoryHandle = std::unique_ptr<GstMemory, Unref>;

  Result<MemoryHandle> allocate() const;
  static BufferHandle wrap(GstMemory* memory);

  const CudaDevice& device_;
  const GstVideoInfo info_;
  std::vector<MemoryHandle> all_;
};

}  // namespace av1hw
