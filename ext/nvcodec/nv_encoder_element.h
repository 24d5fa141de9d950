// SPDX-License-Identifier: LGPL-2.1-or-later
// The descriptor of nvav1enc.
#pragma once

#include <gst/gst.h>

#include "registry/capability.h"

namespace av1hw {

// Registers the encoder element of the GPU `ordinal`, as CUDA counts, under the name in `codec`.
void register_nv_encoder(GstPlugin* plugin, int ordinal, const DeviceReport& device,
                         const CodecCapability& codec);

}  // namespace av1hw
