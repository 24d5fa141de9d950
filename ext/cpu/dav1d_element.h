// SPDX-License-Identifier: LGPL-2.1-or-later
// cpuav1dec: what dav1d can do, and its registration.
#pragma once

#include <gst/gst.h>

#include <string>

#include "registry/capability.h"

namespace av1hw {

std::string dav1d_driver();  // "libdav1d 1.5.1"
CodecCapability dav1d_capability();
void register_dav1d(GstPlugin* plugin, const std::string& device);

}  // namespace av1hw
