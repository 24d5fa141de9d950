// SPDX-License-Identifier: LGPL-2.1-or-later
// A VA surface for decoding, made and exported as DMA-BUFs.
#include "vaapi/va_exported_surface.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "vaapi/va_attribute.h"
#include "vaapi/va_format.h"
#include "vaapi/va_status.h"

namespace av1hw {
namespace {

Result<VASurfaceID> make_surface(VADisplay display, const VaSurfaceRequest& request) {
  const uint32_t fourcc = va_fourcc(request.format);
  if (fourcc == 0) return fail(ErrorCode::NotSupported, "no VA surface has this format");
  std::vector attributes = {
      va_attribute(VASurfaceAttribUsageHint, VA_SURFACE_ATTRIB_USAGE_HINT_DECODER),
      va_attribute(VASurfaceAttribMemoryType, VA_SURFACE_ATTRIB_MEM_TYPE_VA),
      va_attribute(VASurfaceAttribPixelFormat, fourcc)};
  VADRMFormatModifierList list = {};
  if (!request.modifiers.empty()) {
    list.num_modifiers = static_cast<uint32_t>(request.modifiers.size());
    // It is read only, but not declared so.
    list.modifiers = const_cast<uint64_t*>(request.modifiers.data());
    attributes.push_back(va_attribute(VASurfaceAttribDRMFormatModifiers, &list));
  }
  VASurfaceID surface = VA_INVALID_SURFACE;
  const VAStatus status = vaCreateSurfaces(
      display, va_rt_format(fourcc == VA_FOURCC_NV12 ? 8 : 10), request.width, request.height,
      &surface, 1, attributes.data(), static_cast<unsigned>(attributes.size()));
  if (status != VA_STATUS_SUCCESS) return std::unexpected(va_error(status, "make a surface"));
  return surface;
}

}  // namespace

Result<ExportedSurface> ExportedSurface::make(VADisplay display, const VaSurfaceRequest& request) {
  const Result<VASurfaceID> id = make_surface(display, request);
  if (!id) return std::unexpected(id.error());
  ExportedSurface surface(display, *id);
  if (const Result<> exported = surface.export_it(); !exported) {
    return std::unexpected(exported.error());
  }
  if (!request.modifiers.empty() &&
      std::ranges::find(request.modifiers, surface.modifier()) == request.modifiers.end()) {
    return fail(ErrorCode::NotSupported, "the VA driver takes no notice of modifiers");
  }
  return surface;
}

ExportedSurface::ExportedSurface(ExportedSurface&& other) noexcept
    : display_(other.display_),
      id_(std::exchange(other.id_, VA_INVALID_SURFACE)),
      exported_(std::exchange(other.exported_, {})) {}

ExportedSurface::~ExportedSurface() {
  for (uint32_t i = 0; i < exported_.num_objects; i++) {
    if (const int fd = take_fd(i); fd >= 0) close(fd);
  }
  if (id_ == VA_INVALID_SURFACE) return;
  log_failure(vaDestroySurfaces(display_, &id_, 1), "vaDestroySurfaces");
}

int ExportedSurface::take_fd(unsigned object) {
  return std::exchange(exported_.objects[object].fd, -1);
}

Result<> ExportedSurface::export_it() {
  const VAStatus status = vaExportSurfaceHandle(
      display_, id_, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
      VA_EXPORT_SURFACE_READ_WRITE | VA_EXPORT_SURFACE_SEPARATE_LAYERS, &exported_);
  if (status != VA_STATUS_SUCCESS) {
    exported_ = {};
    return std::unexpected(va_error(status, "export a surface"));
  }
  exported_.num_objects = std::min<uint32_t>(exported_.num_objects, std::size(exported_.objects));
  if (exported_.num_objects == 0) {
    return fail(ErrorCode::Failed, "the VA driver exports a surface of nothing");
  }
  for (uint32_t i = 1; i < exported_.num_objects; i++) {
    // Caps have room for one.
    if (exported_.objects[i].drm_format_modifier != modifier()) {
      return fail(ErrorCode::NotSupported, "the VA driver's surfaces have several modifiers");
    }
  }
  return {};
}

}  // namespace av1hw
