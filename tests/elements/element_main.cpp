// SPDX-License-Identifier: LGPL-2.1-or-later
// main() of element tests: GStreamer starts before gtest asks which elements there are to test.
#include <dlfcn.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

int main(int argc, char** argv) {
#if defined(__SANITIZE_ADDRESS__)
  // Mesa's Vulkan driver for the CPU has 128 bytes for good, which are lost whenever it is
  // unloaded.
  dlopen("libvulkan_lvp.so", RTLD_LAZY | RTLD_NODELETE);
#endif
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  // GStreamer's leaks tracer reports when GStreamer ends.
  gst_deinit();
  return result;
}
