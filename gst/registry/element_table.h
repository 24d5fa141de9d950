// SPDX-License-Identifier: LGPL-2.1-or-later
// The codec elements that this process registered, by GType: bins create from here, never by name,
// since another plugin may own the plain names.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "registry/capability.h"

namespace av1hw {

struct RegisteredElement {
  GType type = G_TYPE_INVALID;
  std::string name;  // plain factory name, "cpuav1dec"
  BackendKind backend = BackendKind::Cpu;
  CodecDirection direction = CodecDirection::Decode;
  std::string device;  // DeviceReport::id
  CodecCapability capability;
};

// Registers `type` under its plain name with `rank`, and under "av1hw" + name with rank NONE; keeps
// it in the table. Called while the plugin is loaded.
void register_codec_element(GstPlugin* plugin, RegisteredElement element, guint rank);

const std::vector<RegisteredElement>& registered_elements();

}  // namespace av1hw
