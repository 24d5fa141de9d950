// SPDX-License-Identifier: LGPL-2.1-or-later
// Allocates in Vulkan, exports, and says in a GstVideoMeta where the planes lie.
#include "vulkan/dmabuf/dma_pool.h"

#include <gst/allocators/gstdmabuf.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "vulkan/compositor/system_planes.h"
#include "vulkan/dmabuf/plane_image.h"

namespace av1hw {
namespace {

// What rows and planes of linear pictures are a multiple of, as most devices want it that read
// them.
constexpr uint64_t pitch_alignment = 256;

struct PoolState {
  std::shared_ptr<DmaImports> imports;
  GstHandle<GstAllocator> allocator;
  DrmPicture picture;
  SampleLayout layout;
  Error obstacle;  // why the last configuration was refused
};

struct Av1HwVkDmaPool {
  GstBufferPool parent;
  PoolState* state;
};
struct Av1HwVkDmaPoolClass {
  GstBufferPoolClass parent_class;
};

G_DEFINE_TYPE(Av1HwVkDmaPool, av1hw_vk_dma_pool, GST_TYPE_BUFFER_POOL)

Av1HwVkDmaPool* self(gpointer object) { return static_cast<Av1HwVkDmaPool*>(object); }

uint64_t round_up(uint64_t value) {
  return (value + pitch_alignment - 1) / pitch_alignment * pitch_alignment;
}

// Where planes lie in a buffer.
struct Places {
  std::array<gsize, GST_VIDEO_MAX_PLANES> offset = {};
  std::array<gint, GST_VIDEO_MAX_PLANES> pitch = {};
  uint64_t bytes = 0;
};

Places linear_places(const SampleLayout& layout) {
  const StagedPicture picture = staged_picture(layout);
  Places places;
  for (unsigned i = 0; i < layout.planes; i++) {
    places.offset[i] = places.bytes;
    const uint64_t pitch = round_up(picture.planes[i].row_bytes);
    places.pitch[i] = static_cast<gint>(pitch);
    places.bytes += pitch * picture.planes[i].rows;
  }
  return places;
}

// With what the descriptor's file has, whatever was asked for.
Result<GstMemory*> dma_memory(const PoolState& state, int fd) {
  const off_t end = lseek(fd, 0, SEEK_END);
  if (end <= 0) {
    close(fd);
    return fail(ErrorCode::Failed, "a DMA-BUF of the GPU driver does not tell its size");
  }
  GstMemory* memory =
      gst_dmabuf_allocator_alloc(state.allocator.get(), fd, static_cast<gsize>(end));
  if (!memory) {
    close(fd);
    return fail(ErrorCode::OutOfMemory, "a DMA-BUF could not be wrapped");
  }
  return memory;
}

Result<Places> add_linear(const PoolState& state, GstBuffer* buffer) {
  const Places places = linear_places(state.layout);
  Result<std::unique_ptr<DmaBuffer>> made = DmaBuffer::make(state.imports->device(), places.bytes);
  if (!made) return std::unexpected(made.error());
  const Result<int> fd = (*made)->export_fd();
  if (!fd) return std::unexpected(fd.error());
  const Result<GstMemory*> memory = dma_memory(state, *fd);
  if (!memory) return std::unexpected(memory.error());
  gst_buffer_append_memory(buffer, *memory);
  state.imports->add(*memory, std::move(*made));
  return places;
}

Result<Places> add_images(const PoolState& state, GstBuffer* buffer) {
  Places places;
  for (unsigned i = 0; i < state.layout.planes; i++) {
    PlaneImage wanted = plane_image(state.layout, i, state.picture.modifier, DmaUse::Write);
    wanted.use = DmaUse::Make;
    Result<ExportedImage> made =
        make_image(state.imports->device(), wanted, std::array{state.picture.modifier});
    if (!made) return std::unexpected(made.error());
    const Result<GstMemory*> memory = dma_memory(state, made->fd);
    if (!memory) return std::unexpected(memory.error());
    places.offset[i] = places.bytes + made->plane.offset;
    places.pitch[i] = static_cast<gint>(made->plane.pitch);
    places.bytes += (*memory)->maxsize;
    gst_buffer_append_memory(buffer, *memory);
    made->plane.use = DmaUse::Write;
    state.imports->add(*memory, std::move(*made));
  }
  return places;
}

Result<BufferHandle> make_buffer(const PoolState& state) {
  BufferHandle buffer(gst_buffer_new());
  const bool linear =
      state.picture.modifier == drm_linear && state.imports->device()->has_buffers(DmaUse::Make);
  const Result<Places> places =
      linear ? add_linear(state, buffer.get()) : add_images(state, buffer.get());
  if (!places) return std::unexpected(places.error());
  const GstVideoInfo& info = state.picture.info;
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 GST_VIDEO_INFO_FORMAT(&info),
                                 static_cast<guint>(GST_VIDEO_INFO_WIDTH(&info)),
                                 static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&info)),
                                 state.layout.planes, places->offset.data(), places->pitch.data());
  return buffer;
}

