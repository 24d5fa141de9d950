// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts GStreamer for the tests of the bins.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "fake_codecs.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gst_init(&argc, &argv);
  av1hw::test::register_fake_codecs();
  const int result = RUN_ALL_TESTS();
  gst_deinit();
  return result;
}
