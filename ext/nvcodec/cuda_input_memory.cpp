// SPDX-License-Identifier: LGPL-2.1-or-later
// Pools that an encoder offers upstream.
#include "nvcodec/cuda_input_memory.h"

namespace av1hw {

// System memory is uploaded wherever it lies: a producer's own will do.
Result<PoolHandle> CudaInputMemory::make_pool(MemoryDomain domain, const GstVideoInfo& info,
                                              GstCaps* caps, unsigned min_buffers) {
  if (domain != MemoryDomain::Cuda) return PoolHandle();
  return device_.make_pool(info, caps, min_buffers);
}

}  // namespace av1hw
