// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver made of a picture: checked, and without what is not the picture's.
#pragma once

#include <va/va.h>

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace av1hw {

// The frame OBUs of a mapped coded buffer of `capacity` bytes. Drivers put the packed headers that
// they are given into it, sequence headers among them, and some a temporal delimiter; behind the
// last OBU there may be zeros. Failed: the driver says that it failed, or what it wrote is no
// frame.
Result<std::vector<uint8_t>> va_coded_frame(const VACodedBufferSegment* segments, size_t capacity);

}  // namespace av1hw
