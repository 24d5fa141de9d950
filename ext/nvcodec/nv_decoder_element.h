// SPDX-License-Identifier: LGPL-2.1-or-later
// The descriptor of nvav1dec.
#pragma once

#include <gst/gst.h>

#include "registry/capability.h"

namespace av1hw {

// Registers the decoder element of the GPU `ordinal`, as CUDA counts, under the name in `codec`.
void register_nv_decoder(GstPlugin* plugin, int ordinal, const DeviceReport& device,
                         const CodecCapability& codec);

}  // namespace av1hw
