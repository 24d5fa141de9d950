// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstva's displays, allocators and pools behind the interface that the decoder element knows.
#include "vaapi/va_memory.h"

#include <utility>

#include "base/unique_handle.h"
#include "vaapi/va_dma_pool.h"

namespace av1hw {
namespace {

using AllocatorHandle = GstHandle<GstAllocator>;

constexpr unsigned usage = VA_SURFACE_ATTRIB_USAGE_HINT_DECODER;

AllocatorHandle make_allocator(MemoryDomain domain, GstVaDisplay* display, GstVideoFormat format) {
  if (domain == MemoryDomain::DmaBuf) return AllocatorHandle{gst_va_dmabuf_allocator_new(display)};
  GArray* formats = g_array_new(FALSE, FALSE, sizeof(GstVideoFormat));
  g_array_append_val(formats, format);
  return AllocatorHandle{gst_va_allocator_new(display, formats)};
}

// How much is missing to a multiple of `alignment`, a power of two.
unsigned missing(int size, unsigned alignment) {
  return (alignment - static_cast<unsigned>(size) % alignment) % alignment;
}

CapsHandle with_domain(MemoryDomain domain, GstCaps* caps) {
  CapsHandle made{gst_caps_copy(caps)};
  gst_caps_set_features_simple(made.get(),
                               gst_caps_features_new_single(memory_domain_feature(domain)));
  return made;
}

// Of any modifier.
CapsHandle dma_drm_caps(GstCaps* caps) {
  CapsHandle made = with_domain(MemoryDomain::DmaBuf, caps);
  gst_caps_set_simple(made.get(), "format", G_TYPE_STRING, "DMA_DRM", nullptr);
  return made;
}

void add_modifier(const GValue* drm_format, GstVideoFormat format,
                  std::vector<uint64_t>& modifiers) {
  guint64 modifier = 0;
  const gchar* text = g_value_get_string(drm_format);
  if (text && gst_video_dma_drm_fourcc_from_string(text, &modifier) ==
                  gst_video_dma_drm_fourcc_from_format(format)) {
    modifiers.push_back(modifier);
  }
}

// Those that downstream lists for such pictures, in its order.
std::vector<uint64_t> modifiers_of(GstCaps* caps, GstCaps* wanted, GstVideoFormat format) {
  const CapsHandle any = dma_drm_caps(caps);
  const CapsHandle both{gst_caps_intersect_full(wanted, any.get(), GST_CAPS_INTERSECT_FIRST)};
  std::vector<uint64_t> modifiers;
  for (guint i = 0; i < gst_caps_get_size(both.get()); i++) {
    const GValue* value =
        gst_structure_get_value(gst_caps_get_structure(both.get(), i), "drm-format");
    if (value && G_VALUE_HOLDS_STRING(value)) add_modifier(value, format, modifiers);
    if (!value || !GST_VALUE_HOLDS_LIST(value)) continue;
    for (guint k = 0; k < gst_value_list_get_size(value); k++) {
      const GValue* entry = gst_value_list_get_value(value, k);
      if (G_VALUE_HOLDS_STRING(entry)) add_modifier(entry, format, modifiers);
    }
  }
  return modifiers;
}

std::string size_text(const GstVideoInfo& info) {
  return std::to_string(info.width) + "x" + std::to_string(info.height);
}

}  // namespace

VaMemory::VaMemory(std::string render_node, bool exports) : render_node_(std::move(render_node)) {
  domains_.push_back(MemoryDomain::Va);
  if (exports) domains_.push_back(MemoryDomain::DmaBuf);
  domains_.push_back(MemoryDomain::System);
}

VaMemory::~VaMemory() = default;

VaMemory::DisplayHandle VaMemory::in_use() const {
  const std::scoped_lock lock(lock_);
  return DisplayHandle{display_ ? GST_VA_DISPLAY(gst_object_ref(display_.get())) : nullptr};
}

VADisplay VaMemory::display() const {
  const DisplayHandle display = in_use();
  return display ? gst_va_display_get_va_dpy(display.get()) : nullptr;
}

VaMemory::DisplayHandle VaMemory::open_display() const {
  const DriverCall call(*calls(), "vaInitialize");
  return DisplayHandle{gst_va_display_drm_new_from_path(render_node_.c_str())};
}

// The lock is not held while others are asked, since they answer through set_context().
Result<> VaMemory::open(GstElement* element) {
  auto take_offered = [this] {
    const std::scoped_lock lock(lock_);
    if (offered_ && !display_) display_.reset(GST_VA_DISPLAY(gst_object_ref(offered_.get())));
    return display_ != nullptr;
  };
  if (take_offered()) return {};
  gst_va_context_query(element, GST_VA_DISPLAY_HANDLE_CONTEXT_TYPE_STR);
  if (take_offered()) return {};
  DisplayHandle made = open_display();
  if (!made) {
    return fail(ErrorCode::Unavailable, "the VA driver of " + render_node_ +
                                            " does not open; av1hw-info says more about it");
  }
  gst_va_element_propagate_display_context(element, made.get());
  const std::scoped_lock lock(lock_);
  display_ = std::move(made);
  return {};
}

void VaMemory::close() {
  readback_.reset();
  asked_modifier_.reset();
  allocated_.reset();
  const std::scoped_lock lock(lock_);
  display_.reset();
}

bool VaMemory::set_context(GstElement*, GstContext* context) {
  GstVaDisplay* display = nullptr;
  if (!gst_context_get_va_display(context, GST_VA_DISPLAY_HANDLE_CONTEXT_TYPE_STR,
                                  render_node_.c_str(), &display)) {
    return false;
  }
  const std::scoped_lock lock(lock_);
  offered_.reset(display);
  return true;
}

bool VaMemory::handle_context_query(GstElement* element, GstQuery* query) {
  const DisplayHandle display = in_use();
  return display && gst_va_handle_context_query(element, query, display.get());
}

void VaMemory::set_alignment(unsigned width, unsigned height) {
  align_width_ = width;
  align_height_ = height;
}

GstVideoAlignment VaMemory::padding(const GstVideoInfo& info) const {
  GstVideoAlignment alignment;
  gst_video_alignment_reset(&alignment);
  alignment.padding_right = missing(GST_VIDEO_INFO_WIDTH(&info), align_width_);
  alignment.padding_bottom = missing(GST_VIDEO_INFO_HEIGHT(&info), align_height_);
  return alignment;
}

VaSurfaceRequest VaMemory::surface_request(const GstVideoInfo& info) const {
  const GstVideoAlignment pad = padding(info);
  VaSurfaceRequest request;
  request.format = GST_VIDEO_INFO_FORMAT(&info);
  request.width = static_cast<unsigned>(info.width) + pad.padding_right;
  request.height = static_cast<unsigned>(info.height) + pad.padding_bottom;
  if (asked_modifier_) request.modifiers.assign(1, *asked_modifier_);
  return request;
}

Result<CapsHandle> VaMemory::caps_for(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                                      GstCaps* wanted) {
  if (domain == MemoryDomain::System) return share(caps);
  if (domain == MemoryDomain::DmaBuf) return dma_caps(info, caps, wanted);
  return with_domain(domain, caps);
}

// With the driver's own choice of a modifier, or else with its choice among downstream's.
Result<CapsHandle> VaMemory::dma_caps(const GstVideoInfo& info, GstCaps* caps, GstCaps* wanted) {
  if (wanted) asked_modifier_.reset();
  VaSurfaceRequest request = surface_request(info);
  Result<CapsHandle> own = caps_with_modifier(request, info, caps);
  if (!own || !wanted || gst_caps_can_intersect(wanted, own->get())) return own;
  request.modifiers = modifiers_of(caps, wanted, request.format);
  if (request.modifiers.empty()) return own;
  Result<CapsHandle> among = caps_with_modifier(request, info, caps);
  if (among) asked_modifier_ = allocated_->modifier;
  return among;
}

// For surfaces of the size that the pool will make.
Result<CapsHandle> VaMemory::caps_with_modifier(const VaSurfaceRequest& request,
                                                const GstVideoInfo& info, GstCaps* caps) {
  if (!allocated_ || allocated_->request != request) {
    const Result<ExportedSurface> surface = ExportedSurface::make(display(), request);
    if (!surface) return std::unexpected(surface.error());
    allocated_ = Allocated{request, surface->modifier()};
  }
  const guint32 fourcc = gst_video_dma_drm_fourcc_from_format(GST_VIDEO_INFO_FORMAT(&info));
  const GCharPtr text{gst_video_dma_drm_fourcc_to_string(fourcc, allocated_->modifier)};
  if (!text) return fail(ErrorCode::NotSupported, "an exported surface has no DRM format");
  CapsHandle made = dma_drm_caps(caps);
  gst_caps_set_simple(made.get(), "drm-format", G_TYPE_STRING, text.get(), nullptr);
  return made;
}

Result<PoolHandle> VaMemory::make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                                       const MemoryNeeds&) {
  DisplayHandle display = in_use();
  if (domain == MemoryDomain::DmaBuf && asked_modifier_) {
    return make_va_dma_pool(std::move(display), calls(), surface_request(info), info, caps);
  }
  const AllocatorHandle allocator =
      make_allocator(domain, display.get(), GST_VIDEO_INFO_FORMAT(&info));
  PoolHandle pool{gst_va_pool_new()};
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  // It grows as far as references, pictures in flight and downstream need.
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(info.size), 0, 0);
  gst_buffer_pool_config_set_va_allocation_params(config, usage, GST_VA_FEATURE_AUTO);
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  gst_buffer_pool_config_set_allocator(config, allocator.get(), &params);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  const GstVideoAlignment alignment = padding(info);
  gst_buffer_pool_config_set_va_alignment(config, &alignment);
  if (!gst_buffer_pool_set_config(pool.get(), config)) {
    return fail(ErrorCode::Busy,
                "the VA driver of " + render_node_ + " gives no surface of " + size_text(info));
  }
  return pool;
}

Result<uint64_t> VaMemory::download(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) {
  const DriverCall call(*calls(), "the copy of a frame");
  if (!readback_) readback_ = std::make_unique<VaReadback>(display());
  return readback_->copy(va_surface_of(from), to, info);
}

}  // namespace av1hw
