// SPDX-License-Identifier: LGPL-2.1-or-later
// GstVideoMeta comes before what the memory knows.
#include "vulkan/cuda/cuda_planes.h"

#include <string>

namespace av1hw {
namespace {

struct PlaneSize {
  gint row_bytes = 0, rows = 0;
};

PlaneSize plane_bytes_of(const GstVideoInfo& info, guint plane) {
  for (guint c = 0; c < GST_VIDEO_INFO_N_COMPONENTS(&info); c++) {
    if (GST_VIDEO_INFO_COMP_PLANE(&info, c) != plane) continue;
    return {GST_VIDEO_INFO_COMP_WIDTH(&info, c) * GST_VIDEO_INFO_COMP_PSTRIDE(&info, c),
            GST_VIDEO_INFO_COMP_HEIGHT(&info, c)};
  }
  return {};
}

}  // namespace

GstCudaMemory* memory_of(GstBuffer* buffer) {
  GstMemory* memory = gst_buffer_n_memory(buffer) > 0 ? gst_buffer_peek_memory(buffer, 0) : nullptr;
  return gst_is_cuda_memory(memory) ? GST_CUDA_MEMORY_CAST(memory) : nullptr;
}

Result<CUdeviceptr> touch(GstCudaMemory* memory, int access) {
  GstMapInfo map;
  const auto flags = static_cast<GstMapFlags>(access | static_cast<int>(GST_MAP_CUDA));
  if (!gst_memory_map(GST_MEMORY_CAST(memory), &map, flags))
    return fail(ErrorCode::Failed, "a frame in CUDA memory can't be mapped");
  const auto address = reinterpret_cast<CUdeviceptr>(map.data);
  gst_memory_unmap(GST_MEMORY_CAST(memory), &map);
  return address;
}

Result<CudaPlaces> places_in(GstBuffer* buffer, const GstCudaMemory* memory,
                             const GstVideoInfo& info) {
  const auto invalid = [](guint plane) {
    return fail(ErrorCode::InvalidData,
                "plane " + std::to_string(plane) + " of a frame does not lie in its CUDA memory");
  };
  CudaPlaces places;
  gsize room = 0;
  gst_memory_get_sizes(GST_MEMORY_CAST(memory), nullptr, &room);
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  const guint planes = GST_VIDEO_INFO_N_PLANES(&info);
  if (meta && meta->n_planes < planes) return invalid(meta->n_planes);
  for (guint plane = 0; plane < planes; plane++) {
    const size_t offset = meta ? meta->offset[plane] : memory->info.offset[plane];
    const gint stride = meta ? meta->stride[plane] : memory->info.stride[plane];
    const PlaneSize needed = plane_bytes_of(info, plane);
    if (stride < needed.row_bytes || offset > room || needed.rows < 1 ||
        static_cast<uint64_t>(stride) * static_cast<uint64_t>(needed.rows - 1) +
                static_cast<uint64_t>(needed.row_bytes) >
            room - offset)
      return invalid(plane);
    places.offset[plane] = offset;
    places.stride[plane] = stride;
  }
  return places;
}

}  // namespace av1hw
