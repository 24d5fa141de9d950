// SPDX-License-Identifier: LGPL-2.1-or-later
// main() of element tests: GStreamer starts before gtest asks which elements there are to test.
#include <gst/gst.h>
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  // GStreamer's leaks tracer reports when GStreamer ends.
  gst_deinit();
  return result;
}
