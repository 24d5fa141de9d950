// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells resources that are used up from devices that are gone, and both from failures.
#include "nvcodec/nv_error.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace av1hw {
namespace {

struct Meaning {
  int status;
  ErrorCode code;
  const char* text;
};

// Values of CUresult (CUDA driver API reference, "Data types"); the dynlink headers name few of
// them.
constexpr std::array<Meaning, 19> meanings = {{
    {1, ErrorCode::Failed, "a parameter is not valid"},
    {2, ErrorCode::Busy,
     "out of GPU memory, or of decode sessions: end another decode, or use another GPU"},
    {3, ErrorCode::DeviceLost, "CUDA is not running in this process"},
    {4, ErrorCode::DeviceLost, "CUDA is shutting down"},
    {46, ErrorCode::DeviceLost, "the GPU stopped answering"},
    {100, ErrorCode::Unavailable, "no NVIDIA GPU is visible"},
    {101, ErrorCode::Unavailable, "there is no such GPU"},
    {201, ErrorCode::DeviceLost, "the CUDA context is gone"},
    {205, ErrorCode::Busy, "the picture could not be mapped"},
    {214, ErrorCode::DeviceLost, "the GPU's memory has an error that can't be corrected"},
    {400, ErrorCode::Failed, "a handle is not valid"},
    {700, ErrorCode::DeviceLost, "the GPU met an illegal address"},
    {702, ErrorCode::DeviceLost, "the GPU took too long, and was reset"},
    {709, ErrorCode::DeviceLost, "the CUDA context was destroyed"},
    {714, ErrorCode::DeviceLost, "the GPU has a hardware error"},
    {719, ErrorCode::DeviceLost, "the GPU failed, and must be opened anew"},
    {801, ErrorCode::NotSupported, "this GPU or driver can't do that"},
    {802, ErrorCode::Unavailable, "the GPU is not ready yet"},
    {999, ErrorCode::DeviceLost, "the driver gives no reason"},
}};

constexpr std::array<Meaning, 19> encode_meanings = {{
    {NV_ENC_ERR_NO_ENCODE_DEVICE, ErrorCode::NotSupported, "this GPU has no video encoder"},
    {NV_ENC_ERR_UNSUPPORTED_DEVICE, ErrorCode::NotSupported, "this GPU has no video encoder"},
    {NV_ENC_ERR_INVALID_ENCODERDEVICE, ErrorCode::Failed, "the encoder is not valid"},
    {NV_ENC_ERR_INVALID_DEVICE, ErrorCode::Failed, "the CUDA context is not valid"},
    {NV_ENC_ERR_DEVICE_NOT_EXIST, ErrorCode::DeviceLost,
     "the GPU is gone, and must be opened anew"},
    {NV_ENC_ERR_INVALID_PTR, ErrorCode::Failed, "a parameter is not valid"},
    {NV_ENC_ERR_INVALID_PARAM, ErrorCode::Failed, "a parameter is not valid"},
    {NV_ENC_ERR_INVALID_CALL, ErrorCode::Failed, "the call is out of order"},
    {NV_ENC_ERR_OUT_OF_MEMORY, ErrorCode::Busy,
     "out of GPU memory, or of encode sessions: end another encode, or use another GPU"},
    {NV_ENC_ERR_ENCODER_NOT_INITIALIZED, ErrorCode::Failed, "the encoder was not started"},
    {NV_ENC_ERR_UNSUPPORTED_PARAM, ErrorCode::NotSupported, "this GPU or driver can't do that"},
    {NV_ENC_ERR_LOCK_BUSY, ErrorCode::Busy, "the encoder is in use"},
    {NV_ENC_ERR_ENCODER_BUSY, ErrorCode::Busy, "the encoder is in use"},
    {NV_ENC_ERR_INVALID_VERSION, ErrorCode::Unavailable,
     "the driver is older than this build: update NVIDIA's driver"},
    {NV_ENC_ERR_MAP_FAILED, ErrorCode::Failed, "the picture could not be mapped"},
    {NV_ENC_ERR_GENERIC, ErrorCode::Failed, "the driver gives no reason"},
    {NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY, ErrorCode::NotSupported,
     "the driver is not licensed for that"},
    {NV_ENC_ERR_UNIMPLEMENTED, ErrorCode::NotSupported, "this GPU or driver can't do that"},
    {NV_ENC_ERR_RESOURCE_REGISTER_FAILED, ErrorCode::Failed, "the memory can't be registered"},
}};

}  // namespace

Error nvenc_error(const char* call, NVENCSTATUS status, std::string_view detail) {
  const auto found = std::ranges::find(encode_meanings, static_cast<int>(status), &Meaning::status);
  std::string where = std::string(" (") + call + " answered " + std::to_string(status);
  if (!detail.empty()) where += std::string(", \"") + std::string(detail) + "\"";
  where += ")";
  if (found == encode_meanings.end()) return {ErrorCode::Failed, "NVIDIA's driver failed" + where};
  return {found->code, found->text + where};
}

Error nv_error(const char* call, CUresult status) {
  const int number = static_cast<int>(status);
  const auto found = std::ranges::find(meanings, number, &Meaning::status);
  const std::string where = std::string(" (") + call + " answered " + std::to_string(number) + ")";
  // Of a device that was not in use yet it means something else.
  if (number == 46 && std::string_view(call) == "cuvidCreateDecoder")
    return {ErrorCode::Busy, "the GPU is busy, or reserved for another process" + where};
  if (found == meanings.end()) return {ErrorCode::Failed, "NVIDIA's driver failed" + where};
  return {found->code, found->text + where};
}

}  // namespace av1hw
