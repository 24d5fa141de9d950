// SPDX-License-Identifier: LGPL-2.1-or-later
// The debug category of the bins: GST_DEBUG=av1hw-bins:6.
#pragma once

#include <gst/gst.h>

namespace av1hw {

GstDebugCategory* bins_debug_category();

}  // namespace av1hw

#define GST_CAT_DEFAULT (av1hw::bins_debug_category())
