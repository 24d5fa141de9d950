// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps the registered blender.
#include "registry/blender_table.h"

#include <utility>

namespace av1hw {
namespace {

std::optional<RegisteredBlender>& kept() {
  static std::optional<RegisteredBlender> blender;
  return blender;
}

}  // namespace

void register_blender(GstPlugin* plugin, RegisteredBlender blender) {
  const std::string alias = "av1hw" + blender.name;
  // An element's own factory is the one registered last.
  gst_element_register(plugin, alias.c_str(), GST_RANK_NONE, blender.type);
  gst_element_register(plugin, blender.name.c_str(), GST_RANK_NONE, blender.type);
  kept() = std::move(blender);
}

const std::optional<RegisteredBlender>& registered_blender() { return kept(); }

}  // namespace av1hw
