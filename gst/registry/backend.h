// SPDX-License-Identifier: LGPL-2.1-or-later
// A backend, as the plugin sees it: how to probe it and how to register its elements.
#pragma once

#include <gst/gst.h>

#include <span>
#include <string>

#include "registry/capability.h"

namespace av1hw {

struct Backend {
  BackendKind kind;
  // Why this backend can't be there at all ("no /dev/dri/renderD*: ..."); empty where a probe may
  // find something. Cheap: opens no driver, so that every process which loads the plugin can afford
  // it.
  std::string (*absent)();
  // Looks at libraries and devices. Slow, and the driver may crash: call it where that is
  // affordable.
  BackendReport (*probe)();
  // Registers an element for whatever is usable of `report`. nullptr: this backend has probes, but
  // no elements yet.
  void (*register_elements)(GstPlugin* plugin, const BackendReport& report);
  // Names what changes the probe's answer (device nodes, environment variables), so that GStreamer
  // loads the plugin again when it does. nullptr: nothing does.
  void (*add_dependencies)(GstPlugin* plugin) = nullptr;
};

// The backends that this build has, in the order of meson_options.txt. Defined by the build.
std::span<const Backend* const> all_backends();

}  // namespace av1hw
