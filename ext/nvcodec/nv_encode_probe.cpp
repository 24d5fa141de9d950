// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls of the NVENC probe: a session is opened, asked and closed.
#include "nvcodec/nv_encode_probe.h"

#include <algorithm>
#include <cstring>

namespace av1hw {
namespace {

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

}  // namespace

NvEncodeAnswers ask_nv_session(const NV_ENCODE_API_FUNCTION_LIST& functions, void* session) {
  NvEncodeAnswers answers;
  answers.has_av1 = has_av1(functions, session);
  if (!answers.has_av1) return answers;
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
  if (ask(NV_ENC_CAPS_SUPPORT_TEMPORAL_SVC))
    answers.temporal_layers = ask(NV_ENC_CAPS_NUM_MAX_TEMPORAL_LAYERS);
  answers.dynamic_bitrate = ask(NV_ENC_CAPS_SUPPORT_DYN_BITRATE_CHANGE);
  answers.engines = ask(NV_ENC_CAPS_NUM_ENCODER_ENGINES);
  answers.b_frames = ask(NV_ENC_CAPS_NUM_MAX_BFRAMES);
  answers.b_frame_references = ask(NV_ENC_CAPS_SUPPORT_BFRAME_REF_MODE);
  answers.multiple_references = ask(NV_ENC_CAPS_SUPPORT_MULTIPLE_REF_FRAMES);
  answers.custom_vbv = ask(NV_ENC_CAPS_SUPPORT_CUSTOM_VBV_BUF_SIZE);
  answers.temporal_aq = ask(NV_ENC_CAPS_SUPPORT_TEMPORAL_AQ);
  answers.intra_refresh = ask(NV_ENC_CAPS_SUPPORT_INTRA_REFRESH);
  answers.lossless = ask(NV_ENC_CAPS_SUPPORT_LOSSLESS_ENCODE);
  return answers;
}

std::optional<NvEncodeAnswers> ask_nv_encoder(const NvEncodeLibrary& library, CUcontext context) {
  const NV_ENCODE_API_FUNCTION_LIST& functions = library.functions();
  if (missing_nvenc_function(functions, false)) return std::nullopt;
  NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS params = {};
  params.version = NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS_VER;
  params.deviceType = NV_ENC_DEVICE_TYPE_CUDA;
  params.device = context;
  params.apiVersion = NVENCAPI_VERSION;
  void* session = nullptr;
  const NVENCSTATUS status = functions.nvEncOpenEncodeSessionEx(&params, &session);
  NvEncodeAnswers answers;
  if (status == NV_ENC_SUCCESS) answers = ask_nv_session(functions, session);
  answers.open_status = status;
  // NVENC asks for this even after a failed open, where it gave a handle.
  if (session) functions.nvEncDestroyEncoder(session);
  return answers;
}

}  // namespace av1hw
