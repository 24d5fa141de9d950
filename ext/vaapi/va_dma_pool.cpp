// SPDX-License-Identifier: LGPL-2.1-or-later
// A buffer pool of DMA-BUFs with a modifier that downstream chose, which libgstva's can't ask for.
#include "vaapi/va_dma_pool.h"

#include <gst/allocators/gstdmabuf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace av1hw {
namespace {

GQuark surface_quark() {
  static const GQuark quark = g_quark_from_static_string("av1hw-va-dma-surface");
  return quark;
}

// Drivers disagree on what a descriptor's size says; the file knows.
size_t object_size(int fd, uint32_t described) {
  const off_t end = lseek(fd, 0, SEEK_END);
  return end > 0 ? static_cast<size_t>(end) : described;
}

// Surfaces that are lent to buffers, and come back when the last of their memory is let go, on
// whatever thread that is. Memory stays the same as long as its surface, so that those who look at
// it through another API can remember it.
class DmaSurfaces : public std::enable_shared_from_this<DmaSurfaces> {
 public:
  DmaSurfaces(GstHandle<GstVaDisplay> display, std::shared_ptr<DriverCalls> calls,
              VaSurfaceRequest request, const GstVideoInfo& info)
      : display_(std::move(display)),
        calls_(std::move(calls)),
        request_(std::move(request)),
        info_(info),
        allocator_(gst_dmabuf_allocator_new()) {}
  DmaSurfaces(const DmaSurfaces&) = delete;
  DmaSurfaces& operator=(const DmaSurfaces&) = delete;
  ~DmaSurfaces();

  Result<BufferHandle> lend();

  // Of memory that is lent; VA_INVALID_SURFACE and nullptr of other memory.
  static VASurfaceID surface_of(GstBuffer* buffer);
  static GstVaDisplay* display_of(GstBuffer* buffer);

 private:
  struct Place {
    explicit Place(ExportedSurface made) : surface(std::move(made)) {}

    ExportedSurface surface;
    std::vector<GstMemory*> memories;
    std::atomic<size_t> lent = 0;        // of its memories
    std::shared_ptr<DmaSurfaces> owner;  // while any is lent
  };

  static const Place* place_of(GstBuffer* buffer);
  static gboolean come_back(GstMiniObject* object);
  Result<Place*> make_place();
  Place* take_idle();
  void add_layout(GstBuffer* buffer, const Place& place) const;

  const GstHandle<GstVaDisplay> display_;
  const std::shared_ptr<DriverCalls> calls_;
  const VaSurfaceRequest request_;
  const GstVideoInfo info_;
  const GstHandle<GstAllocator> allocator_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<Place*> idle_;
};

// Nothing is lent.
DmaSurfaces::~DmaSurfaces() {
  for (const auto& place : places_) {
    for (GstMemory* memory : place->memories) {
      GST_MINI_OBJECT_CAST(memory)->dispose = nullptr;
      gst_memory_unref(memory);
    }
  }
  const DriverCall call(*calls_, "vaDestroySurfaces");
  places_.clear();
}

// GstMiniObject's dispose: the memory lives on.
gboolean DmaSurfaces::come_back(GstMiniObject* object) {
  auto* place = static_cast<Place*>(gst_mini_object_get_qdata(object, surface_quark()));
  gst_mini_object_ref(object);
  if (place->lent.fetch_sub(1) != 1) return FALSE;
  // It may be the last to hold the surfaces.
  const std::shared_ptr<DmaSurfaces> owner = std::move(place->owner);
  const std::scoped_lock lock(owner->mutex_);
  owner->idle_.push_back(place);
  return FALSE;
}

const DmaSurfaces::Place* DmaSurfaces::place_of(GstBuffer* buffer) {
  if (gst_buffer_n_memory(buffer) == 0) return nullptr;
  return static_cast<const Place*>(gst_mini_object_get_qdata(
      GST_MINI_OBJECT_CAST(gst_buffer_peek_memory(buffer, 0)), surface_quark()));
}

VASurfaceID DmaSurfaces::surface_of(GstBuffer* buffer) {
  const Place* place = place_of(buffer);
  return place ? place->surface.id() : VA_INVALID_SURFACE;
}

GstVaDisplay* DmaSurfaces::display_of(GstBuffer* buffer) {
  const Place* place = place_of(buffer);
  return place ? place->owner->display_.get() : nullptr;
}

Result<DmaSurfaces::Place*> DmaSurfaces::make_place() {
  Result<ExportedSurface> surface =
      ExportedSurface::make(gst_va_display_get_va_dpy(display_.get()), request_);
  if (!surface) return std::unexpected(surface.error());
  if (surface->layout().num_layers != GST_VIDEO_INFO_N_PLANES(&info_)) {
    return fail(ErrorCode::NotSupported, "the VA driver exports other planes than the format has");
  }
  auto place = std::make_unique<Place>(std::move(*surface));
  for (uint32_t i = 0; i < place->surface.layout().num_objects; i++) {
    const uint32_t described = place->surface.layout().objects[i].size;
    const int fd = place->surface.take_fd(i);
    GstMemory* memory =
        gst_dmabuf_allocator_alloc(allocator_.get(), fd, object_size(fd, described));
    gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(memory), surface_quark(), place.get(), nullptr);
    GST_MINI_OBJECT_CAST(memory)->dispose = come_back;
    place->memories.push_back(memory);
  }
  const std::scoped_lock lock(mutex_);
  return places_.emplace_back(std::move(place)).get();
}

