// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA contexts from and for the pipeline, pools of CUDA memory, and copies of frames.
#include "nvcodec/cuda_device.h"

#include "nvcodec/nv_error.h"

namespace av1hw {
namespace {

// In the layouts that these codecs take and give, the first component of each plane has the plane's
// number.
CUDA_MEMCPY2D plane_copy(GstVideoFrame& from, GstVideoFrame& to, CudaDevice::Copy kind,
                         unsigned plane) {
  CUDA_MEMCPY2D copy = {};
  void* const source = GST_VIDEO_FRAME_PLANE_DATA(&from, plane);
  void* const target = GST_VIDEO_FRAME_PLANE_DATA(&to, plane);
  if (kind == CudaDevice::Copy::Upload) {
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = source;
  } else {
    copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.srcDevice = reinterpret_cast<CUdeviceptr>(source);
  }
  if (kind == CudaDevice::Copy::Download) {
    copy.dstMemoryType = CU_MEMORYTYPE_HOST;
    copy.dstHost = target;
  } else {
    copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = reinterpret_cast<CUdeviceptr>(target);
  }
  copy.srcPitch = static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&from, plane));
  copy.dstPitch = static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&to, plane));
  copy.WidthInBytes = static_cast<size_t>(GST_VIDEO_FRAME_COMP_WIDTH(&from, plane)) *
                      static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&from, plane));
  copy.Height = static_cast<size_t>(GST_VIDEO_FRAME_COMP_HEIGHT(&from, plane));
  return copy;
}

}  // namespace

Result<> CudaDevice::open(GstElement* element) {
  if (!gst_cuda_load_library())
    return fail(ErrorCode::Unavailable, "libcuda.so.1 can't be used: install NVIDIA's driver");
  gst_cuda_memory_init_once();
  {
    const DriverCall call(*calls_, "cuInit or cuCtxCreate");
    const std::scoped_lock lock(mutex_);
    if (!gst_cuda_ensure_element_context(element, ordinal_, &context_) || !context_) {
      return fail(ErrorCode::Busy, "no CUDA context could be made on GPU " +
                                       std::to_string(ordinal_) +
                                       ": its memory may be used up, or it be reserved");
    }
  }
  // Without a stream of its own, CUDA's default one serves.
  const DriverCall call(*calls_, "cuStreamCreate");
  stream_.reset(gst_cuda_stream_new(context_));
  return {};
}

void CudaDevice::close() {
  stream_.reset();
  const std::scoped_lock lock(mutex_);
  gst_clear_object(&context_);
}

bool CudaDevice::set_context(GstElement* element, GstContext* context) {
  const std::scoped_lock lock(mutex_);
  return gst_cuda_handle_set_context(element, context, ordinal_, &context_);
}

bool CudaDevice::handle_context_query(GstElement* element, GstQuery* query) {
  const std::scoped_lock lock(mutex_);
  return context_ && gst_cuda_handle_context_query(element, query, context_);
}

Result<PoolHandle> CudaDevice::make_pool(const GstVideoInfo& info, GstCaps* caps,
                                         unsigned min_buffers) const {
  PoolHandle pool(gst_cuda_buffer_pool_new(context_));
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(info.size), min_buffers, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (stream_) gst_buffer_pool_config_set_cuda_stream(config, stream_.get());
  if (!gst_buffer_pool_set_config(pool.get(), config))
    return fail(ErrorCode::Busy,
                "the GPU has no memory for a frame: end other work on it, or use another GPU");
  return pool;
}

Result<uint64_t> CudaDevice::copy(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info,
                                  Copy kind) const {
  const int from_device = kind == Copy::Upload ? 0 : static_cast<int>(GST_MAP_CUDA);
  const int to_device = kind == Copy::Download ? 0 : static_cast<int>(GST_MAP_CUDA);
  const DriverCall call(*calls_, "the copy of a frame");
  MappedVideoFrame source(from, info, GST_MAP_READ | from_device);
  MappedVideoFrame target(to, info, GST_MAP_WRITE | to_device);
  if (!source || !target) return fail(ErrorCode::Failed, "a frame can't be mapped to copy it");
  const CurrentCudaContext current(context_, *calls_);
  if (!current) return fail(ErrorCode::DeviceLost, "the CUDA context can't be made current");
  uint64_t bytes = 0;
  for (unsigned plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); plane++) {
    const CUDA_MEMCPY2D planes = plane_copy(source.frame(), target.frame(), kind, plane);
    if (const CUresult status = CuMemcpy2DAsync(&planes, stream_handle()); status != CUDA_SUCCESS)
      return std::unexpected(nv_error("cuMemcpy2DAsync", status));
    bytes += planes.WidthInBytes * planes.Height;
  }
  if (const CUresult status = CuStreamSynchronize(stream_handle()); status != CUDA_SUCCESS)
    return std::unexpected(nv_error("cuStreamSynchronize", status));
  return bytes;
}

}  // namespace av1hw
