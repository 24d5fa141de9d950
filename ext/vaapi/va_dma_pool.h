// SPDX-License-Identifier: LGPL-2.1-or-later
// A buffer pool of DMA-BUFs with a modifier that downstream chose, which libgstva's can't ask for.
#pragma once

#include <gst/va/gstva.h>

#include <memory>

#include "base/driver_calls.h"
#include "base/result.h"
#include "memory/handles.h"
#include "memory/video_pool.h"
#include "vaapi/va_exported_surface.h"

namespace av1hw {

// Not active yet. Its buffers are of `info`'s size, in the top left corner of surfaces as
// `request` says; they may outlive the pool, and the device's `display` with them.
Result<PoolHandle> make_va_dma_pool(GstHandle<GstVaDisplay> display,
                                    std::shared_ptr<DriverCalls> calls,
                                    const VaSurfaceRequest& request, const GstVideoInfo& info,
                                    GstCaps* caps);

// The surface of a buffer of such a pool, or of libgstva's. VA_INVALID_SURFACE: there is none.
VASurfaceID va_surface_of(GstBuffer* buffer);
// The display that this surface is of, as long as the buffer lives. nullptr: there is no surface.
GstVaDisplay* va_display_of(GstBuffer* buffer);

}  // namespace av1hw
