// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver's answer means to a caller.
#pragma once

#include <va/va.h>

#include "base/result.h"

namespace av1hw {

// `what`: what was tried, "create a decoder for 1920x1080". `status` is no success.
Error va_error(VAStatus status, const std::string& what);

// Nothing, or the error.
inline Result<> va_result(VAStatus status, const char* what) {
  if (status == VA_STATUS_SUCCESS) return {};
  return std::unexpected(va_error(status, what));
}

// Of a call that gives something back: nothing depends on it, so a failure is a line in the log.
void log_failure(VAStatus status, const char* call);

}  // namespace av1hw
