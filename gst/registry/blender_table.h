// SPDX-License-Identifier: LGPL-2.1-or-later
// The element of ours that blends, as far as this process registered one.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "registry/capability.h"

namespace av1hw {

struct RegisteredBlender {
  GType type = G_TYPE_INVALID;
  std::string name;  // plain factory name, "vkcompositor"
  BackendKind backend = BackendKind::Vk;
  std::string device;  // DeviceReport::id of the one that it takes by itself
  std::string device_name;
  bool software = false;  // that device's driver runs on the CPU
};

// Registers `type` under its plain name and under "av1hw" + name, both with rank NONE; keeps it.
// Called while the plugin is loaded.
void register_blender(GstPlugin* plugin, RegisteredBlender blender);

const std::optional<RegisteredBlender>& registered_blender();

}  // namespace av1hw
