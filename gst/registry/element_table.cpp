// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps the list of registered codec elements.
#include "registry/element_table.h"

#include <utility>

namespace av1hw {

namespace {

std::vector<RegisteredElement>& table() {
  static std::vector<RegisteredElement> elements;
  return elements;
}

}  // namespace

void register_codec_element(GstPlugin* plugin, RegisteredElement element, guint rank) {
  const std::string alias = "av1hw" + element.name;
  // An element's own factory is the one registered last.
  gst_element_register(plugin, alias.c_str(), GST_RANK_NONE, element.type);
  gst_element_register(plugin, element.name.c_str(), rank, element.type);
  table().push_back(std::move(element));
}

const std::vector<RegisteredElement>& registered_elements() { return table(); }

}  // namespace av1hw
