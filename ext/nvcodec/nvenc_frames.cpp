// SPDX-License-Identifier: LGPL-2.1-or-later
// Allocates frames whose planes follow each other, and hands them out again once they are let go.
#include "nvcodec/nvenc_frames.h"

#include <algorithm>
#include <memory>

namespace av1hw {
namespace {

constexpr unsigned element_bytes = 16;  // of what the GPU reads at once (cuMemAllocPitch)

struct DeviceBlock {
  CudaContextHandle context;
  std::shared_ptr<DriverCalls> calls;
  CUdeviceptr data = 0;
};

void free_block(gpointer data) {
  const std::unique_ptr<DeviceBlock> block(static_cast<DeviceBlock*>(data));
  const CurrentCudaContext current(block->context.get(), *block->calls);
  if (!current) return;
  const DriverCall call(*block->calls, "cuMemFree");
  CuMemFree(block->data);
}

// Chroma right behind luma: interleaved at its pitch, or two planes at half of it.
GstVideoInfo layout_of(const GstVideoInfo& info, size_t pitch) {
  GstVideoInfo layout = info;
  const auto rows = static_cast<size_t>(GST_VIDEO_INFO_HEIGHT(&info));
  const bool planar = GST_VIDEO_INFO_N_PLANES(&info) == 3;
  const size_t chroma_pitch = planar ? pitch / 2 : pitch;
  layout.stride[0] = static_cast<gint>(pitch);
  layout.offset[0] = 0;
  for (unsigned plane = 1; plane < GST_VIDEO_INFO_N_PLANES(&info); plane++) {
    layout.stride[plane] = static_cast<gint>(chroma_pitch);
    layout.offset[plane] = pitch * rows + (plane - 1) * chroma_pitch * (rows / 2);
  }
  layout.size = pitch * (rows + rows / 2);
  return layout;
}

std::unexpected<Error> no_memory() {
  return fail(ErrorCode::Busy,
              "the GPU has no memory for a frame: end other work on it, or use another GPU");
}

}  // namespace

// Who gets a frame holds it by a buffer, which alone may be written to.
Result<BufferHandle> NvencFrames::take() {
  const auto free = std::ranges::find_if(all_, [](const MemoryHandle& memory) {
    return GST_MINI_OBJECT_REFCOUNT_VALUE(memory.get()) == 1;
  });
  if (free != all_.end()) return wrap(free->get());
  Result<MemoryHandle> made = allocate();
  if (!made) return std::unexpected(made.error());
  all_.push_back(std::move(*made));
  return wrap(all_.back().get());
}

BufferHandle NvencFrames::wrap(GstMemory* memory) {
  const GstVideoInfo& layout = GST_CUDA_MEMORY_CAST(memory)->info;
  BufferHandle buffer(gst_buffer_new());
  gst_buffer_append_memory(buffer.get(), gst_memory_ref(memory));
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 GST_VIDEO_INFO_FORMAT(&layout),
                                 static_cast<guint>(GST_VIDEO_INFO_WIDTH(&layout)),
                                 static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&layout)),
                                 GST_VIDEO_INFO_N_PLANES(&layout), layout.offset, layout.stride);
  return buffer;
}

Result<NvencFrames::MemoryHandle> NvencFrames::allocate() const {
  auto block = std::make_unique<DeviceBlock>(share(device_.context()), device_.calls());
  const auto width = static_cast<size_t>(GST_VIDEO_INFO_WIDTH(&info_)) *
                     static_cast<size_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info_, 0));
  const auto rows = static_cast<size_t>(GST_VIDEO_INFO_HEIGHT(&info_));
  size_t pitch = 0;
  {
    const CurrentCudaContext current(block->context.get(), *block->calls);
    if (!current) return fail(ErrorCode::DeviceLost, "the CUDA context can't be made current");
    const DriverCall call(*block->calls, "the allocation of a frame");
    if (CuMemAllocPitch(&block->data, &pitch, width, rows + rows / 2, element_bytes) !=
        CUDA_SUCCESS)
      return no_memory();
  }
  const GstVideoInfo layout = layout_of(info_, pitch);
  const CUdeviceptr data = block->data;
  return MemoryHandle(gst_cuda_allocator_alloc_wrapped(nullptr, device_.context(), device_.stream(),
                                                       &layout, data, block.release(), free_block));
}

}  // namespace av1hw
