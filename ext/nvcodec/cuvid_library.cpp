// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens libnvcuvid.so.1 and finds its functions.
#include "nvcodec/cuvid_library.h"

namespace av1hw {
namespace {

constexpr const char* library_name = "libnvcuvid.so.1";

// The name of a function that must be there and is not, or nullptr.
const char* find_functions(const DynamicLibrary& library, CuvidFunctions& out) {
  library.find("cuvidGetDecodeStatus", out.get_decode_status);
  library.find("cuvidReconfigureDecoder", out.reconfigure_decoder);
  if (!library.find("cuvidGetDecoderCaps", out.get_decoder_caps)) return "cuvidGetDecoderCaps";
  if (!library.find("cuvidCreateDecoder", out.create_decoder)) return "cuvidCreateDecoder";
  if (!library.find("cuvidDestroyDecoder", out.destroy_decoder)) return "cuvidDestroyDecoder";
  if (!library.find("cuvidDecodePicture", out.decode_picture)) return "cuvidDecodePicture";
  if (!library.find("cuvidMapVideoFrame64", out.map_video_frame)) return "cuvidMapVideoFrame64";
  if (!library.find("cuvidUnmapVideoFrame64", out.unmap_video_frame))
    return "cuvidUnmapVideoFrame64";
  return nullptr;
}

}  // namespace

Result<std::shared_ptr<const CuvidLibrary>> CuvidLibrary::open() {
  Result<DynamicLibrary> opened = DynamicLibrary::open(library_name);
  if (!opened) return std::unexpected(opened.error());
  const std::shared_ptr<CuvidLibrary> library(new CuvidLibrary(std::move(*opened)));
  if (const char* missing = find_functions(library->library_, library->functions_)) {
    return fail(ErrorCode::Unavailable,
                std::string(library_name) + " has no " + missing + ": update NVIDIA's driver");
  }
  return library;
}

}  // namespace av1hw
