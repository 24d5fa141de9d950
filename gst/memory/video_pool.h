// SPDX-License-Identifier: LGPL-2.1-or-later
// Pools of system memory that decoders write into directly: ours, and downstream's where it fits.
#pragma once

#include <gst/video/video.h>

#include <cstddef>

#include "base/result.h"
#include "memory/handles.h"

namespace av1hw {

// What memory a decoder needs to decode straight into.
struct MemoryNeeds {
  GstVideoAlignment alignment = {};  // padding in samples, stride alignment as a mask
  size_t address_align = 0;          // of every plane, as a mask: 63 for 64 bytes
  size_t tail_padding = 0;           // bytes that may be read or written past the last plane
  unsigned held_buffers = 0;         // that the decoder may hold at one time
};

// `info` with the strides, offsets and size that `needs` leads to. InvalidData: too large to exist.
Result<GstVideoInfo> padded_info(const GstVideoInfo& info, const MemoryNeeds& needs);

// A pool of buffers of one memory each, with a GstVideoMeta that crops the padding. It grows as far
// as it must (a decoder that waits for a frame it holds itself would wait for ever), but keeps only
// a few buffers that nobody uses. Running out of memory is a flow error, not an abort. Not active
// yet.
Result<PoolHandle> make_video_pool(const GstVideoInfo& info, const MemoryNeeds& needs);

// Configures the pool that downstream offers for `caps` (an allocation query's, with its minimum
// and maximum of buffers), activates it and looks at a buffer of it. An error says why it does not
// fit.
Result<PoolHandle> adopt_offered_pool(GstBufferPool* pool, GstCaps* caps, unsigned min,
                                      unsigned max, const GstVideoInfo& info,
                                      const MemoryNeeds& needs);

// A buffer of `pool`. Unavailable: the pool is flushing.
Result<BufferHandle> acquire(GstBufferPool* pool);

}  // namespace av1hw
