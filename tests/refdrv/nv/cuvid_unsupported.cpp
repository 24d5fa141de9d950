// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvcuvid: the parser and the file source, which clients look up when they load.
//
// Neither touches the hardware: they are the vendor's own reading of streams, which this driver
// does not imitate. A client that needs them (FFmpeg's av1_cuvid) learns so when it creates one.
#include "refdrv/nv/driver.h"

using namespace refdrv::nv;

#define UNSUPPORTED(name)                                                         \
  REFDRV_API CUresult name(void) {                                                \
    Driver* driver = nullptr;                                                     \
    if (const auto error = enter(__func__, Needs::Nothing, driver)) return error; \
    return not_supported;                                                         \
  }

UNSUPPORTED(cuvidCreateVideoParser)
UNSUPPORTED(cuvidDestroyVideoParser)
UNSUPPORTED(cuvidParseVideoData)
UNSUPPORTED(cuvidCreateVideoSource)
UNSUPPORTED(cuvidCreateVideoSourceW)
UNSUPPORTED(cuvidDestroyVideoSource)
UNSUPPORTED(cuvidGetSourceAudioFormat)
UNSUPPORTED(cuvidGetSourceVideoFormat)
UNSUPPORTED(cuvidGetVideoSourceState)
UNSUPPORTED(cuvidSetVideoSourceState)
