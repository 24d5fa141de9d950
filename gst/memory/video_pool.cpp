// SPDX-License-Identifier: LGPL-2.1-or-later
// The decoders' own buffer pool, and the test of whether downstream's serves as well.
#include "memory/video_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>

namespace av1hw {
namespace {

// Buffers that wait to be used again, at most: enough to bridge the bursts in which frame threads
// give references back.
constexpr int max_idle = 8;

struct VideoPool {
  GstVideoInfo info = {};  // padded
  MemoryNeeds needs;
  std::atomic<int> idle{0};
};

struct VideoPoolObject {
  GstBufferPool parent;
  VideoPool* pool;
};

VideoPool& self(gpointer object) { return *reinterpret_cast<VideoPoolObject*>(object)->pool; }

GstBufferPoolClass* parent_class() {
  return GST_BUFFER_POOL_CLASS(g_type_class_peek(GST_TYPE_BUFFER_POOL));
}

const gchar** get_options(GstBufferPool*) {
  static const gchar* options[] = {GST_BUFFER_POOL_OPTION_VIDEO_META,
                                   GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT, nullptr};
  return options;
}

GstFlowReturn alloc_buffer(GstBufferPool* object, GstBuffer** out, GstBufferPoolAcquireParams*) {
  VideoPool& pool = self(object);
  const size_t align = std::max<size_t>(pool.needs.address_align + 1, alignof(std::max_align_t));
  const size_t wanted = pool.info.size + pool.needs.tail_padding;
  const size_t bytes = (wanted + align - 1) / align * align;
  void* data = std::aligned_alloc(align, bytes);
  if (!data) return GST_FLOW_ERROR;
  GstBuffer* buffer = gst_buffer_new();
  gst_buffer_append_memory(
      buffer, gst_memory_new_wrapped(static_cast<GstMemoryFlags>(0), data, bytes, 0, pool.info.size,
                                     data, std::free));
  GstVideoMeta* meta = gst_buffer_add_video_meta_full(
      buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&pool.info),
      GST_VIDEO_INFO_WIDTH(&pool.info), GST_VIDEO_INFO_HEIGHT(&pool.info),
      GST_VIDEO_INFO_N_PLANES(&pool.info), pool.info.offset, pool.info.stride);
  gst_video_meta_set_alignment(meta, pool.needs.alignment);
  meta->meta.flags = static_cast<GstMetaFlags>(meta->meta.flags | GST_META_FLAG_POOLED);
  pool.idle++;
  *out = buffer;
  return GST_FLOW_OK;
}

GstFlowReturn acquire_buffer(GstBufferPool* object, GstBuffer** out,
                             GstBufferPoolAcquireParams* params) {
  const GstFlowReturn flow = parent_class()->acquire_buffer(object, out, params);
  if (flow == GST_FLOW_OK) self(object).idle--;
  return flow;
}

void release_buffer(GstBufferPool* object, GstBuffer* buffer) {
  VideoPool& pool = self(object);
  if (pool.idle.fetch_add(1) >= max_idle) {
    pool.idle--;
    // The base class frees a buffer whose memory was tagged instead of queueing it.
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_TAG_MEMORY);
  }
  parent_class()->release_buffer(object, buffer);
}

void finalize(GObject* object) {
  VideoPool* pool = &self(object);
  G_OBJECT_CLASS(g_type_class_peek(GST_TYPE_BUFFER_POOL))->finalize(object);
  delete pool;
}

void class_init(gpointer klass, gpointer) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GstBufferPoolClass* pool_class = GST_BUFFER_POOL_CLASS(klass);
  pool_class->get_options = get_options;
  pool_class->alloc_buffer = alloc_buffer;
  pool_class->acquire_buffer = acquire_buffer;
  pool_class->release_buffer = release_buffer;
}

void instance_init(GTypeInstance* instance, gpointer) {
  reinterpret_cast<VideoPoolObject*>(instance)->pool = new VideoPool;
}

GType video_pool_type() {
  static const GType type = g_type_register_static_simple(
      GST_TYPE_BUFFER_POOL, "Av1HwVideoPool", sizeof(GstBufferPoolClass), class_init,
      sizeof(VideoPoolObject), instance_init, static_cast<GTypeFlags>(0));
  return type;
}

bool aligned(size_t value, size_t mask) { return (value & mask) == 0; }

