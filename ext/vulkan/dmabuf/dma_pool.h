// SPDX-License-Identifier: LGPL-2.1-or-later
// A pool of DMA-BUFs that the device writes: for canvases that go to another API.
#pragma once

#include "base/result.h"
#include "memory/handles.h"
#include "vulkan/dmabuf/dma_imports.h"

namespace av1hw {

// Not active, and configured for `caps`, with `min` buffers at least. A linear picture is one
// DMA-BUF, of other modifiers each plane is. `imports` knows what its buffers are, and is
// referenced. Errors are those of the driver, of which one buffer is asked for to try.
Result<PoolHandle> make_dma_pool(std::shared_ptr<DmaImports> imports, GstCaps* caps, unsigned min);

}  // namespace av1hw
