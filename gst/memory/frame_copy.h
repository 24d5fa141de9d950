// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of frames in system memory.
#pragma once

#include <gst/video/video.h>

#include <cstdint>

#include "base/result.h"

namespace av1hw {

// Copies `from` into `to`; both are frames of `info`, with strides of their own. With
// `sample_shift` each sample, which must be of 16 bits, is shifted up by so many bits. Gives the
// bytes written.
Result<uint64_t> copy_frame(const GstVideoInfo& info, GstBuffer* from, GstBuffer* to,
                            unsigned sample_shift = 0);

}  // namespace av1hw
