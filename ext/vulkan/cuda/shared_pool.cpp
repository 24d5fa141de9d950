// SPDX-License-Identifier: LGPL-2.1-or-later
// The pool's GObject, and its memory: wrapped so that libgstcuda takes it as its own.
#include "vulkan/cuda/shared_pool.h"

#include <algorithm>
#include <array>
#include <climits>

namespace av1hw {
namespace {

// What a texture's address and pitch must be a multiple of on any GPU that CUDA knows.
constexpr uint64_t pitch_alignment = 512;

struct PoolState {
  GstHandle<GstVulkanDevice> device;
  CudaStreamRef own_stream;
  CudaStreamRef stream;  // of the buffers; null: each has its own
  GstVideoInfo layout = {};
};

struct SharedPool {
  GstCudaBufferPool parent;
  PoolState* state;
};
struct SharedPoolClass {
  GstCudaBufferPoolClass parent;
};

GType shared_pool_get_type();

SharedPool* pool_cast(gpointer object) { return static_cast<SharedPool*>(object); }

// The parent's functions would allocate memory of their own kind.
GstBufferPoolClass* base_class() {
  return GST_BUFFER_POOL_CLASS(g_type_class_peek(GST_TYPE_BUFFER_POOL));
}

gint64 shared_token() {
  static const gint64 token = gst_cuda_create_user_token();
  return token;
}

int first_component(const GstVideoInfo& info, guint plane) {
  std::array<gint, GST_VIDEO_MAX_COMPONENTS> components = {};
  gst_video_format_info_component(info.finfo, plane, components.data());
  return components[0];
}

gboolean set_config(GstBufferPool* base, GstStructure* config) {
  PoolState& state = *pool_cast(base)->state;
  GstCaps* caps = nullptr;
  guint size = 0, min = 0, max = 0;
  GstVideoInfo info;
  if (!gst_buffer_pool_config_get_params(config, &caps, &size, &min, &max) || !caps ||
      !gst_video_info_from_caps(&info, caps))
    return FALSE;
  const Result<GstVideoInfo> layout = shared_layout(info);
  if (!layout) return FALSE;
  CudaStreamRef stream(gst_buffer_pool_config_get_cuda_stream(config));
  if (stream && stream->context != pool_cast(base)->parent.context) return FALSE;
  state.stream = stream ? std::move(stream) : cuda_ref(state.own_stream.get());
  state.layout = *layout;
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(layout->size), min, max);
  return base_class()->set_config(base, config);
}

// libgstcuda takes the row length to copy to and from the CPU from the width, where an odd one
// would leave out half of the last chroma sample.
GstMemory* wrap(GstCudaContext* context, GstCudaStream* stream, const GstVideoInfo& layout,
                SharedBuffer* buffer) {
  GstVideoInfo even = layout;
  even.width = static_cast<gint>(GST_ROUND_UP_2(even.width));
  GstMemory* memory = gst_cuda_allocator_alloc_wrapped(
      nullptr, context, stream, &even, buffer->cuda_address(), buffer,
      [](gpointer data) { delete static_cast<SharedBuffer*>(data); });
  GST_CUDA_MEMORY_CAST(memory)->info = layout;
  gst_cuda_memory_set_token_data(GST_CUDA_MEMORY_CAST(memory), shared_token(), buffer, nullptr);
  return memory;
}

GstFlowReturn alloc_buffer(GstBufferPool* base, GstBuffer** buffer, GstBufferPoolAcquireParams*) {
  const PoolState& state = *pool_cast(base)->state;
  GstCudaContext* context = pool_cast(base)->parent.context;
  Result<std::unique_ptr<SharedBuffer>> shared =
      SharedBuffer::make(state.device.get(), context, state.layout.size);
  if (!shared) {
    GST_WARNING_OBJECT(base, "%s", shared.error().message.c_str());
    return GST_FLOW_ERROR;
  }
  const CudaStreamRef stream =
      state.stream ? cuda_ref(state.stream.get()) : CudaStreamRef(gst_cuda_stream_new(context));
  if (!stream) {
    GST_WARNING_OBJECT(base, "cuStreamCreate failed");
    return GST_FLOW_ERROR;
  }
  *buffer = gst_buffer_new();
  gst_buffer_append_memory(*buffer, wrap(context, stream.get(), state.layout, shared->release()));
  const GstVideoInfo& layout = state.layout;
  gst_buffer_add_video_meta_full(*buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&layout),
                                 static_cast<guint>(layout.width),
                                 static_cast<guint>(layout.height),
                                 GST_VIDEO_INFO_N_PLANES(&layout), layout.offset, layout.stride);
  return GST_FLOW_OK;
}

