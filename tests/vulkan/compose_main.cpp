// SPDX-License-Identifier: LGPL-2.1-or-later
// GStreamer is there before the first test, and the device is closed before drivers unload.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "vk_device_fixture.h"

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  av1hw::test::VulkanDevice::get().close();
  return result;
}
