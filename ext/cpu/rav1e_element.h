// SPDX-License-Identifier: LGPL-2.1-or-later
// cpuav1enc: what it can do, and its registration.
#pragma once

#include <gst/gst.h>

#include <string>

#include "registry/capability.h"

namespace av1hw {

CodecCapability rav1e_capability();
// Registers cpuav1enc on the device with this id.
void register_rav1e(GstPlugin* plugin, const std::string& device);

}  // namespace av1hw
