// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1enc when the reference driver lacks a call, or has little room: each test is a process with
// the fault of its name. What ends encoding is in docs/faults.md.
#include "vaapi/va_encoder_harness.h"

namespace av1hw::test {
namespace {

class VaEncoderFault : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(driver_count("misuse"), 0U); }

  static void expect_all_frames() {
    VaEncoderHarness encoder;
    EXPECT_EQ(encoder.push(20), GST_FLOW_OK);
    encoder.end();
    expect_frames(encoder.take(), 20);
    EXPECT_EQ(encoder.coded_message(GST_MESSAGE_ERROR), "none");
  }
};

// A picture that is given again, when those in flight are done, says again that there are no
// regions of interest any more.
TEST_F(VaEncoderFault, BusyWhereRegionsEnd) {
  VaEncoderHarness encoder("bitrate=400");
  push_regions(encoder);
  expect_frames(encoder.take(), 10);
  EXPECT_EQ(driver_count("pictures_with_regions"), 4U);
  EXPECT_EQ(encoder.coded_message(GST_MESSAGE_ERROR), "none");
}

TEST_F(VaEncoderFault, NoSyncBuffer) { expect_all_frames(); }
TEST_F(VaEncoderFault, NoSyncAtAll) { expect_all_frames(); }
// Pictures are put, where they can't be written into surfaces.
TEST_F(VaEncoderFault, NoDerivedImages) { expect_all_frames(); }
// Pictures in flight wait for each other, and references take the room of copies.
TEST_F(VaEncoderFault, FewSurfaces) { expect_all_frames(); }
TEST_F(VaEncoderFault, FewSurfacesOfASlowDevice) { expect_all_frames(); }

}  // namespace
}  // namespace av1hw::test
