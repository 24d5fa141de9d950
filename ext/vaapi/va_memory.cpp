// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstva's displays, allocators and pools behind the interface that the decoder element knows.
#include "vaapi/va_memory.h"

#include <utility>

#include "base/unique_handle.h"
#include "vaapi/va_dma_pool.h"
#include "vaapi/va_pool.h"

namespace av1hw {
namespace {

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

}  // namespace

VaMemory::VaMemory(std::string render_node, bool exports) : device_(std::move(render_node)) {
  domains_.push_back(MemoryDomain::Va);
  if (exports) domains_.push_back(MemoryDomain::DmaBuf);
  domains_.push_back(MemoryDomain::System);
}

VaMemory::~VaMemory() = default;

Result<> VaMemory::open(GstElement* element) { return device_.open(element, *calls()); }

void VaMemory::close() {
  readback_.reset();
  asked_modifier_.reset();
  allocated_.reset();
  device_.close();
}

bool VaMemory::set_context(GstElement*, GstContext* context) {
  return device_.set_context(context);
}

bool VaMemory::handle_context_query(GstElement* element, GstQuery* query) {
  return device_.handle_context_query(element, query);
}

void VaMemory::set_alignment(unsigned width, unsigned height) {
  align_width_ = width;
  align_height_ = height;
}

VaSurfaceRequest VaMemory::surface_request(const GstVideoInfo& info) const {
  const GstVideoAlignment pad = va_padding(info, align_width_, align_height_);
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
  VaDisplayHandle display = device_.in_use();
  if (domain == MemoryDomain::DmaBuf && asked_modifier_) {
    return make_va_dma_pool(std::move(display), calls(), surface_request(info), info, caps);
  }
  VaPoolRequest request;
  request.domain = domain;
  request.align_width = align_width_;
  request.align_height = align_height_;
  request.usage = VA_SURFACE_ATTRIB_USAGE_HINT_DECODER;
  return make_va_pool(display.get(), info, caps, request);
}

Result<uint64_t> VaMemory::download(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) {
  if (!readback_) readback_ = std::make_unique<VaReadback>(display(), *calls());
  return readback_->copy(va_surface_of(from), to, info);
}

}  // namespace av1hw
