// SPDX-License-Identifier: LGPL-2.1-or-later
// What the device can do: profiles, entry points, configurations and their surfaces.
#include <va/va_drmcommon.h>

#include <algorithm>
#include <bit>

#include "refdrv/va/driver.h"
#include "refdrv/va/encode_capabilities.h"

namespace refdrv::va {

namespace {

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
  if (profile != VAProfileAV1Profile0 || !std::ranges::contains(device.av1_profiles, 0U)) {
    return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
  }
  const bool supported =
      entrypoint == VAEntrypointVLD ? decodes(device) : encodes(device, entrypoint);
  return supported ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT;
}

VAStatus query_profiles(VADriverContextP context, VAProfile* list, int* count) {
  Call call(context, "vaQueryConfigProfiles");
  if (call.status) return call.status;
  *count = 0;
  list[(*count)++] = VAProfileNone;
  if (!call.profile().entry_points.empty() &&
      std::ranges::contains(call.profile().av1_profiles, 0U)) {
    list[(*count)++] = VAProfileAV1Profile0;
  }
  return VA_STATUS_SUCCESS;
}

VAStatus query_entrypoints(VADriverContextP context, VAProfile profile, VAEntrypoint* list,
                           int* count) {
  Call call(context, "vaQueryConfigEntrypoints");
  if (call.status) return call.status;
  *count = 0;
  VAStatus supported = VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
  for (const auto candidate :
       {VAEntrypointVideoProc, VAEntrypointVLD, VAEntrypointEncSlice, VAEntrypointEncSliceLP}) {
    supported = check_pair(call.profile(), profile, candidate);
    if (supported == VA_STATUS_ERROR_UNSUPPORTED_PROFILE) return supported;
    if (supported == VA_STATUS_SUCCESS) list[(*count)++] = candidate;
  }
  return VA_STATUS_SUCCESS;
}

uint32_t attribute_value(const DeviceProfile& device, VAEntrypoint entrypoint,
                         VAConfigAttribType type) {
  if (is_encode_entrypoint(entrypoint) && type != VAConfigAttribRTFormat) {
    return encode_attribute(device.encoder, type);
  }
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
  for (int i = 0; i < count; i++) {
    list[i].value = attribute_value(call.profile(), entrypoint, list[i].type);
  }
  return VA_STATUS_SUCCESS;
}

// What a client chooses of an encoder must be there.
VAStatus set_encode_attribute(Call& call, Config& config, const VAConfigAttrib& attribute) {
  const EncoderProfile& encoder = call.profile().encoder;
  const bool is_rate = attribute.type == VAConfigAttribRateControl;
  if (!is_rate && attribute.type != VAConfigAttribEncPackedHeaders) return VA_STATUS_SUCCESS;
  const uint32_t offered = is_rate ? rate_controls(encoder) : packed_headers(encoder);
  if (attribute.value & ~offered) {
    return call.misuse(std::format("attribute {} is {:#x}, of which the device has {:#x}",
                                   static_cast<int>(attribute.type), attribute.value, offered),
                       VA_STATUS_ERROR_INVALID_CONFIG);
  }
  if (!is_rate) {
    config.packed_headers = attribute.value;
    return VA_STATUS_SUCCESS;
  }
  if (std::popcount(attribute.value) != 1) {
    return call.misuse(std::format("rate control {:#x} is not one mode", attribute.value),
                       VA_STATUS_ERROR_INVALID_CONFIG);
  }
  config.rate_control = attribute.value;
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
    if (list[i].type == VAConfigAttribRTFormat) {
      if (!(list[i].value & offered)) return VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
      config->rt_formats = list[i].value & offered;
    } else if (is_encode_entrypoint(entrypoint)) {
      const VAStatus status = set_encode_attribute(call, *config, list[i]);
      if (status) return status;
    }
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
  *count = 0;
  list[(*count)++] = {VAConfigAttribRTFormat, config->rt_formats};
  if (is_encode_entrypoint(config->entrypoint)) {
    list[(*count)++] = {VAConfigAttribRateControl, config->rate_control};
    list[(*count)++] = {VAConfigAttribEncPackedHeaders, config->packed_headers};
  }
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
  const bool is_encoder = is_encode_entrypoint(config.entrypoint);
  const Size least = is_encoder ? device.encoder.min_size : device.min_size;
  const Size most = is_encoder ? device.encoder.max_size : device.max_size;
  list.push_back(integer(VASurfaceAttribMinWidth, least.width));
  list.push_back(integer(VASurfaceAttribMinHeight, least.height));
  list.push_back(integer(VASurfaceAttribMaxWidth, most.width));
  list.push_back(integer(VASurfaceAttribMaxHeight, most.height));
  if (const uint32_t alignment = surface_alignment(device.encoder); is_encoder && alignment != 0) {
    list.push_back(integer(VASurfaceAttribAlignmentSize, alignment));
  }
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
