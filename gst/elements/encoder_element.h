// SPDX-License-Identifier: LGPL-2.1-or-later
// The encoder element: one GObject class for every backend, registered once a descriptor.
#pragma once

#include <gst/gst.h>

#include "elements/encoder_shell.h"
#include "registry/element_table.h"

namespace av1hw {

// Registers a subclass of GstVideoEncoder for `descriptor`, with its properties and GstPreset, and
// puts it into the table of codec elements. `element` says backend, device and capability; name,
// type and direction are filled in. Called while the plugin is loaded.
void register_encoder_element(GstPlugin* plugin, EncoderDescriptor descriptor,
                              RegisteredElement element, guint rank);

}  // namespace av1hw