void finalize(GObject* object) {
  delete pool_cast(object)->state;
  G_OBJECT_CLASS(g_type_class_peek_parent(G_OBJECT_GET_CLASS(object)))->finalize(object);
}

void class_init(gpointer g_class, gpointer) {
  G_OBJECT_CLASS(g_class)->finalize = finalize;
  GstBufferPoolClass* pool = GST_BUFFER_POOL_CLASS(g_class);
  pool->set_config = set_config;
  pool->alloc_buffer = alloc_buffer;
  pool->start = [](GstBufferPool* base) -> gboolean { return base_class()->start(base); };
  pool->stop = [](GstBufferPool* base) -> gboolean { return base_class()->stop(base); };
}

GType register_type() {
  GTypeInfo info = {};
  info.class_size = sizeof(SharedPoolClass);
  info.class_init = class_init;
  info.instance_size = sizeof(SharedPool);
  info.instance_init = [](GTypeInstance* instance, gpointer) {
    pool_cast(instance)->state = new PoolState;
  };
  return g_type_register_static(GST_TYPE_CUDA_BUFFER_POOL, "Av1HwVkCudaPool", &info,
                                static_cast<GTypeFlags>(0));
}

GType shared_pool_get_type() {
  static const GType type = register_type();
  return type;
}

}  // namespace

Result<GstVideoInfo> shared_layout(const GstVideoInfo& info) {
  uint64_t pitch = 0, rows = 0;
  std::array<uint64_t, GST_VIDEO_MAX_PLANES> first_row = {};
  const guint planes = GST_VIDEO_INFO_N_PLANES(&info);
  for (guint plane = 0; plane < planes; plane++) {
    const int component = first_component(info, plane);
    const auto width = static_cast<uint64_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, component));
    const auto step = static_cast<uint64_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info, component));
    first_row[plane] = rows;
    // Of packed 4:2:2 (YUY2) a pair of samples is whole.
    pitch = std::max(pitch, (width + width % 2) * step);
    rows += static_cast<uint64_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, component));
  }
  pitch = (pitch + pitch_alignment - 1) / pitch_alignment * pitch_alignment;
  // CUDA's functions and GstBufferPool count bytes in 32 bits.
  if (pitch == 0 || pitch * rows > INT_MAX)
    return fail(ErrorCode::InvalidData, "a frame is too large for CUDA memory");
  GstVideoInfo layout = info;
  layout.size = pitch * rows;
  for (guint plane = 0; plane < planes; plane++) {
    layout.stride[plane] = static_cast<gint>(pitch);
    layout.offset[plane] = first_row[plane] * pitch;
  }
  return layout;
}

PoolHandle make_shared_pool(GstVulkanDevice* device, GstCudaContext* context,
                            GstCudaStream* stream) {
  auto* pool = static_cast<SharedPool*>(g_object_new(shared_pool_get_type(), nullptr));
  gst_object_ref_sink(pool);
  pool->parent.context = cuda_ref(context).release();
  pool->state->device.reset(GST_VULKAN_DEVICE(gst_object_ref(device)));
  pool->state->own_stream = cuda_ref(stream);
  return PoolHandle(GST_BUFFER_POOL_CAST(pool));
}

SharedBuffer* shared_buffer_of(GstCudaMemory* memory, GstVulkanDevice* device) {
  auto* shared = static_cast<SharedBuffer*>(gst_cuda_memory_get_token_data(memory, shared_token()));
  return shared && shared->device() == device ? shared : nullptr;
}

}  // namespace av1hw
