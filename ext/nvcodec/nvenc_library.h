// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvidia-encode.so.1: the function table of NVIDIA's video encoder, and which version it is of.
#pragma once

#include <ffnvcodec/nvEncodeAPI.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "nvcodec/dynamic_library.h"

namespace av1hw {

// What the headers of this build describe: major << 4 | minor, as drivers say theirs.
inline constexpr uint32_t nvenc_header_version =
    NVENCAPI_MAJOR_VERSION << 4 | NVENCAPI_MINOR_VERSION;

// "12.1", of major << 4 | minor.
std::string nvenc_version_text(uint32_t version);

class NvEncodeLibrary {
 public:
  static Result<NvEncodeLibrary> open();
  // To encode with: Unavailable if the driver is older than the headers, or its table has gaps.
  static Result<std::shared_ptr<const NvEncodeLibrary>> open_to_encode();

  // The highest API version that the driver has: major << 4 | minor.
  uint32_t max_version() const { return max_version_; }
  const NV_ENCODE_API_FUNCTION_LIST& functions() const { return functions_; }
  const NV_ENCODE_API_FUNCTION_LIST* operator->() const { return &functions_; }

 private:
  explicit NvEncodeLibrary(DynamicLibrary library) : library_(std::move(library)) {}

  DynamicLibrary library_;
  uint32_t max_version_ = 0;
  NV_ENCODE_API_FUNCTION_LIST functions_ = {};
};

// The name of a function that `functions` has no address for, among those that a probe calls, or
// with `to_encode` those that an encoder calls; nullptr: all are there. A driver that answers with
// an empty entry would be called at address 0.
const char* missing_nvenc_function(const NV_ENCODE_API_FUNCTION_LIST& functions, bool to_encode);

}  // namespace av1hw
