// SPDX-License-Identifier: LGPL-2.1-or-later
// Sorts libva's status codes by what a caller can do about them.
#include "vaapi/va_status.h"

#include <gst/gst.h>

namespace av1hw {
namespace {

ErrorCode code_of(VAStatus status) {
  switch (status) {
  case VA_STATUS_ERROR_ALLOCATION_FAILED:
  case VA_STATUS_ERROR_MAX_NUM_EXCEEDED:
  case VA_STATUS_ERROR_HW_BUSY:
  case VA_STATUS_ERROR_SURFACE_BUSY:
  case VA_STATUS_ERROR_SURFACE_IN_DISPLAYING:
  case VA_STATUS_ERROR_NOT_ENOUGH_BUFFER: return ErrorCode::Busy;
  case VA_STATUS_ERROR_DECODING_ERROR: return ErrorCode::InvalidData;
  case VA_STATUS_ERROR_UNSUPPORTED_PROFILE:
  case VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT:
  case VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT:
  case VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE:
  case VA_STATUS_ERROR_ATTR_NOT_SUPPORTED:
  case VA_STATUS_ERROR_RESOLUTION_NOT_SUPPORTED:
  case VA_STATUS_ERROR_INVALID_IMAGE_FORMAT:
  case VA_STATUS_ERROR_UNSUPPORTED_MEMORY_TYPE:
  case VA_STATUS_ERROR_UNIMPLEMENTED: return ErrorCode::NotSupported;
  case VA_STATUS_ERROR_TIMEDOUT:
  case VA_STATUS_ERROR_INVALID_DISPLAY: return ErrorCode::DeviceLost;
  default: return ErrorCode::Failed;
  }
}

}  // namespace

Error va_error(VAStatus status, const std::string& what) {
  return {code_of(status), "the VA driver can't " + what + ": " + vaErrorStr(status)};
}

void log_failure(VAStatus status, const char* call) {
  if (status == VA_STATUS_SUCCESS) return;
  GST_WARNING("%s answered %d: %s", call, status, vaErrorStr(status));
}

}  // namespace av1hw
