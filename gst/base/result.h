// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors as values: what failed, where, and what a user can do about it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace av1hw {

// What kind of failure it was, as far as a caller acts on it. A bin moves on to its next candidate
// on any of these but InvalidData, which the next candidate would meet as well.
enum class ErrorCode : uint8_t {
  NotSupported,     // this device or library can't do that, and never will
  Unavailable,      // a driver, device or library is absent or broken
  Busy,             // sessions or memory are used up for now; another device may serve
  OutOfMemory,      // system memory could not be had
  DeviceLost,       // the device stopped answering; what was open on it is gone
  InvalidData,      // the input is damaged
  InvalidSettings,  // a property's value contradicts another, or the input's format
  Failed,           // anything else a library reported
};

struct Error {
  ErrorCode code = ErrorCode::Failed;
  // One line, in terms a user knows: what was tried, what it answered, what to change.
  std::string message;
};

template <typename T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// The code's name, as reports and JSON write it ("not-supported", "busy", ...).
const char* error_code_name(ErrorCode code);

}  // namespace av1hw
