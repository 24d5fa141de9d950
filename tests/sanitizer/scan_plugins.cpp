// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts GStreamer, which opens every plugin whose file changed and writes down what is in it.
#include <gst/gst.h>

#include <cstdio>

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  const bool found = gst_registry_find_plugin(gst_registry_get(), "av1hw") != nullptr;
  std::puts(found ? "the plugin is there" : "the plugin could not be loaded");
  return found ? 0 : 1;
}
