// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstva's buffer pools: surfaces, as they are or as DMA-BUFs.
#pragma once

#include <gst/va/gstva.h>

#include "base/result.h"
#include "memory/handles.h"
#include "memory/memory_path.h"

namespace av1hw {

struct VaPoolRequest {
  MemoryDomain domain = MemoryDomain::Va;  // or DmaBuf
  unsigned align_width = 2;                // surfaces are multiples of these, powers of two
  unsigned align_height = 2;
  uint32_t usage = VA_SURFACE_ATTRIB_USAGE_HINT_GENERIC;
  unsigned min_buffers = 0;
};

// What a surface has beyond the frame.
GstVideoAlignment va_padding(const GstVideoInfo& info, unsigned align_width, unsigned align_height);

// Not active yet; it grows as far as it has to. Busy: the driver gives no such surface.
Result<PoolHandle> make_va_pool(GstVaDisplay* display, const GstVideoInfo& info, GstCaps* caps,
                                const VaPoolRequest& request);

}  // namespace av1hw
