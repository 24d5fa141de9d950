// SPDX-License-Identifier: LGPL-2.1-or-later
// What the device can do: profiles, entry points, configurations and their surfaces.
#include <va/va_drmcommon.h>

#include <algorithm>

#include "refdrv/va/driver.h"

namespace refdrv::va {

namespace {

// Encoding is nothing that this driver does, whatever its device would.
bool decodes(const DeviceProfile& profile) {
  return profile.has_entry_point("VLD") && std::ranges::contains(profile.av1_profiles, 0U);
}

unsigned rt_formats(const DeviceProfile& profile) {
  unsigned formats = 0;
  for (const uint32_t fourcc : profile.formats) {
    const PixelFormat* format = find_format(fourcc);
    if (format && profile.decodes(0, format->bit_depth)) formats |= format->rt_format;
  }
  return formats;
}

VAStatus check_pair(const DeviceProfile& device, VAProfile profile, VAEntrypoint entrypoint) {
  if (profile == VAProfileNone) {
    return entrypoint == VAEntrypointVideoProc ? VA_STATUS_SUCCESS
                                               : VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT;
  }
  if (profile != VAProfileAV1Profile0 || !decodes(device)) {
    return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
  }
  return entrypoint == VAEntrypointVLD ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT;
}

VAStatus query_profiles(VADriverContextP context, VAProfile* list, int* count) {
  Call call(context, "vaQueryConfigProfiles");
  if (call.status) return call.status;
  *count = 0;
  list[(*count)++] = VAProfileNone;
  if (decodes(call.profile())) list[(*count)++] = VAProfileAV1Profile0;
  return VA_STATUS_SUCCESS;
}

VAStatus query_entrypoints(VADriverContextP context, VAProfile profile, VAEntrypoint* list,
                           int* count) {
  Call call(context, "vaQueryConfigEntrypoints");
  if (call.status) return call.status;
  const auto entrypoint = profile == VAProfileNone ? VAEntrypointVideoProc : VAEntrypointVLD;
  const VAStatus supported = check_pair(call.profile(), profile, entrypoint);
  *count = supported ? 0 : 1;
  if (!supported) list[0] = entrypoint;
  return supported;
}

uint32_t attribute_value(const DeviceProfile& device, VAConfigAttribType type) {
  switch (type) {
  case VAConfigAttribRTFormat: return rt_formats(device);
  case VAConfigAttribMaxPictureWidth: return device.max_size.width;
  case VAConfigAttribMaxPictureHeight: return device.max_size.height;
  case VAConfigAttribDecSliceMode: return VA_DEC_SLICE_MODE_NORMAL;
  case VAConfigAttribDecAV1Features: return 0;  // no large scale tiles
  default: return VA_ATTRIB_NOT_SUPPORTED;
  }
}

VAStatus get_attributes(VADriverContextP context, VAProfile profile, VAEntrypoint entrypoint,
                        VAConfigAttrib* list, int count) {
  Call call(context, "vaGetConfigAttributes");
  if (call.status) return call.status;
  if (const VAStatus status = check_pair(call.profile(), profile, entrypoint)) return status;
  for (int i = 0; i < count; i++) list[i].value = attribute_value(call.profile(), list[i].type);
  return VA_STATUS_SUCCESS;
}

VAStatus create_config(VADriverContextP context, VAProfile profile, VAEntrypoint entrypoint,
                       VAConfigAttrib* list, int count, VAConfigID* id) {
  Call call(context, "vaCreateConfig");
  if (call.status) return call.status;
  if (const VAStatus status = check_pair(call.profile(), profile, entrypoint)) return status;
  const unsigned offered = rt_formats(call.profile());
  auto config = std::make_shared<Config>();
  config->profile = profile;
  config->entrypoint = entrypoint;
  config->rt_formats = offered;
  for (int i = 0; i < count; i++) {
    if (list[i].type != VAConfigAttribRTFormat) continue;
    if (!(list[i].value & offered)) return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
    config->rt_formats = list[i].value & offered;
  }
  *id = call.driver().configs.add(std::move(config));
  return VA_STATUS_SUCCESS;
}

VAStatus destroy_config(VADriverContextP context, VAConfigID id) {
  Call call(context, "vaDestroyConfig");
  if (call.status || !call.config(id)) return call.status;
  call.driver().configs.remove(id);
  return VA_STATUS_SUCCESS;
}

VAStatus query_config(VADriverContextP context, VAConfigID id, VAProfile* profile,
                      VAEntrypoint* entrypoint, VAConfigAttrib* list, int* count) {
  Call call(context, "vaQueryConfigAttributes");
  if (call.status) return call.status;
  const auto config = call.config(id);
  if (!config) return call.status;
  *profile = config->profile;
  *entrypoint = config->entrypoint;
  list[0] = {VAConfigAttribRTFormat, config->rt_formats};
  *count = 1;
  return VA_STATUS_SUCCESS;
}

VASurfaceAttrib integer(VASurfaceAttribType type, uint32_t value, uint32_t settable = 0) {
  VASurfaceAttrib attribute = {};
  attribute.type = type;
  attribute.flags = VA_SURFACE_ATTRIB_GETTABLE | settable;
  attribute.value.type = VAGenericValueTypeInteger;
  attribute.value.value.i = static_cast<int>(value);
  return attribute;
}

VASurfaceAttrib pointer(VASurfaceAttribType type) {
  VASurfaceAttrib attribute = {};
  attribute.type = type;
  attribute.flags = VA_SURFACE_ATTRIB_SETTABLE;
  attribute.value.type = VAGenericValueTypePointer;
  return attribute;
}

std::vector<VASurfaceAttrib> surface_attributes(const DeviceProfile& device, const Config& config) {
  std::vector<VASurfaceAttrib> list;
  for (const uint32_t fourcc : device.formats) {
    const PixelFormat* format = find_format(fourcc);
    if (!format || !(format->rt_format & config.rt_formats)) continue;
    list.push_back(integer(VASurfaceAttribPixelFormat, fourcc, VA_SURFACE_ATTRIB_SETTABLE));
  }
  list.push_back(integer(VASurfaceAttribMinWidth, device.min_size.width));
  list.push_back(integer(VASurfaceAttribMinHeight, device.min_size.height));
  list.push_back(integer(VASurfaceAttribMaxWidth, device.max_size.width));
  list.push_back(integer(VASurfaceAttribMaxHeight, device.max_size.height));
  list.push_back(integer(VASurfaceAttribMemoryType,
                         VA_SURFACE_ATTRIB_MEM_TYPE_VA | VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2,
                         VA_SURFACE_ATTRIB_SETTABLE));
  list.push_back(pointer(VASurfaceAttribExternalBufferDescriptor));
  if (device.modifier_lists) list.push_back(pointer(VASurfaceAttribDRMFormatModifiers));
  return list;
}

VAStatus query_surface_attributes(VADriverContextP context, VAConfigID id, VASurfaceAttrib* list,
                                  unsigned* count) {
  Call call(context, "vaQuerySurfaceAttributes");
  if (call.status) return call.status;
  const auto config = call.config(id);
  if (!config) return call.status;
  const auto attributes = surface_attributes(call.profile(), *config);
  const unsigned room = *count;
  *count = static_cast<unsigned>(attributes.size());
  if (!list) return VA_STATUS_SUCCESS;
  if (room < attributes.size()) return VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
  std::ranges::copy(attributes, list);
  return VA_STATUS_SUCCESS;
}

VAStatus get_surface_attributes(VADriverContextP, VAConfigID, VASurfaceAttrib*, unsigned) {
  return VA_STATUS_ERROR_UNIMPLEMENTED;
}

}  // namespace

void set_config_functions(VADriverVTable& table) {
  table.vaQueryConfigProfiles = query_profiles;
  table.vaQueryConfigEntrypoints = query_entrypoints;
  table.vaGetConfigAttributes = get_attributes;
  table.vaCreateConfig = create_config;
  table.vaDestroyConfig = destroy_config;
  table.vaQueryConfigAttributes = query_config;
  table.vaQuerySurfaceAttributes = query_surface_attributes;
  table.vaGetSurfaceAttributes = get_surface_attributes;
}

}  // namespace refdrv::va