DmaSurfaces::Place* DmaSurfaces::take_idle() {
  const std::scoped_lock lock(mutex_);
  if (idle_.empty()) return nullptr;
  Place* place = idle_.back();
  idle_.pop_back();
  return place;
}

void DmaSurfaces::add_layout(GstBuffer* buffer, const Place& place) const {
  const VADRMPRIMESurfaceDescriptor& layout = place.surface.layout();
  std::array<gsize, GST_VIDEO_MAX_PLANES> offsets = {};
  std::array<gint, GST_VIDEO_MAX_PLANES> strides = {};
  for (uint32_t i = 0; i < layout.num_layers; i++) {
    offsets[i] = layout.layers[i].offset[0];
    for (uint32_t before = 0; before < layout.layers[i].object_index[0]; before++) {
      offsets[i] += place.memories[before]->maxsize;
    }
    strides[i] = static_cast<gint>(layout.layers[i].pitch[0]);
  }
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info_),
                                 static_cast<guint>(GST_VIDEO_INFO_WIDTH(&info_)),
                                 static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&info_)),
                                 layout.num_layers, offsets.data(), strides.data());
}

Result<BufferHandle> DmaSurfaces::lend() {
  Place* place = take_idle();
  if (!place) {
    const Result<Place*> made = make_place();
    if (!made) return std::unexpected(made.error());
    place = *made;
  }
  place->owner = shared_from_this();
  place->lent = place->memories.size();
  BufferHandle buffer(gst_buffer_new());
  for (GstMemory* memory : place->memories) gst_buffer_append_memory(buffer.get(), memory);
  add_layout(buffer.get(), *place);
  return buffer;
}

struct DmaPoolObject {
  GstBufferPool parent;
  std::shared_ptr<DmaSurfaces>* surfaces;
};

std::shared_ptr<DmaSurfaces>& self(gpointer object) {
  return *reinterpret_cast<DmaPoolObject*>(object)->surfaces;
}

const gchar** get_options(GstBufferPool*) {
  static const gchar* options[] = {GST_BUFFER_POOL_OPTION_VIDEO_META, nullptr};
  return options;
}

GstFlowReturn acquire_buffer(GstBufferPool* object, GstBuffer** out, GstBufferPoolAcquireParams*) {
  if (GST_BUFFER_POOL_IS_FLUSHING(object)) return GST_FLOW_FLUSHING;
  Result<BufferHandle> buffer = self(object)->lend();
  if (!buffer) {
    GST_WARNING_OBJECT(object, "%s", buffer.error().message.c_str());
    return GST_FLOW_ERROR;
  }
  *out = buffer->release();
  return GST_FLOW_OK;
}

// What is pooled is the memory.
void release_buffer(GstBufferPool*, GstBuffer* buffer) { gst_buffer_unref(buffer); }

void finalize(GObject* object) {
  std::shared_ptr<DmaSurfaces>* surfaces = &self(object);
  G_OBJECT_CLASS(g_type_class_peek(GST_TYPE_BUFFER_POOL))->finalize(object);
  delete surfaces;
}

void class_init(gpointer klass, gpointer) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GstBufferPoolClass* pool_class = GST_BUFFER_POOL_CLASS(klass);
  pool_class->get_options = get_options;
  pool_class->acquire_buffer = acquire_buffer;
  pool_class->release_buffer = release_buffer;
}

void instance_init(GTypeInstance* instance, gpointer) {
  reinterpret_cast<DmaPoolObject*>(instance)->surfaces = new std::shared_ptr<DmaSurfaces>;
}

GType dma_pool_type() {
  static const GType type = g_type_register_static_simple(
      GST_TYPE_BUFFER_POOL, "Av1HwVaDmaPool", sizeof(GstBufferPoolClass), class_init,
      sizeof(DmaPoolObject), instance_init, static_cast<GTypeFlags>(0));
  return type;
}

}  // namespace

Result<PoolHandle> make_va_dma_pool(GstHandle<GstVaDisplay> display,
                                    std::shared_ptr<DriverCalls> calls,
                                    const VaSurfaceRequest& request, const GstVideoInfo& info,
                                    GstCaps* caps) {
  PoolHandle pool{GST_BUFFER_POOL(g_object_ref_sink(g_object_new(dma_pool_type(), nullptr)))};
  self(pool.get()) =
      std::make_shared<DmaSurfaces>(std::move(display), std::move(calls), request, info);
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(info.size), 0, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config(pool.get(), config)) {
    return fail(ErrorCode::Failed, "a pool of DMA-BUFs can't be configured");
  }
  return pool;
}

VASurfaceID va_surface_of(GstBuffer* buffer) {
  const VASurfaceID ours = DmaSurfaces::surface_of(buffer);
  return ours != VA_INVALID_SURFACE ? ours : gst_va_buffer_get_surface(buffer);
}

GstVaDisplay* va_display_of(GstBuffer* buffer) {
  GstVaDisplay* ours = DmaSurfaces::display_of(buffer);
  return ours ? ours : gst_va_buffer_peek_display(buffer);
}

}  // namespace av1hw
