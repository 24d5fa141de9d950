// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of the NVENC probe: a session is opened, asked and closed.
#include "nvcodec/nv_encode_probe.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace av1hw {
namespace {

using CreateInstance = NVENCSTATUS(NV_ENCODE_API_FUNCTION_LIST*);
using GetMaxVersion = NVENCSTATUS(uint32_t*);

// A GPU has a handful of codecs and a few dozen formats; more is not a number to allocate.
constexpr uint32_t list_limit = 256;

bool has_av1(const NV_ENCODE_API_FUNCTION_LIST& functions, void* session) {
  uint32_t count = 0;
  if (functions.nvEncGetEncodeGUIDCount(session, &count) != NV_ENC_SUCCESS) return false;
  std::vector<GUID> guids(std::min(count, list_limit));
  if (functions.nvEncGetEncodeGUIDs(session, guids.data(), static_cast<uint32_t>(guids.size()),
                                    &count) != NV_ENC_SUCCESS)
    return false;
  guids.resize(std::min<size_t>(count, guids.size()));
  return std::any_of(guids.begin(), guids.end(), [](const GUID& guid) {
    return std::memcmp(&guid, &NV_ENC_CODEC_AV1_GUID, sizeof guid) == 0;
  });
}

std::vector<NV_ENC_BUFFER_FORMAT> input_formats(const NV_ENCODE_API_FUNCTION_LIST& functions,
                                                void* session) {
  uint32_t count = 0;
  if (functions.nvEncGetInputFormatCount(session, NV_ENC_CODEC_AV1_GUID, &count) != NV_ENC_SUCCESS)
    return {};
  std::vector<NV_ENC_BUFFER_FORMAT> formats(std::min(count, list_limit));
  if (functions.nvEncGetInputFormats(session, NV_ENC_CODEC_AV1_GUID, formats.data(),
                                     static_cast<uint32_t>(formats.size()),
                                     &count) != NV_ENC_SUCCESS)
    return {};
  formats.resize(std::min<size_t>(count, formats.size()));
  return formats;
}

int ask_cap(const NV_ENCODE_API_FUNCTION_LIST& functions, void* session, NV_ENC_CAPS cap) {
  NV_ENC_CAPS_PARAM param = {};
  param.version = NV_ENC_CAPS_PARAM_VER;
  param.capsToQuery = cap;
  int value = 0;
  const NVENCSTATUS status =
      functions.nvEncGetEncodeCaps(session, NV_ENC_CODEC_AV1_GUID, &param, &value);
  return status == NV_ENC_SUCCESS ? value : 0;
}

void ask_session(const NV_ENCODE_API_FUNCTION_LIST& functions, void* session,
                 NvEncodeAnswers& answers) {
  answers.has_av1 = has_av1(functions, session);
  if (!answers.has_av1) return;
  answers.input_formats = input_formats(functions, session);
  const auto ask = [&](NV_ENC_CAPS cap) { return ask_cap(functions, session, cap); };
  answers.min_width = ask(NV_ENC_CAPS_WIDTH_MIN);
  answers.min_height = ask(NV_ENC_CAPS_HEIGHT_MIN);
  answers.max_width = ask(NV_ENC_CAPS_WIDTH_MAX);
  answers.max_height = ask(NV_ENC_CAPS_HEIGHT_MAX);
  answers.rate_control_modes = ask(NV_ENC_CAPS_SUPPORTED_RATECONTROL_MODES);
  answers.ten_bit = ask(NV_ENC_CAPS_SUPPORT_10BIT_ENCODE);
  answers.yuv444 = ask(NV_ENC_CAPS_SUPPORT_YUV444_ENCODE);
  answers.lookahead = ask(NV_ENC_CAPS_SUPPORT_LOOKAHEAD);
  answers.temporal_layers = ask(NV_ENC_CAPS_NUM_MAX_TEMPORAL_LAYERS);
  answers.dynamic_bitrate = ask(NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE);
  answers.engines = ask(NV_ENC_CAPS_NUM_ENCODER_ENGINES);
}

// A driver that answers with an empty entry would be called at address 0.
bool is_complete(const NV_ENCODE_API_FUNCTION_LIST& functions) {
  return functions.nvEncOpenEncodeSessionEx && functions.nvEncDestroyEncoder &&
         functions.nvEncGetEncodeGUIDCount && functions.nvEncGetEncodeGUIDs &&
         functions.nvEncGetInputFormatCount && functions.nvEncGetInputFormats &&
         functions.nvEncGetEncodeCaps;
}

}  // namespace

Result<NvEncodeLibrary> NvEncodeLibrary::open() {
  static constexpr const char* name = "libnvidia-encode.so.1";
  Result<DynamicLibrary> opened = DynamicLibrary::open(name);
  if (!opened) return std::unexpected(opened.error());
  NvEncodeLibrary library(std::move(*opened));
  GetMaxVersion* get_max_version = nullptr;
  CreateInstance* create_instance = nullptr;
  if (!library.library_.find("NvEncodeAPIGetMaxSupportedVersion", get_max_version) ||
      !library.library_.find("NvEncodeAPICreateInstance", create_instance) ||
      get_max_version(&library.max_version_) != NV_ENC_SUCCESS) {
    return fail(ErrorCode::Unavailable,
                std::string(name) + " is too old to be asked: update NVIDIA's driver");
  }
  // A driver older than the headers refuses the table; max_version() then says so.
  library.functions_.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  create_instance(&library.functions_);
  return library;
}

std::optional<NvEncodeAnswers> ask_nv_encoder(const NvEncodeLibrary& library, CUcontext context) {
  const NV_ENCODE_API_FUNCTION_LIST& functions = library.functions();
  if (!is_complete(functions)) return std::nullopt;
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS params = {};
  params.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  params.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  params.device = context;
  params.apiVersion = NVENCAPI_VERSION;
  NvEncodeAnswers answers;
  void* session = nullptr;
  answers.open_status = functions.nvEncOpenEncodeSessionEx(&params, &session);
  if (answers.open_status == NV_ENC_SUCCESS) ask_session(functions, session, answers);
  // NVENC asks for this even after a failed open, where it gave a handle.
  if (session) functions.nvEncDestroyEncoder(session);
  return answers;
}

}  // namespace av1hw
