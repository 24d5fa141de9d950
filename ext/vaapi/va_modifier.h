// SPDX-License-Identifier: LGPL-2.1-or-later
// Which DRM format modifier a VA driver's surfaces have.
#pragma once

#include <gst/video/video.h>
#include <va/va.h>

#include <cstdint>

#include "base/result.h"

namespace av1hw {

// Of a surface for decoding that is made for this, exported, and destroyed: drivers list modifiers
// that they don't allocate, and may choose by size.
Result<uint64_t> va_modifier(VADisplay display, GstVideoFormat format, unsigned width,
                             unsigned height);

}  // namespace av1hw
