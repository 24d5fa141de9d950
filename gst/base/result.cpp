// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of error codes.
#include "base/result.h"

namespace av1hw {

const char* error_code_name(ErrorCode code) {
  switch (code) {
  case ErrorCode::NotSupported: return "not-supported";
  case ErrorCode::Unavailable: return "unavailable";
  case ErrorCode::Busy: return "busy";
  case ErrorCode::OutOfMemory: return "out-of-memory";
  case ErrorCode::DeviceLost: return "device-lost";
  case ErrorCode::InvalidData: return "invalid-data";
  case ErrorCode::InvalidSettings: return "invalid-settings";
  case ErrorCode::Failed: return "failed";
  }
  return "failed";
}

}  // namespace av1hw
