// SPDX-License-Identifier: LGPL-2.1-or-later
// A GstVideoMeta counts from the buffer's beginning, across its memories.
#include "vulkan/dmabuf/dma_planes.h"

#include <gst/allocators/gstdmabuf.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <format>

#include "vulkan/compositor/system_planes.h"

namespace av1hw {
namespace {

template <typename... Arguments>
std::unexpected<Error> refused(std::format_string<Arguments...> text, Arguments&&... arguments) {
  return fail(ErrorCode::InvalidData, "a frame in DMA-BUFs can't be used: " +
                                          std::format(text, std::forward<Arguments>(arguments)...));
}

// The kernel reads and writes samples as whole words: all components of a pixel, or of a pair.
uint32_t alignment_of(const SampleLayout& layout, unsigned plane) {
  uint32_t alignment = layout.word_bytes;
  for (const ComponentLayout& component : layout.components) {
    if (component.plane == plane) alignment = std::max<uint32_t>(alignment, component.step);
  }
  return alignment;
}

GstMemory* whole(GstMemory* memory) { return memory->parent ? memory->parent : memory; }

Result<DmaPlane> place(GstBuffer* buffer, uint64_t offset, unsigned index) {
  guint first = 0, count = 0;
  gsize skip = 0;
  if (!gst_buffer_find_memory(buffer, offset, 1, &first, &count, &skip))
    return refused("plane {} begins at byte {} of {}", index, offset, gst_buffer_get_size(buffer));
  GstMemory* memory = gst_buffer_peek_memory(buffer, first);
  if (!gst_is_dmabuf_memory(memory)) return refused("plane {} is in memory that is none", index);
  DmaPlane plane;
  plane.memory = whole(memory);
  plane.fd = gst_dmabuf_memory_get_fd(memory);
  plane.offset = memory->offset + skip;
  const off_t end = lseek(plane.fd, 0, SEEK_END);
  if (end <= 0) return refused("descriptor {} does not tell its size", plane.fd);
  plane.bytes = static_cast<uint64_t>(end);
  return plane;
}

Result<> check(const DmaPlane& plane, const StagedPlane& needed, uint32_t alignment, bool linear,
               unsigned index) {
  if (plane.pitch < needed.row_bytes)
    return refused("plane {} has rows of {} bytes in {}", index, needed.row_bytes, plane.pitch);
  if (plane.offset >= plane.bytes)
    return refused("plane {} begins at byte {} of {}", index, plane.offset, plane.bytes);
  if (!linear) return {};
  if (plane.offset % alignment != 0 || plane.pitch % alignment != 0)
    return refused("plane {} begins at byte {} with rows of {}: not at multiples of {}", index,
                   plane.offset, plane.pitch, alignment);
  const uint64_t size = uint64_t{plane.pitch} * (needed.rows - 1) + needed.row_bytes;
  if (size > plane.bytes - plane.offset)
    return refused("plane {} has {} bytes from byte {} on, of {}", index, size, plane.offset,
                   plane.bytes);
  return {};
}

}  // namespace

Result<DmaPlanes> dma_planes(GstBuffer* buffer, const DrmPicture& picture,
                             const SampleLayout& layout) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  const unsigned known = meta ? meta->n_planes : GST_VIDEO_INFO_N_PLANES(&picture.info);
  if (known < layout.planes)
    return refused("its GstVideoMeta has {} planes of {}", known, unsigned{layout.planes});
  const StagedPicture needed = staged_picture(layout);
  DmaPlanes found;
  found.count = layout.planes;
  for (unsigned i = 0; i < layout.planes; i++) {
    const uint64_t offset = meta ? meta->offset[i] : picture.info.offset[i];
    const gint pitch = meta ? meta->stride[i] : picture.info.stride[i];
    if (pitch <= 0) return refused("plane {} has rows of {} bytes", i, pitch);
    Result<DmaPlane> plane = place(buffer, offset, i);
    if (!plane) return std::unexpected(plane.error());
    plane->pitch = static_cast<uint32_t>(pitch);
    if (Result<> fits = check(*plane, needed.planes[i], alignment_of(layout, i),
                              picture.modifier == drm_linear, i);
        !fits) {
      return std::unexpected(fits.error());
    }
    found.planes[i] = *plane;
  }
  return found;
}

}  // namespace av1hw
