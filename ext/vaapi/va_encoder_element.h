// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1enc, and its like for further render nodes.
#pragma once

#include <gst/gst.h>

#include "registry/capability.h"

namespace av1hw {

// `codec`: usable, and one of `device`'s. `first`: no other device comes before it.
void register_va_encoder(GstPlugin* plugin, const DeviceReport& device,
                         const CodecCapability& codec, bool first);

}  // namespace av1hw
