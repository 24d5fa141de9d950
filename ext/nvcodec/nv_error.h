// SPDX-License-Identifier: LGPL-2.1-or-later
// What an error of CUDA, CUVID or NVENC means: what a caller does about it, and what a user can do.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/nvEncodeAPI.h>

#include <string_view>

#include "base/result.h"

namespace av1hw {

// `call`: the function that answered `status`.
Error nv_error(const char* call, CUresult status);

// The same of NVENC. `detail`: what the driver said of it, if anything.
Error nvenc_error(const char* call, NVENCSTATUS status, std::string_view detail = {});

// An empty result for CUDA_SUCCESS.
inline Result<> nv_result(const char* call, CUresult status) {
  if (status == CUDA_SUCCESS) return {};
  return std::unexpected(nv_error(call, status));
}

}  // namespace av1hw
