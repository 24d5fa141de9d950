// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes a surface and looks at what the driver made of it.
#include "vaapi/va_modifier.h"

#include <unistd.h>
#include <va/va_drmcommon.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "vaapi/va_format.h"
#include "vaapi/va_status.h"

namespace av1hw {
namespace {

VASurfaceAttrib integer(VASurfaceAttribType type, uint32_t value) {
  VASurfaceAttrib attribute = {};
  attribute.type = type;
  attribute.flags = VA_SURFACE_ATTRIB_SETTABLE;
  attribute.value.type = VAGenericValueTypeInteger;
  attribute.value.value.i = static_cast<int>(value);
  return attribute;
}

Result<uint64_t> exported_modifier(VADisplay display, VASurfaceID surface) {
  VADRMPRIMESurfaceDescriptor descriptor = {};
  const VAStatus status = vaExportSurfaceHandle(
      display, surface, VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
      VA_EXPORT_SURFACE_READ_WRITE | VA_EXPORT_SURFACE_SEPARATE_LAYERS, &descriptor);
  if (status != VA_STATUS_SUCCESS) return std::unexpected(va_error(status, "export a surface"));
  const size_t count = std::min<size_t>(descriptor.num_objects, std::size(descriptor.objects));
  for (size_t i = 0; i < count; i++) close(descriptor.objects[i].fd);
  if (count == 0) return fail(ErrorCode::Failed, "the VA driver exports a surface of nothing");
  const uint64_t modifier = descriptor.objects[0].drm_format_modifier;
  for (size_t i = 1; i < count; i++) {
    // Caps have room for one.
    if (descriptor.objects[i].drm_format_modifier != modifier) {
      return fail(ErrorCode::NotSupported, "the VA driver's surfaces have several modifiers");
    }
  }
  return modifier;
}

}  // namespace

Result<uint64_t> va_modifier(VADisplay display, GstVideoFormat format, unsigned width,
                             unsigned height) {
  const uint32_t fourcc = va_fourcc(format);
  if (fourcc == 0) return fail(ErrorCode::NotSupported, "no VA surface has this format");
  std::array attributes = {integer(VASurfaceAttribUsageHint, VA_SURFACE_ATTRIB_USAGE_HINT_DECODER),
                           integer(VASurfaceAttribMemoryType, VA_SURFACE_ATTRIB_MEM_TYPE_VA),
                           integer(VASurfaceAttribPixelFormat, fourcc)};
  VASurfaceID surface = VA_INVALID_SURFACE;
  const VAStatus status =
      vaCreateSurfaces(display, va_rt_format(fourcc == VA_FOURCC_NV12 ? 8 : 10), width, height,
                       &surface, 1, attributes.data(), attributes.size());
  if (status != VA_STATUS_SUCCESS) return std::unexpected(va_error(status, "make a surface"));
  Result<uint64_t> modifier = exported_modifier(display, surface);
  log_failure(vaDestroySurfaces(display, &surface, 1), "vaDestroySurfaces");
  return modifier;
}

}  // namespace av1hw
