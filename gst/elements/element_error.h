// SPDX-License-Identifier: LGPL-2.1-or-later
// Posts our errors as element messages, with the GStreamer error code that fits.
#pragma once

#include <gst/gst.h>

#include "base/result.h"

namespace av1hw {

// Posts an error message: the pipeline ends.
void post_error(GstElement* element, const Error& error);

}  // namespace av1hw
