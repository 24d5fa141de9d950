// SPDX-License-Identifier: LGPL-2.1-or-later
// Surfaces: made, imported, exported, waited for.
#include <va/va_drmcommon.h>

#include <algorithm>
#include <chrono>

#include "refdrv/va/driver.h"
#include "refdrv/va/tiling.h"

namespace refdrv::va {

namespace {

constexpr int most_surfaces_a_call = 256;

// What a client asks of the surfaces to make.
struct Request {
  const PixelFormat* format = nullptr;
  Size size;
  uint32_t memory_type = VA_SURFACE_ATTRIB_MEM_TYPE_VA;
  const VADRMPRIMESurfaceDescriptor* external = nullptr;  // as many as surfaces
  const VADRMFormatModifierList* modifiers = nullptr;
};

VAStatus read_attribute(Call& call, const VASurfaceAttrib& attribute, Request& request) {
  const auto wanted = attribute.type == VASurfaceAttribExternalBufferDescriptor ||
                              attribute.type == VASurfaceAttribDRMFormatModifiers
                          ? VAGenericValueTypePointer
                          : VAGenericValueTypeInteger;
  if (attribute.value.type != wanted) {
    return call.misuse(std::format("attribute {} has a value of type {}",
                                   static_cast<int>(attribute.type),
                                   static_cast<int>(attribute.value.type)));
  }
  const auto integer = static_cast<uint32_t>(attribute.value.value.i);
  switch (attribute.type) {
  case VASurfaceAttribPixelFormat:
    request.format = find_format(integer);
    return request.format && std::ranges::contains(call.profile().formats, integer)
               ? VA_STATUS_SUCCESS
               : VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
  case VASurfaceAttribMemoryType: request.memory_type = integer; return VA_STATUS_SUCCESS;
  case VASurfaceAttribUsageHint: return VA_STATUS_SUCCESS;
  case VASurfaceAttribExternalBufferDescriptor:
    request.external = static_cast<const VADRMPRIMESurfaceDescriptor*>(attribute.value.value.p);
    return VA_STATUS_SUCCESS;
  case VASurfaceAttribDRMFormatModifiers:
    request.modifiers = static_cast<const VADRMFormatModifierList*>(attribute.value.value.p);
    return VA_STATUS_SUCCESS;
  default: return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
  }
}

VAStatus read_request(Call& call, unsigned rt_format, const VASurfaceAttrib* list, unsigned count,
                      Request& request) {
  for (unsigned i = 0; i < count; i++) {
    if (!(list[i].flags & VA_SURFACE_ATTRIB_SETTABLE)) continue;
    if (const VAStatus status = read_attribute(call, list[i], request)) return status;
  }
  const PixelFormat* by_rt = find_rt_format(rt_format);
  if (!request.format) request.format = by_rt;
  if (!by_rt || !request.format) return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
  if (request.format != by_rt) {
    return call.misuse(std::format("surfaces of fourcc {:#x} as render target format {:#x}",
                                   request.format->fourcc, rt_format));
  }
  if (request.size.width == 0 || request.size.height == 0) return call.misuse("an empty surface");
  if (request.size.width > call.profile().max_size.width ||
      request.size.height > call.profile().max_size.height) {
    return VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED;
  }
  if (request.memory_type == VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2) return VA_STATUS_SUCCESS;
  if (request.memory_type != VA_SURFACE_ATTRIB_MEM_TYPE_VA) {
    return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
  }
  return request.external ? call.misuse("external buffers for memory of the driver's own")
                          : VA_STATUS_SUCCESS;
}

// The device's first choice of what the client can take.
VAStatus choose_modifier(Call& call, const Request& request, uint64_t& modifier) {
  const auto& known = call.profile().modifiers;
  if (!request.modifiers || !call.profile().modifier_lists) {
    modifier = known.empty() ? modifier_linear : known.front();
    return VA_STATUS_SUCCESS;
  }
  if (!request.modifiers->modifiers || request.modifiers->num_modifiers == 0) {
    return call.misuse("an empty list of modifiers");
  }
  const std::span list(request.modifiers->modifiers, request.modifiers->num_modifiers);
  for (const uint64_t candidate : known) {
    if (!std::ranges::contains(list, candidate)) continue;
    modifier = candidate;
    return VA_STATUS_SUCCESS;
  }
  return VA_STATUS_ERROR_INVALID_PARAMETER;
}

Result<std::shared_ptr<Surface>> allocate(Call& call, const Request& request, uint64_t modifier) {
  const SurfaceLayout layout =
      device_layout(call.profile(), *request.format, request.size, modifier);
  auto memory = SharedMemory::allocate(layout.size);
  if (!memory) return std::unexpected(memory.error());
  auto surface = std::make_shared<Surface>(layout, std::move(*memory));
  if (call.machine().null_mode()) surface->fill(0x80);
  return surface;
}

// One layer of two planes, or two layers of one.
Result<> read_planes(const VADRMPRIMESurfaceDescriptor& from, SurfaceLayout& layout) {
  const bool composed = from.num_layers == 1 && from.layers[0].num_planes == 2 &&
                        from.layers[0].drm_format == layout.format->drm_format;
  const bool separate =
      from.num_layers == 2 && from.layers[0].num_planes == 1 && from.layers[1].num_planes == 1;
  if (!composed && !separate) return client_fault("layers that do not make the surface's planes");
  for (unsigned plane = 0; plane < layout.planes.size(); plane++) {
    const auto& layer = from.layers[separate ? plane : 0];
    const unsigned index = separate ? 0 : plane;
    if (layer.object_index[index] != 0) return fault(Fault::Unsupported, "several objects");
    layout.planes[plane].offset = layer.offset[index];
    layout.planes[plane].pitch = layer.pitch[index];
  }
  return {};
}

Result<std::shared_ptr<Surface>> import(Call& call, const Request& request,
                                        const VADRMPRIMESurfaceDescriptor& from) {
  if (from.num_objects != 1) return fault(Fault::Unsupported, "several objects");
  const uint64_t modifier = from.objects[0].drm_format_modifier;
  if (!std::ranges::contains(call.profile().modifiers, modifier)) {
    return fault(Fault::Unsupported, "the modifier");
  }
  if (from.fourcc != request.format->fourcc || from.width != request.size.width ||
      from.height != request.size.height) {
    return client_fault("the descriptor and the surface differ in format or size");
  }
  SurfaceLayout layout = device_layout(call.profile(), *request.format, request.size, modifier);
  if (const auto read = read_planes(from, layout); !read) return std::unexpected(read.error());
  auto memory = SharedMemory::import(from.objects[0].fd);
  if (!memory) return std::unexpected(memory.error());
  const TileShape tile = tile_shape(modifier);
  for (const SurfacePlane& plane : layout.planes) {
    if (plane.pitch < plane.row_bytes || plane.pitch % tile.width != 0 ||
        plane.offset > memory->size() ||
        plane_size(plane, modifier) > memory->size() - plane.offset) {
      return client_fault(std::format("a plane at {} with pitch {} is not inside {} bytes",
                                      plane.offset, plane.pitch, memory->size()));
    }
  }
  call.machine().counters().add("imports");
  return std::make_shared<Surface>(layout, std::move(*memory));
}

VAStatus create_surfaces2(VADriverContextP context, unsigned format, unsigned width,
                          unsigned height, VASurfaceID* ids, unsigned count, VASurfaceAttrib* list,
                          unsigned attributes) {
  Call call(context, "vaCreateSurfaces");
  if (call.status) return call.status;
  if (!ids || count == 0 || count > most_surfaces_a_call) return call.misuse("no surfaces");
  Request request{.format = nullptr, .size = {width, height}};
  if (const VAStatus status = read_request(call, format, list, attributes, request)) return status;
  uint64_t modifier = 0;
  if (const VAStatus status = choose_modifier(call, request, modifier)) return status;
  const unsigned limit = call.machine().surface_limit();
  if (limit != 0 && live_surfaces() + count > limit) return VA_STATUS_ERROR_ALLOCATION_FAILED;
  std::vector<std::shared_ptr<Surface>> made;
  for (unsigned i = 0; i < count; i++) {
    auto surface = request.external ? import(call, request, request.external[i])
                                    : allocate(call, request, modifier);
    if (!surface) return call.failure(surface.error());
    made.push_back(std::move(*surface));
  }
  for (unsigned i = 0; i < count; i++) ids[i] = call.driver().surfaces.add(made[i]);
  call.machine().counters().raise("most_surfaces", live_surfaces() += count);
  return VA_STATUS_SUCCESS;
}

VAStatus create_surfaces(VADriverContextP context, int width, int height, int format, int count,
                         VASurfaceID* ids) {
  if (width < 0 || height < 0 || count < 0) return VA_STATUS_ERROR_INVALID_PARAMETER;
  return create_surfaces2(context, static_cast<unsigned>(format), static_cast<unsigned>(width),
                          static_cast<unsigned>(height), ids, static_cast<unsigned>(count), nullptr,
                          0);
}

VAStatus destroy_surfaces(VADriverContextP context, VASurfaceID* ids, int count) {
  Call call(context, "vaDestroySurfaces");
  if (call.status) return call.status;
  for (int i = 0; i < count; i++) {
    if (!call.surface(ids[i])) return call.status;
    call.driver().surfaces.remove(ids[i]);
    live_surfaces()--;
  }
  return VA_STATUS_SUCCESS;
}

VAStatus wait_for(Call& call, VASurfaceID id) {
  const auto surface = call.surface(id);
  if (!surface) return call.status;
  call.wait_until(surface->busy_until());
  surface->finish();
  return surface->content() == Surface::Content::Damaged ? VA_STATUS_ERROR_DECODING_ERROR
                                                         : VA_STATUS_SUCCESS;
}

VAStatus sync_surface(VADriverContextP context, VASurfaceID id) {
  Call call(context, "vaSyncSurface");
  return call.status ? call.status : wait_for(call, id);
}

// A hang that the fault script has is over by then, but lasted too long.
VAStatus sync_surface2(VADriverContextP context, VASurfaceID id, uint64_t timeout_ns) {
  const auto begin = std::chrono::steady_clock::now();
  Call call(context, "vaSyncSurface2");
  if (call.status) return call.status;
  const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - begin;
  if (timeout_ns != VA_TIMEOUT_INFINITE && timeout_ns != 0 &&
      static_cast<uint64_t>(passed.count()) > timeout_ns) {
    return VA_STATUS_ERROR_TIMEDOUT;
  }
  return wait_for(call, id);
}

VAStatus query_status(VADriverContextP context, VASurfaceID id, VASurfaceStatus* status) {
  Call call(context, "vaQuerySurfaceStatus");
  if (call.status) return call.status;
  const auto surface = call.surface(id);
  if (!surface) return call.status;
  surface->finish();
  const bool busy = std::chrono::steady_clock::now() < surface->busy_until();
  *status = busy ? VASurfaceRendering : VASurfaceReady;
  return VA_STATUS_SUCCESS;
}

VAStatus query_error(VADriverContextP context, VASurfaceID id, VAStatus status, void** info) {
  Call call(context, "vaQuerySurfaceError");
  if (call.status || !call.surface(id)) return call.status;
  if (status != VA_STATUS_ERROR_DECODING_ERROR) return call.misuse("no decoding error");
  static VASurfaceDecodeMBErrors none = {.status = -1,
                                         .start_mb = 0,
                                         .end_mb = 0,
                                         .decode_error_type = VADecodeMBError,
                                         .num_mb = 0,
                                         .va_reserved = {}};
  *info = &none;
  return VA_STATUS_SUCCESS;
}

void describe_layers(const SurfaceLayout& layout, bool separate, VADRMPRIMESurfaceDescriptor& to) {
  to.num_layers = separate ? 2 : 1;
  for (unsigned plane = 0; plane < layout.planes.size(); plane++) {
    auto& layer = to.layers[separate ? plane : 0];
    layer.drm_format = separate ? layout.format->drm_layers[plane] : layout.format->drm_format;
    layer.num_planes = separate ? 1 : 2;
    const unsigned index = separate ? 0 : plane;
    layer.offset[index] = static_cast<uint32_t>(layout.planes[plane].offset);
    layer.pitch[index] = static_cast<uint32_t>(layout.planes[plane].pitch);
  }
}

VAStatus export_surface(VADriverContextP context, VASurfaceID id, uint32_t memory_type,
                        uint32_t flags, void* descriptor) {
  Call call(context, "vaExportSurfaceHandle");
  if (call.status) return call.status;
  const auto surface = call.surface(id);
  if (!surface) return call.status;
  if (memory_type != VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2) {
    return VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE;
  }
  const bool separate = flags & VA_EXPORT_SURFACE_SEPARATE_LAYERS;
  const bool composed = flags & VA_EXPORT_SURFACE_COMPOSED_LAYERS;
  if (separate == composed || !(flags & VA_EXPORT_SURFACE_READ_WRITE)) {
    return call.misuse(
        std::format("flags {:#x}: one kind of layers, and reading or writing", flags));
  }
  const SurfaceLayout& layout = surface->layout();
  auto& out = *static_cast<VADRMPRIMESurfaceDescriptor*>(descriptor);
  out = {};
  out.fourcc = layout.format->fourcc;
  out.width = layout.width;
  out.height = layout.height;
  out.num_objects = 1;
  out.objects[0].fd = surface->memory().duplicate();
  out.objects[0].size = static_cast<uint32_t>(surface->memory().size());
  out.objects[0].drm_format_modifier = layout.modifier;
  describe_layers(layout, separate, out);
  call.machine().counters().add("exports");
  return out.objects[0].fd >= 0 ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_ALLOCATION_FAILED;
}

}  // namespace

void set_surface_functions(VADriverVTable& table) {
  table.vaCreateSurfaces = create_surfaces;
  table.vaCreateSurfaces2 = create_surfaces2;
  table.vaDestroySurfaces = destroy_surfaces;
  table.vaSyncSurface = sync_surface;
  table.vaSyncSurface2 = sync_surface2;
  table.vaQuerySurfaceStatus = query_status;
  table.vaQuerySurfaceError = query_error;
  table.vaExportSurfaceHandle = export_surface;
}

}  // namespace refdrv::va
