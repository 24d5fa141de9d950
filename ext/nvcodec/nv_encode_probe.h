// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks NVENC what a GPU can encode.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "nvcodec/dynamic_library.h"
#include "nvcodec/nv_answers.h"

namespace av1hw {

// libnvidia-encode.so.1 and its function table.
class NvEncodeLibrary {
 public:
  static Result<NvEncodeLibrary> open();
  // The highest API version that the driver has: major << 4 | minor.
  uint32_t max_version() const { return max_version_; }
  const NV_ENCODE_API_FUNCTION_LIST& functions() const { return functions_; }

 private:
  explicit NvEncodeLibrary(DynamicLibrary library) : library_(std::move(library)) {}

  DynamicLibrary library_;
  uint32_t max_version_ = 0;
  NV_ENCODE_API_FUNCTION_LIST functions_ = {};
};

// Opens a session on `context` and closes it again. Empty: the driver is too old to be asked.
std::optional<NvEncodeAnswers> ask_nv_encoder(const NvEncodeLibrary& library, CUcontext context);

}  // namespace av1hw
