// SPDX-License-Identifier: LGPL-2.1-or-later
// GstVideoMeta comes before what the memory knows.
#include "vulkan/cuda/cuda_planes.h"

namespace av1hw {

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

CudaPlaces places_in(GstBuffer* buffer, const GstCudaMemory* memory) {
  CudaPlaces places;
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  for (size_t plane = 0; plane < GST_VIDEO_MAX_PLANES; plane++) {
    places.offset[plane] = meta ? meta->offset[plane] : memory->info.offset[plane];
    places.stride[plane] = meta ? meta->stride[plane] : memory->info.stride[plane];
  }
  return places;
}

}  // namespace av1hw