GstFlowReturn alloc_buffer(GstBufferPool* base, GstBuffer** out, GstBufferPoolAcquireParams*) {
  Result<BufferHandle> buffer = make_buffer(*self(base)->state);
  if (!buffer) {
    GST_WARNING_OBJECT(base, "%s", buffer.error().message.c_str());
    return GST_FLOW_ERROR;
  }
  *out = buffer->release();
  return GST_FLOW_OK;
}

// Buffers that come back are cut to the size that the configuration has, and the driver alone knows
// what a picture takes: one is made to see.
Result<guint> buffer_size(const PoolState& state) {
  // GstVideoMeta's strides are signed.
  if (linear_places(state.layout).bytes > INT_MAX)
    return fail(ErrorCode::InvalidData, "a picture is too large");
  const Result<BufferHandle> buffer = make_buffer(state);
  if (!buffer) return std::unexpected(buffer.error());
  const gsize size = gst_buffer_get_size(buffer->get());
  if (size > INT_MAX) return fail(ErrorCode::InvalidData, "a picture is too large");
  return static_cast<guint>(size);
}

Result<guint> configure(PoolState& state, const GstCaps* caps) {
  const Result<DrmPicture> picture = drm_picture(caps);
  if (!picture) return std::unexpected(picture.error());
  const Result<SampleLayout> layout = sample_layout(picture->info);
  if (!layout) return std::unexpected(layout.error());
  state.picture = *picture;
  state.layout = *layout;
  return buffer_size(state);
}

gboolean set_config(GstBufferPool* base, GstStructure* config) {
  PoolState& state = *self(base)->state;
  GstCaps* caps = nullptr;
  guint min = 0, max = 0;
  if (!gst_buffer_pool_config_get_params(config, &caps, nullptr, &min, &max) || !caps) return FALSE;
  const Result<guint> size = configure(state, caps);
  if (!size) {
    state.obstacle = size.error();
    GST_WARNING_OBJECT(base, "%s", size.error().message.c_str());
    return FALSE;
  }
  gst_buffer_pool_config_set_params(config, caps, *size, min, max);
  return GST_BUFFER_POOL_CLASS(av1hw_vk_dma_pool_parent_class)->set_config(base, config);
}

const gchar** get_options(GstBufferPool*) {
  static const gchar* options[] = {GST_BUFFER_POOL_OPTION_VIDEO_META, nullptr};
  return options;
}

void finalize(GObject* object) {
  PoolState* state = self(object)->state;
  G_OBJECT_CLASS(av1hw_vk_dma_pool_parent_class)->finalize(object);
  delete state;
}

void av1hw_vk_dma_pool_class_init(Av1HwVkDmaPoolClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  klass->parent_class.get_options = get_options;
  klass->parent_class.set_config = set_config;
  klass->parent_class.alloc_buffer = alloc_buffer;
}

void av1hw_vk_dma_pool_init(Av1HwVkDmaPool* self) {
  self->state = new PoolState;
  self->state->allocator.reset(gst_dmabuf_allocator_new());
}

}  // namespace

Result<PoolHandle> make_dma_pool(std::shared_ptr<DmaImports> imports, GstCaps* caps, unsigned min) {
  auto* made = static_cast<Av1HwVkDmaPool*>(g_object_new(av1hw_vk_dma_pool_get_type(), nullptr));
  gst_object_ref_sink(made);
  made->state->imports = std::move(imports);
  PoolHandle pool(GST_BUFFER_POOL_CAST(made));
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, 0, min, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config(pool.get(), config))
    return std::unexpected(made->state->obstacle);
  return pool;
}

}  // namespace av1hw
