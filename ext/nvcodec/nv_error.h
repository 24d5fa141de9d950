// SPDX-License-Identifier: LGPL-2.1-or-later
// What an error of CUDA or CUVID means: what a caller does about it, and what a user can do.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>

#include "base/result.h"

namespace av1hw {

// `call`: the function that answered `status`.
Error nv_error(const char* call, CUresult status);

// An empty result for CUDA_SUCCESS.
inline Result<> nv_result(const char* call, CUresult status) {
  if (status == CUDA_SUCCESS) return {};
  return std::unexpected(nv_error(call, status));
}

}  // namespace av1hw
