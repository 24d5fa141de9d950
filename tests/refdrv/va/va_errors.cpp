// SPDX-License-Identifier: LGPL-2.1-or-later
// libva's status codes by the names that fault scripts use.
#include "refdrv/va/va_errors.h"

#include <algorithm>
#include <iterator>

#include "refdrv/common/text.h"

namespace refdrv::va {

namespace {

struct StatusName {
  std::string_view name;  // without VA_STATUS_ERROR_
  VAStatus code;
};

constexpr std::string_view prefix = "VA_STATUS_ERROR_";

constexpr StatusName names[] = {
    {"OPERATION_FAILED", VA_STATUS_ERROR_OPERATION_FAILED},
    {"ALLOCATION_FAILED", VA_STATUS_ERROR_ALLOCATION_FAILED},
    {"INVALID_DISPLAY", VA_STATUS_ERROR_INVALID_DISPLAY},
    {"INVALID_CONFIG", VA_STATUS_ERROR_INVALID_CONFIG},
    {"INVALID_CONTEXT", VA_STATUS_ERROR_INVALID_CONTEXT},
    {"INVALID_SURFACE", VA_STATUS_ERROR_INVALID_SURFACE},
    {"INVALID_BUFFER", VA_STATUS_ERROR_INVALID_BUFFER},
    {"INVALID_IMAGE", VA_STATUS_ERROR_INVALID_IMAGE},
    {"ATTR_NOT_SUPPORTED", VA_STATUS_ERROR_ATTR_NOT_SUPPORTED},
    {"MAX_NUM_EXCEEDED", VA_STATUS_ERROR_MAX_NUM_EXCEEDED},
    {"UNSUPPORTED_PROFILE", VA_STATUS_ERROR_UNSUPPORTED_PROFILE},
    {"UNSUPPORTED_ENTRYPOINT", VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT},
    {"UNSUPPORTED_RT_FORMAT", VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT},
    {"UNSUPPORTED_BUFFERTYPE", VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE},
    {"SURFACE_BUSY", VA_STATUS_ERROR_SURFACE_BUSY},
    {"FLAG_NOT_SUPPORTED", VA_STATUS_ERROR_FLAG_NOT_SUPPORTED},
    {"INVALID_PARAMETER", VA_STATUS_ERROR_INVALID_PARAMETER},
    {"RESOLUTION_NOT_SUPPORTED", VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED},
    {"UNIMPLEMENTED", VA_STATUS_ERROR_UNIMPLEMENTED},
    {"INVALID_IMAGE_FORMAT", VA_STATUS_ERROR_INVALID_IMAGE_FORMAT},
    {"DECODING_ERROR", VA_STATUS_ERROR_DECODING_ERROR},
    {"ENCODING_ERROR", VA_STATUS_ERROR_ENCODING_ERROR},
    {"INVALID_VALUE", VA_STATUS_ERROR_INVALID_VALUE},
    {"HW_BUSY", VA_STATUS_ERROR_HW_BUSY},
    {"UNSUPPORTED_MEMORY_TYPE", VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE},
    {"NOT_ENOUGH_BUFFER", VA_STATUS_ERROR_NOT_ENOUGH_BUFFER},
    {"TIMEDOUT", VA_STATUS_ERROR_TIMEDOUT},
    {"UNKNOWN", static_cast<VAStatus>(VA_STATUS_ERROR_UNKNOWN)},
};

}  // namespace

std::optional<VAStatus> status_code(std::string_view name) {
  if (const auto code = number<int>(name)) return *code;
  if (!name.starts_with(prefix)) return std::nullopt;
  const auto* found = std::ranges::find(names, name.substr(prefix.size()), &StatusName::name);
  return found != std::end(names) ? std::optional(found->code) : std::nullopt;
}

}  // namespace refdrv::va
