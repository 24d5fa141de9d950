// SPDX-License-Identifier: LGPL-2.1-or-later
// Leaks one caps object: shows that the leaks tracer would see a leak.
#include <gst/gst.h>

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  [[maybe_unused]] GstCaps* leaked = gst_caps_new_empty_simple("video/x-leaked");
  gst_deinit();
  return 0;
}
