// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps what probes found in GStreamer's registry, so that only the plugin scanner asks drivers.
#pragma once

#include <gst/gst.h>

#include <optional>

#include "memory/handles.h"
#include "registry/capability.h"

namespace av1hw {

// The registry forgets it when something changes that a backend named in add_dependencies().
class ProbeCache {
 public:
  explicit ProbeCache(GstPlugin* plugin) : plugin_(plugin) {}

  std::optional<BackendReport> find(BackendKind kind) const;
  void add(const BackendReport& report);
  // Gives the registry what was added.
  void store();

 private:
  GstPlugin* plugin_;
  StructureHandle added_;
};

}  // namespace av1hw
