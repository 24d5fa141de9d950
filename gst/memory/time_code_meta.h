// SPDX-License-Identifier: LGPL-2.1-or-later
// The bitstream's time codes as GstVideoTimeCodeMeta.
#pragma once

#include <gst/gst.h>

#include "av1/metadata.h"

namespace av1hw {

// Adds the meta where there is a whole time of day that is possible at this frame rate; a code that
// leaves out hours, minutes or seconds is left alone.
void add_time_code_meta(GstBuffer* buffer, const Timecode& timecode, int fps_n, int fps_d);

}  // namespace av1hw
