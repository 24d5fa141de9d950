// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA's error codes and their names.
#pragma once

#include <optional>
#include <string_view>

#include "refdrv/nv/cuda_types.h"

namespace refdrv::nv {

struct ErrorName {
  int code;
  const char* name;         // as in cuda.h
  const char* description;  // for cuGetErrorString
};

const ErrorName* find_error(CUresult code);
// By name or by number.
std::optional<CUresult> error_code(std::string_view name);

}  // namespace refdrv::nv
