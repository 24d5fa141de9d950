// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA contexts from and for the pipeline, pools of CUDA memory, and downloads.
#include "nvcodec/cuda_memory.h"

#include "nvcodec/nv_error.h"

namespace av1hw {
namespace {

// A mapped frame; unmapped when it goes.
class MappedVideoFrame {
 public:
  MappedVideoFrame(GstBuffer* buffer, const GstVideoInfo& info, int flags)
      : mapped_(gst_video_frame_map(&frame_, &info, buffer, static_cast<GstMapFlags>(flags))) {}
  MappedVideoFrame(const MappedVideoFrame&) = delete;
  MappedVideoFrame& operator=(const MappedVideoFrame&) = delete;
  ~MappedVideoFrame() {
    if (mapped_) gst_video_frame_unmap(&frame_);
  }
  explicit operator bool() const { return mapped_; }
  GstVideoFrame& frame() { return frame_; }

 private:
  GstVideoFrame frame_ = {};
  bool mapped_;
};

// In the layouts that a decoder gives, the first component of each plane has the plane's number.
CUDA_MEMCPY2D plane_copy(GstVideoFrame& from, GstVideoFrame& to, CUmemorytype to_type,
                         unsigned plane) {
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = reinterpret_cast<CUdeviceptr>(GST_VIDEO_FRAME_PLANE_DATA(&from, plane));
  copy.srcPitch = static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&from, plane));
  copy.dstMemoryType = to_type;
  if (to_type == CU_MEMORYTYPE_HOST) {
    copy.dstHost = GST_VIDEO_FRAME_PLANE_DATA(&to, plane);
  } else {
    copy.dstDevice = reinterpret_cast<CUdeviceptr>(GST_VIDEO_FRAME_PLANE_DATA(&to, plane));
  }
  copy.dstPitch = static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&to, plane));
  copy.WidthInBytes = static_cast<size_t>(GST_VIDEO_FRAME_COMP_WIDTH(&from, plane)) *
                      static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&from, plane));
  copy.Height = static_cast<size_t>(GST_VIDEO_FRAME_COMP_HEIGHT(&from, plane));
  return copy;
}

}  // namespace

Result<> CudaOutputMemory::open(GstElement* element) {
  if (!gst_cuda_load_library())
    return fail(ErrorCode::Unavailable, "libcuda.so.1 can't be used: install NVIDIA's driver");
  gst_cuda_memory_init_once();
  {
    const DriverCall call(*calls(), "cuInit or cuCtxCreate");
    const std::scoped_lock lock(mutex_);
    if (!gst_cuda_ensure_element_context(element, ordinal_, &context_) || !context_) {
      return fail(ErrorCode::Busy, "no CUDA context could be made on GPU " +
                                       std::to_string(ordinal_) +
                                       ": its memory may be used up, or it be reserved");
    }
  }
  // Without a stream of its own, CUDA's default one serves.
  const DriverCall call(*calls(), "cuStreamCreate");
  stream_.reset(gst_cuda_stream_new(context_));
  return {};
}

void CudaOutputMemory::close() {
  stream_.reset();
  const std::scoped_lock lock(mutex_);
  gst_clear_object(&context_);
}

bool CudaOutputMemory::set_context(GstElement* element, GstContext* context) {
  const std::scoped_lock lock(mutex_);
  return gst_cuda_handle_set_context(element, context, ordinal_, &context_);
}

bool CudaOutputMemory::handle_context_query(GstElement* element, GstQuery* query) {
  const std::scoped_lock lock(mutex_);
  return context_ && gst_cuda_handle_context_query(element, query, context_);
}

Result<CapsHandle> CudaOutputMemory::caps_for(MemoryDomain domain, const GstVideoInfo&,
                                              GstCaps* caps, GstCaps*) {
  CapsHandle result(gst_caps_copy(caps));
  if (domain == MemoryDomain::System) return result;
  if (domain != MemoryDomain::Cuda)
    return fail(ErrorCode::NotSupported, "CUDA memory only leaves as itself");
  gst_caps_set_features_simple(result.get(),
                               gst_caps_features_new_single(GST_CAPS_FEATURE_MEMORY_CUDA_MEMORY));
  return result;
}

Result<PoolHandle> CudaOutputMemory::make_pool(MemoryDomain domain, const GstVideoInfo& info,
                                               GstCaps* caps, const MemoryNeeds& needs) {
  if (domain == MemoryDomain::System) return make_video_pool(info, needs);
  PoolHandle pool(gst_cuda_buffer_pool_new(context_));
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(info.size), 0, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (stream_) gst_buffer_pool_config_set_cuda_stream(config, stream_.get());
  if (!gst_buffer_pool_set_config(pool.get(), config))
    return fail(ErrorCode::Busy,
                "the GPU has no memory for a frame: end another decode, or use another GPU");
  return pool;
}

// Done when it returns, so that either buffer may go.
Result<uint64_t> CudaOutputMemory::move(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info,
                                        CUmemorytype to_type) {
  const int to_device = to_type == CU_MEMORYTYPE_DEVICE ? static_cast<int>(GST_MAP_CUDA) : 0;
  const DriverCall call(*calls(), "the copy of a frame");
  MappedVideoFrame source(from, info, GST_MAP_READ | static_cast<int>(GST_MAP_CUDA));
  MappedVideoFrame target(to, info, GST_MAP_WRITE | to_device);
  if (!source || !target) return fail(ErrorCode::Failed, "a frame can't be mapped to copy it");
  const CurrentCudaContext current(context_, *calls());
  if (!current) return fail(ErrorCode::DeviceLost, "the CUDA context can't be made current");
  CUstream stream = stream_ ? gst_cuda_stream_get_handle(stream_.get()) : nullptr;
  uint64_t bytes = 0;
  for (unsigned plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); plane++) {
    const CUDA_MEMCPY2D copy = plane_copy(source.frame(), target.frame(), to_type, plane);
    if (const CUresult status = CuMemcpy2DAsync(&copy, stream); status != CUDA_SUCCESS)
      return std::unexpected(nv_error("cuMemcpy2DAsync", status));
    bytes += copy.WidthInBytes * copy.Height;
  }
  if (const CUresult status = CuStreamSynchronize(stream); status != CUDA_SUCCESS)
    return std::unexpected(nv_error("cuStreamSynchronize", status));
  return bytes;
}

Result<uint64_t> CudaOutputMemory::download(GstBuffer* from, GstBuffer* to,
                                            const GstVideoInfo& info) {
  return move(from, to, info, CU_MEMORYTYPE_HOST);
}

Result<uint64_t> CudaOutputMemory::copy(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) {
  return move(from, to, info, CU_MEMORYTYPE_DEVICE);
}

}  // namespace av1hw
