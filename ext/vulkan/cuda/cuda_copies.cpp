// SPDX-License-Identifier: LGPL-2.1-or-later
// Pools for each size and format, and cuMemcpy2DAsync for each plane.
#include "vulkan/cuda/cuda_copies.h"

#include <algorithm>
#include <array>

#include "vulkan/cuda/cuda_frames.h"
#include "vulkan/cuda/cuda_planes.h"
#include "vulkan/cuda/cuda_sync.h"
#include "vulkan/cuda/shared_pool.h"

namespace av1hw {
namespace {

constexpr size_t most_pools = 16;

CUDA_MEMCPY2D plane_copy(CUdeviceptr from, const CudaPlaces& from_places, CUdeviceptr to,
                         const CudaPlaces& to_places, const GstVideoInfo& info, unsigned plane) {
  std::array<gint, GST_VIDEO_MAX_COMPONENTS> components = {};
  gst_video_format_info_component(info.finfo, plane, components.data());
  const gint component = components[0];
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = from + from_places.offset[plane];
  copy.srcPitch = static_cast<size_t>(from_places.stride[plane]);
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = to + to_places.offset[plane];
  copy.dstPitch = static_cast<size_t>(to_places.stride[plane]);
  copy.WidthInBytes = static_cast<size_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, component)) *
                      static_cast<size_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info, component));
  copy.Height = static_cast<size_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, component));
  return copy;
}

}  // namespace

CudaCopies::CudaCopies(GstVulkanDevice* device, GstCudaContext* context, GstCudaStream* stream)
    : device_(GST_VULKAN_DEVICE(gst_object_ref(device))),
      context_(cuda_ref(context)),
      stream_(cuda_ref(stream)) {}

CudaCopies::~CudaCopies() {
  made_.clear();
  for (const Pool& known : pools_) gst_buffer_pool_set_active(known.pool.get(), FALSE);
}

GstCudaStream* CudaCopies::stream_of(GstBuffer* buffer) const {
  GstCudaStream* stream = gst_cuda_memory_get_stream(memory_of(buffer));
  return stream ? stream : stream_.get();
}

// The oldest goes where sizes change all the time; its frames that are in use stay until they are
// not.
Result<PoolHandle> CudaCopies::pool_for(const GstVideoInfo& info) {
  for (const Pool& known : pools_) {
    if (gst_video_info_is_equal(&known.info, &info))
      return PoolHandle(GST_BUFFER_POOL_CAST(gst_object_ref(known.pool.get())));
  }
  const CapsHandle caps(gst_video_info_to_caps(&info));
  gst_caps_set_features_simple(caps.get(), gst_caps_features_new_single(cuda_memory_feature));
  PoolHandle pool = make_shared_pool(device_.get(), context_.get(), stream_.get());
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps.get(), static_cast<guint>(info.size), 0, 0);
  if (!gst_buffer_pool_set_config(pool.get(), config) ||
      !gst_buffer_pool_set_active(pool.get(), TRUE))
    return fail(ErrorCode::Busy, "no pool for copies of CUDA memory");
  if (pools_.size() == most_pools) {
    gst_buffer_pool_set_active(pools_.front().pool.get(), FALSE);
    pools_.erase(pools_.begin());
  }
  pools_.push_back({info, PoolHandle(GST_BUFFER_POOL_CAST(gst_object_ref(pool.get())))});
  return pool;
}

// On the stream of the memory that is read, so after what wrote it.
Result<uint64_t> CudaCopies::copy_planes(GstBuffer* from, GstBuffer* to,
                                         const GstVideoInfo& info) const {
  GstCudaMemory *source = memory_of(from), *target = memory_of(to);
  const Result<CUdeviceptr> address = touch(source, GST_MAP_READ);
  if (!address) return std::unexpected(address.error());
  const CUdeviceptr to_address = shared_buffer_of(target, device_.get())->cuda_address();
  const CUstream stream = stream_handle(stream_of(from));
  const Result<CudaPlaces> from_places = places_in(from, source, info);
  if (!from_places) return std::unexpected(from_places.error());
  const Result<CudaPlaces> to_places = places_in(to, target, info);
  if (!to_places) return std::unexpected(to_places.error());
  uint64_t bytes = 0;
  for (unsigned plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); plane++) {
    const CUDA_MEMCPY2D part =
        plane_copy(*address, *from_places, to_address, *to_places, info, plane);
    if (Result<> done = cuda_result(CuMemcpy2DAsync(&part, stream), "cuMemcpy2DAsync"); !done) {
      return std::unexpected(done.error());
    }
    bytes += part.WidthInBytes * part.Height;
  }
  return bytes;
}

Result<CudaCopies::Copy> CudaCopies::of(GstBuffer* buffer, const GstVideoInfo& info,
                                        CopyAccounting& moves) {
  const GstCudaMemory* memory = memory_of(buffer);
  const auto known = std::ranges::find_if(made_, [&](const Made& each) {
    return each.of == memory && gst_video_info_is_equal(&each.info, &info);
  });
  if (known != made_.end()) {
    known->shown = true;
    moves.count(FrameMove::Import);
    return Copy{known->buffer.get(), stream_of(buffer)};
  }
  Result<BufferHandle> made = make(buffer, info, moves);
  if (!made) return std::unexpected(made.error());
  made_.push_back({memory, info, std::move(*made), true});
  return Copy{made_.back().buffer.get(), stream_of(buffer)};
}

void CudaCopies::end_frame() {
  std::erase_if(made_, [](const Made& each) { return !each.shown; });
  for (Made& each : made_) each.shown = false;
}

Result<BufferHandle> CudaCopies::make(GstBuffer* buffer, const GstVideoInfo& info,
                                      CopyAccounting& moves) {
  Result<PoolHandle> pool = pool_for(info);
  if (!pool) return std::unexpected(pool.error());
  GstBuffer* made = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool->get(), &made, nullptr) != GST_FLOW_OK)
    return fail(ErrorCode::Busy, "the GPU has no memory for a copy of a frame in CUDA memory");
  BufferHandle copied(made);
  const Result<uint64_t> bytes = copy_planes(buffer, made, info);
  if (!bytes) return std::unexpected(bytes.error());
  gst_buffer_add_parent_buffer_meta(made, buffer);
  moves.count(FrameMove::GpuCopy, *bytes);
  return copied;
}

}  // namespace av1hw