// Empty: a decoder may write into `buffer`. Else why not.
std::string misfit(GstBuffer* buffer, const GstVideoInfo& padded, const MemoryNeeds& needs) {
  if (gst_buffer_n_memory(buffer) != 1) return "its buffers have several memories";
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  // Others may be uncached (references are read all the time) or move when they are unmapped.
  if (!gst_memory_is_type(memory, GST_ALLOCATOR_SYSMEM)) return "it is not plain system memory";
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  if (!meta) return "its buffers have no video meta";
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE)) return "it can't be mapped";
  const auto address = reinterpret_cast<size_t>(map.data);
  const size_t room = map.maxsize;
  gst_buffer_unmap(buffer, &map);
  const guint planes = GST_VIDEO_INFO_N_PLANES(&padded);
  for (guint i = 0; i < planes; i++) {
    if (meta->stride[i] < padded.stride[i]) return "its rows are too short";
    if (!aligned(static_cast<size_t>(meta->stride[i]), needs.alignment.stride_align[i]) ||
        !aligned(address + meta->offset[i], needs.address_align)) {
      return "its planes are not aligned";
    }
    const size_t end = i + 1 < planes ? padded.offset[i + 1] : padded.size;
    const size_t rows = (end - padded.offset[i]) / static_cast<size_t>(padded.stride[i]);
    if (meta->offset[i] + rows * static_cast<size_t>(meta->stride[i]) + needs.tail_padding > room) {
      return "its planes are too small";
    }
  }
  if (planes == 3 && meta->stride[1] != meta->stride[2]) return "its chroma strides differ";
  return {};
}

}  // namespace

Result<GstVideoInfo> padded_info(const GstVideoInfo& info, const MemoryNeeds& needs) {
  GstVideoInfo padded = info;
  GstVideoAlignment alignment = needs.alignment;
  if (!gst_video_info_align(&padded, &alignment) || padded.size == 0 ||
      padded.size > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return fail(ErrorCode::InvalidData,
                std::to_string(info.width) + "x" + std::to_string(info.height) + " (" +
                    gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)) +
                    ") is more than 2 GiB a frame");
  }
  return padded;
}

Result<PoolHandle> make_video_pool(const GstVideoInfo& info, const MemoryNeeds& needs) {
  const Result<GstVideoInfo> padded = padded_info(info, needs);
  if (!padded) return std::unexpected(padded.error());
  PoolHandle pool{GST_BUFFER_POOL(gst_object_ref_sink(g_object_new(video_pool_type(), nullptr)))};
  self(pool.get()).info = *padded;
  self(pool.get()).needs = needs;
  const CapsHandle caps{gst_video_info_to_caps(&info)};
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps.get(), static_cast<guint>(padded->size), 0, 0);
  if (!gst_buffer_pool_set_config(pool.get(), config)) {
    return fail(ErrorCode::Failed, "GStreamer refused the configuration of our buffer pool");
  }
  return pool;
}

Result<PoolHandle> adopt_offered_pool(GstBufferPool* pool, GstCaps* caps, unsigned min,
                                      unsigned max, const GstVideoInfo& info,
                                      const MemoryNeeds& needs) {
  if (max != 0 && max <= min + needs.held_buffers) {
    return fail(ErrorCode::NotSupported, "it has only " + std::to_string(max) + " buffers");
  }
  if (!gst_buffer_pool_has_option(pool, GST_BUFFER_POOL_OPTION_VIDEO_META) ||
      !gst_buffer_pool_has_option(pool, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT)) {
    return fail(ErrorCode::NotSupported, "it can't align planes");
  }
  const Result<GstVideoInfo> padded = padded_info(info, needs);
  if (!padded) return std::unexpected(padded.error());
  GstStructure* config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(padded->size), min, max);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
  gst_buffer_pool_config_set_video_alignment(config, &needs.alignment);
  GstAllocator* allocator = nullptr;
  GstAllocationParams params;
  if (!gst_buffer_pool_config_get_allocator(config, &allocator, &params)) {
    gst_allocation_params_init(&params);
  }
  params.align |= needs.address_align;
  params.padding = std::max(params.padding, needs.tail_padding);
  gst_buffer_pool_config_set_allocator(config, allocator, &params);
  if (!gst_buffer_pool_set_config(pool, config)) {
    return fail(ErrorCode::NotSupported, "it refuses our alignment");
  }
  if (!gst_buffer_pool_set_active(pool, TRUE)) {
    return fail(ErrorCode::NotSupported, "it can't be activated");
  }
  std::string problem = "it gives no buffer";
  if (const Result<BufferHandle> trial = acquire(pool)) {
    problem = misfit(trial->get(), *padded, needs);
  }
  if (!problem.empty()) {
    gst_buffer_pool_set_active(pool, FALSE);
    return fail(ErrorCode::NotSupported, problem);
  }
  return PoolHandle{GST_BUFFER_POOL(gst_object_ref(pool))};
}

Result<BufferHandle> acquire(GstBufferPool* pool) {
  GstBuffer* buffer = nullptr;
  const GstFlowReturn flow = gst_buffer_pool_acquire_buffer(pool, &buffer, nullptr);
  if (flow == GST_FLOW_OK) return BufferHandle{buffer};
  if (flow == GST_FLOW_FLUSHING) return fail(ErrorCode::Unavailable, "the buffer pool is flushing");
  return fail(ErrorCode::OutOfMemory, "no memory for another frame");
}

}  // namespace av1hw
