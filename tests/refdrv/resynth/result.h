// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors as values, told apart by whose fault they are.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace refdrv {

enum class Fault : uint8_t {
  Client,       // the caller broke the interface's rules: a wrong field, id, size or order of calls
  Stream,       // the parameters are consistent, but the tiles' data does not decode
  Unsupported,  // AV1 has it, these drivers do not
  System,       // no memory, no decoder
};

struct Error {
  Fault fault = Fault::Client;
  std::string message;  // names the field and its value
};

template <typename T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> client_fault(std::string message) {
  return std::unexpected(Error{Fault::Client, std::move(message)});
}

inline std::unexpected<Error> fault(Fault whose, std::string message) {
  return std::unexpected(Error{whose, std::move(message)});
}

}  // namespace refdrv
