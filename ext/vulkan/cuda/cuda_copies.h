// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of CUDA memory that Vulkan can't reach, in memory that it can.
#pragma once

#include <gst/video/video.h>

#include <vector>

#include "base/result.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"
#include "vulkan/cuda/cuda_driver.h"

namespace av1hw {

class CudaCopies {
 public:
  struct Copy {
    GstBuffer* buffer;      // of a shared pool; until the next end_frame() at least
    GstCudaStream* stream;  // has it once it has done what it was given
  };

  // `stream` is for memory without one. All are referenced.
  CudaCopies(GstVulkanDevice* device, GstCudaContext* context, GstCudaStream* stream);
  ~CudaCopies();
  CudaCopies(const CudaCopies&) = delete;
  CudaCopies& operator=(const CudaCopies&) = delete;

  // Of a picture in CUDA memory of the context, which is current. One that the last frame showed,
  // in whichever buffer, is not copied again. `moves` counts it.
  Result<Copy> of(GstBuffer* buffer, const GstVideoInfo& info, CopyAccounting& moves);
  // Those that the frame did not show go.
  void end_frame();

 private:
  // By size and format.
  struct Pool {
    GstVideoInfo info;
    PoolHandle pool;
  };
  // It holds on to what it was made of, so that no other memory has its address, and nobody may
  // write to it.
  struct Made {
    const GstCudaMemory* of;
    GstVideoInfo info;
    BufferHandle buffer;
    bool shown;  // by the frame at hand
  };
  GstCudaStream* stream_of(GstBuffer* buffer) const;
  Result<PoolHandle> pool_for(const GstVideoInfo& info);
  Result<BufferHandle> make(GstBuffer* buffer, const GstVideoInfo& info, CopyAccounting& moves);
  Result<uint64_t> copy_planes(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) const;

  const GstHandle<GstVulkanDevice> device_;
  const CudaContextRef context_;
  const CudaStreamRef stream_;
  std::vector<Pool> pools_;
  std::vector<Made> made_;
};

}  // namespace av1hw
