// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvcuvid.so.1: the calls of NVIDIA's video decoder.
#pragma once

#include <ffnvcodec/dynlink_cuda.h>
#include <ffnvcodec/dynlink_cuviddec.h>

#include <memory>

#include "base/result.h"
#include "nvcodec/dynamic_library.h"

namespace av1hw {

struct CuvidFunctions {
  tcuvidGetDecoderCaps* get_decoder_caps;
  tcuvidCreateDecoder* create_decoder;
  tcuvidDestroyDecoder* destroy_decoder;
  tcuvidDecodePicture* decode_picture;
  tcuvidMapVideoFrame64* map_video_frame;
  tcuvidUnmapVideoFrame64* unmap_video_frame;
  tcuvidGetDecodeStatus* get_decode_status;       // nullptr in drivers before 410
  tcuvidReconfigureDecoder* reconfigure_decoder;  // nullptr in drivers before 410
};

class CuvidLibrary {
 public:
  static Result<std::shared_ptr<const CuvidLibrary>> open();

  const CuvidFunctions* operator->() const { return &functions_; }

 private:
  explicit CuvidLibrary(DynamicLibrary library) : library_(std::move(library)) {}

  DynamicLibrary library_;
  CuvidFunctions functions_ = {};
};

}  // namespace av1hw
