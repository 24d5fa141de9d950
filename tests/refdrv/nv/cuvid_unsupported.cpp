// SPDX-License-Identifier: LGPL-2.1-or-later
// libnvcuvid: the file source, which clients look up when they load and do not use.
#include "refdrv/nv/driver.h"

using namespace refdrv::nv;

#define UNSUPPORTED(name)                                                         \
  REFDRV_API CUresult name(void) {                                                \
    Driver* driver = nullptr;                                                     \
    if (const auto error = enter(__func__, Needs::Nothing, driver)) return error; \
    return not_supported;                                                         \
  }

UNSUPPORTED(cuvidCreateVideoSource)
UNSUPPORTED(cuvidCreateVideoSourceW)
UNSUPPORTED(cuvidDestroyVideoSource)
UNSUPPORTED(cuvidGetSourceAudioFormat)
UNSUPPORTED(cuvidGetSourceVideoFormat)
UNSUPPORTED(cuvidGetVideoSourceState)
UNSUPPORTED(cuvidSetVideoSourceState)
