// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens libnvidia-encode.so.1 and holds its version and its table to what this build needs.
#include "nvcodec/nvenc_library.h"

#include <utility>

namespace av1hw {
namespace {

constexpr const char* library_name = "libnvidia-encode.so.1";

using CreateInstance = NVENCSTATUS(NV_ENCODE_API_FUNCTION_LIST*);
using GetMaxVersion = NVENCSTATUS(uint32_t*);

const char* missing_to_probe(const NV_ENCODE_API_FUNCTION_LIST& f) {
  if (!f.nvEncOpenEncodeSessionEx) return "nvEncOpenEncodeSessionEx";
  if (!f.nvEncDestroyEncoder) return "nvEncDestroyEncoder";
  if (!f.nvEncGetEncodeGUIDCount) return "nvEncGetEncodeGUIDCount";
  if (!f.nvEncGetEncodeGUIDs) return "nvEncGetEncodeGUIDs";
  if (!f.nvEncGetInputFormatCount) return "nvEncGetInputFormatCount";
  if (!f.nvEncGetInputFormats) return "nvEncGetInputFormats";
  if (!f.nvEncGetEncodeCaps) return "nvEncGetEncodeCaps";
  return nullptr;
}

const char* missing_to_encode(const NV_ENCODE_API_FUNCTION_LIST& f) {
  if (!f.nvEncGetEncodePresetConfigEx) return "nvEncGetEncodePresetConfigEx";
  if (!f.nvEncInitializeEncoder) return "nvEncInitializeEncoder";
  if (!f.nvEncReconfigureEncoder) return "nvEncReconfigureEncoder";
  if (!f.nvEncCreateBitstreamBuffer) return "nvEncCreateBitstreamBuffer";
  if (!f.nvEncDestroyBitstreamBuffer) return "nvEncDestroyBitstreamBuffer";
  if (!f.nvEncEncodePicture) return "nvEncEncodePicture";
  if (!f.nvEncLockBitstream) return "nvEncLockBitstream";
  if (!f.nvEncUnlockBitstream) return "nvEncUnlockBitstream";
  if (!f.nvEncRegisterResource) return "nvEncRegisterResource";
  if (!f.nvEncUnregisterResource) return "nvEncUnregisterResource";
  if (!f.nvEncMapInputResource) return "nvEncMapInputResource";
  if (!f.nvEncUnmapInputResource) return "nvEncUnmapInputResource";
  if (!f.nvEncSetIOCudaStreams) return "nvEncSetIOCudaStreams";
  return nullptr;
}

}  // namespace

std::string nvenc_version_text(uint32_t version) {
  return std::to_string(version >> 4) + "." + std::to_string(version & 15);
}

const char* missing_nvenc_function(const NV_ENCODE_API_FUNCTION_LIST& functions, bool to_encode) {
  const char* missing = missing_to_probe(functions);
  return missing || !to_encode ? missing : missing_to_encode(functions);
}

Result<NvEncodeLibrary> NvEncodeLibrary::open() {
  Result<DynamicLibrary> opened = DynamicLibrary::open(library_name);
  if (!opened) return std::unexpected(opened.error());
  NvEncodeLibrary library(std::move(*opened));
  GetMaxVersion* get_max_version = nullptr;
  CreateInstance* create_instance = nullptr;
  if (!library.library_.find("NvEncodeAPIGetMaxSupportedVersion", get_max_version) ||
      !library.library_.find("NvEncodeAPICreateInstance", create_instance) ||
      get_max_version(&library.max_version_) != NV_ENC_SUCCESS) {
    return fail(ErrorCode::Unavailable,
                std::string(library_name) + " is too old to be asked: update NVIDIA's driver");
  }
  // A driver older than the headers refuses the table; max_version() then says so.
  library.functions_.version = NV_ENCODE_API_FUNCTION_LIST_VER;
  create_instance(&library.functions_);
  return library;
}

Result<std::shared_ptr<const NvEncodeLibrary>> NvEncodeLibrary::open_to_encode() {
  Result<NvEncodeLibrary> library = open();
  if (!library) return std::unexpected(library.error());
  if (library->max_version() < nvenc_header_version) {
    return fail(ErrorCode::Unavailable,
                "the driver's NVENC API is " + nvenc_version_text(library->max_version()) +
                    ", this build needs " + nvenc_version_text(nvenc_header_version) +
                    ": update NVIDIA's driver");
  }
  if (const char* missing = missing_nvenc_function(library->functions(), true)) {
    return fail(ErrorCode::Unavailable,
                std::string(library_name) + " has no " + missing + ": update NVIDIA's driver");
  }
  return std::make_shared<const NvEncodeLibrary>(std::move(*library));
}

}  // namespace av1hw
