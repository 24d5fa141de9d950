// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests on the encoder element of the fake device.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "elements/encoder_harness.h"
#include "elements/fake_encoder.h"

namespace av1hw::test {

class FakeEncoderTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static const bool registered = [] {
      register_fake_encoder();
      return true;
    }();
    ASSERT_TRUE(registered);
  }
  FakeEncoderTest() { reset_fake_encoder(); }

  // Waits for what another thread is about to do; false: it did not within 10 s.
  template <typename Condition>
  static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  // Whether it stays so for a while.
  template <typename Condition>
  static bool stays(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
    while (condition()) {
      if (std::chrono::steady_clock::now() > deadline) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
};

class FakeEncoderHarness : public EncoderHarness {
 public:
  explicit FakeEncoderHarness(const std::string& properties = {}, unsigned width = 320,
                              unsigned height = 180)
      : EncoderHarness("fakehwenc name=enc " + properties, GST_VIDEO_FORMAT_NV12, width, height) {}

  // Downstream takes nothing until it is let go.
  void block_downstream() {
    GstPad* pad = gst_element_get_static_pad(element(), "src");
    probe_ = gst_pad_add_probe(
        pad, static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER),
        [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
    gst_object_unref(pad);
  }
  void unblock_downstream() {
    GstPad* pad = gst_element_get_static_pad(element(), "src");
    gst_pad_remove_probe(pad, probe_);
    gst_object_unref(pad);
  }

 private:
  gulong probe_ = 0;
};

}  // namespace av1hw::test
