// SPDX-License-Identifier: LGPL-2.1-or-later
// cpusvtav1enc: what it can do, and its registration.
#pragma once

#include <gst/gst.h>

#include <string>

#include "registry/capability.h"

namespace av1hw {

CodecCapability svt_capability();
// Registers cpusvtav1enc on the device with this id.
void register_svt(GstPlugin* plugin, const std::string& device);

}  // namespace av1hw
