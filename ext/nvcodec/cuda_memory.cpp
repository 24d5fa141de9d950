// SPDX-License-Identifier: LGPL-2.1-or-later
// Caps and pools of a decoder's CUDA memory.
#include "nvcodec/cuda_memory.h"

namespace av1hw {

Result<CapsHandle> CudaOutputMemory::caps_for(MemoryDomain domain, const GstVideoInfo&,
                                              GstCaps* caps, GstCaps*) {
  CapsHandle result(gst_caps_copy(caps));
  if (domain == MemoryDomain::System) return result;
  if (domain != MemoryDomain::Cuda)
    return fail(ErrorCode::NotSupported, "CUDA memory only leaves as itself");
  gst_caps_set_features_simple(result.get(),
                               gst_caps_features_new_single(GST_CAPS_FEATURE_MEMORY_CUDA_MEMORY));
  return result;
}

Result<PoolHandle> CudaOutputMemory::make_pool(MemoryDomain domain, const GstVideoInfo& info,
                                               GstCaps* caps, const MemoryNeeds& needs) {
  if (domain == MemoryDomain::System) return make_video_pool(info, needs);
  return device_.make_pool(info, caps, 0);
}

}  // namespace av1hw
