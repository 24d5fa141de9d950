// SPDX-License-Identifier: LGPL-2.1-or-later
// A stand-in for libnvidia-encode.so.1: opens a session, or refuses it as AV1HW_STAND_IN tells it
// to.
#include <ffnvcodec/nvEncodeAPI.h>

#include "stand_in.h"

namespace {

int session;
int open_sessions = 0;

NVENCSTATUS open(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS* params, void** encoder) {
  if (params->version != NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER || !params->device)
    return NV_ENC_ERR_INVALID_PARAM;
  if (is_scenario("busy")) return NV_ENC_ERR_OUT_OF_MEMORY;
  if (is_scenario("no-encoder")) return NV_ENC_ERR_UNSUPPORTED_DEVICE;
  open_sessions++;
  *encoder = &session;
  return NV_ENC_SUCCESS;
}

NVENCSTATUS destroy(void*) {
  // Closing what is not open is a mistake that a real driver may crash on.
  if (open_sessions-- == 0) std::abort();
  return NV_ENC_SUCCESS;
}

NVENCSTATUS guid_count(void*, uint32_t* count) {
  *count = 2;
  return NV_ENC_SUCCESS;
}

NVENCSTATUS guids(void*, GUID* list, uint32_t size, uint32_t* count) {
  const GUID known[] = {NV_ENC_CODEC_H264_GUID,
                        is_scenario("no-av1") ? NV_ENC_CODEC_HEVC_GUID : NV_ENC_CODEC_AV1_GUID};
  for (*count = 0; *count < size && *count < 2; ++*count) list[*count] = known[*count];
  return NV_ENC_SUCCESS;
}

NVENCSTATUS format_count(void*, GUID, uint32_t* count) {
  *count = 2;
  return NV_ENC_SUCCESS;
}

NVENCSTATUS formats(void*, GUID, NV_ENC_BUFFER_FORMAT* list, uint32_t, uint32_t* count) {
  list[0] = NV_ENC_BUFFER_FORMAT_NV12;
  list[1] = NV_ENC_BUFFER_FORMAT_YUV420_10BIT;
  *count = 2;
  return NV_ENC_SUCCESS;
}

NVENCSTATUS caps(void*, GUID, NV_ENC_CAPS_PARAM* param, int* value) {
  switch (param->capsToQuery) {
  case NV_ENC_CAPS_WIDTH_MAX: *value = 8192; break;
  case NV_ENC_CAPS_HEIGHT_MAX: *value = 4096; break;
  case NV_ENC_CAPS_SUPPORT_10BIT_ENCODE: *value = 1; break;
  case NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES: *value = NV_ENC_PARAMS_RC_CBR; break;
  default: *value = 0;
  }
  return NV_ENC_SUCCESS;
}

}  // namespace

extern "C" STAND_IN NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t* version) {
  *version = is_scenario("old-driver") ? 11U << 4 : 13U << 4;
  return NV_ENC_SUCCESS;
}

extern "C" STAND_IN NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST* list) {
  if (is_scenario("old-driver")) return NV_ENC_ERR_INVALID_VERSION;
  list->nvEncOpenEncodeSessionEx = open;
  list->nvEncDestroyEncoder = destroy;
  list->nvEncGetEncodeGUIDCount = guid_count;
  list->nvEncGetEncodeGUIDs = guids;
  list->nvEncGetInputFormatCount = format_count;
  list->nvEncGetInputFormats = formats;
  list->nvEncGetEncodeCaps = caps;
  return NV_ENC_SUCCESS;
}
