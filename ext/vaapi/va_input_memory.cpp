// SPDX-License-Identifier: LGPL-2.1-or-later
// A render node's memory, as an encoder takes it: VA surfaces and DMA-BUFs.
#include "vaapi/va_input_memory.h"

#include "vaapi/va_pool.h"

namespace av1hw {

// Surfaces are of the frames' size and no larger: drivers that code more than that repeat the edges
// of a surface, and take what is beyond the frame in a larger one for a part of it.
Result<PoolHandle> VaInputMemory::make_pool(MemoryDomain domain, const GstVideoInfo& info,
                                            GstCaps* caps, unsigned min_buffers) {
  if (domain != MemoryDomain::Va) return PoolHandle{};
  const VaDisplayHandle display = device_.in_use();
  if (!display) return fail(ErrorCode::Unavailable, device_.render_node() + " is not open");
  VaPoolRequest request;
  request.usage = VA_SURFACE_ATTRIB_USAGE_HINT_ENCODER;
  request.min_buffers = min_buffers;
  const DriverCall call(*calls(), "the allocation of a frame");
  return make_va_pool(display.get(), info, caps, request);
}

}  // namespace av1hw
