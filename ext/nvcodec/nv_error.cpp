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

}  // namespace

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
