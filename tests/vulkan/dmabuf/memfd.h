// SPDX-License-Identifier: LGPL-2.1-or-later
// Buffers of memfds, which software takes for DMA-BUFs: descriptors that can be mapped.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bins/pipeline.h"

namespace av1hw::test {

struct MemoryUnref {
  void operator()(GstMemory* memory) const { gst_memory_unref(memory); }
};
using MemoryRef = std::unique_ptr<GstMemory, MemoryUnref>;

// Of GstDmaBufAllocator, zeroed. The descriptor has whole pages, as that of a DMA-BUF.
MemoryRef memfd_memory(size_t bytes);

// How a picture lies in memfds; what is not said is packed.
struct MemfdLayout {
  size_t front = 0;        // bytes before the first plane, and between planes
  int pitch_multiple = 1;  // of rows' lengths
  bool apart = false;      // a memfd a plane
  bool shared = false;     // a share of a larger memory, which begins after `front` bytes of it
  bool without_meta = false;
};

// `picture`: rows without padding, plane after plane.
Ref<GstBuffer> memfd_frame(const GstVideoInfo& info, const std::vector<uint8_t>& picture,
                           const MemfdLayout& layout = {});

// "video/x-raw(memory:DMABuf), ..." of what `info` says.
std::string drm_caps_text(const GstVideoInfo& info, uint64_t modifier = 0);

// A pool of linear frames in memfds; the caller's.
GstBufferPool* memfd_pool_new();

}  // namespace av1hw::test
