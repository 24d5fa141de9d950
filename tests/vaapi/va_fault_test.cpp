// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1dec when the reference driver fails: each test is a process with the fault of its name.
#include "vaapi/va_harness.h"

namespace av1hw::test {
namespace {

constexpr size_t clip_frames = 75;

class VaFault : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(driver_count("misuse"), 0U); }

  // How many pictures come out, each of which goes back before the next packet.
  size_t decode_all() {
    size_t frames = 0;
    for (size_t i = 0; i < clip_frames && !decoder_.stopped(); i++) {
      frames += decoder_.decode(clip_, i, 1).size();
    }
    return decoder_.stopped() ? frames : frames + decoder_.finish().size();
  }
  bool failed_with(GQuark domain, int code) {
    const std::string posted = decoder_.coded_message(GST_MESSAGE_ERROR);
    return posted.starts_with(coded(domain, code)) ? true
                                                   : (ADD_FAILURE() << "posted: " << posted, false);
  }

  const Bytes clip_ = test_clip("hdr10.ivf");
  VaHarness decoder_{va_memory};
};

// Surfaces of which there is not even one.
TEST_F(VaFault, NoSurface) {
  EXPECT_TRUE(decoder_.decode(clip_).empty());
  EXPECT_TRUE(failed_with(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY));
}

// Too few for the references that the stream keeps.
TEST_F(VaFault, FewSurfaces) {
  EXPECT_LT(decode_all(), clip_frames);
  EXPECT_TRUE(failed_with(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY));
}

// Enough for the references, so that pictures in flight wait for each other.
TEST_F(VaFault, JustEnoughSurfaces) {
  EXPECT_EQ(decode_all(), clip_frames);
  EXPECT_EQ(decoder_.coded_message(GST_MESSAGE_ERROR), "none");
}

// Drivers say of a lost device no more than that it failed.
TEST_F(VaFault, DeviceLost) {
  EXPECT_LT(decode_all(), 20U);
  EXPECT_TRUE(failed_with(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED));
}

// One picture fails in the middle, as damaged or for no reason: decoding goes on, without what
// needs it.
void expect_one_lost(VaHarness& decoder, size_t frames) {
  EXPECT_LT(frames, clip_frames);
  EXPECT_GT(frames, 25U);
  EXPECT_FALSE(decoder.stopped());
  EXPECT_NE(decoder.coded_message(GST_MESSAGE_WARNING), "none");
  EXPECT_EQ(decoder.coded_message(GST_MESSAGE_ERROR), "none");
}

TEST_F(VaFault, PictureRefused) { expect_one_lost(decoder_, decode_all()); }

TEST_F(VaFault, PictureFailed) { expect_one_lost(decoder_, decode_all()); }

// What was begun is ended nevertheless, or the driver would call it misuse.
TEST_F(VaFault, RenderFailed) {
  expect_one_lost(decoder_, decode_all());
  EXPECT_EQ(driver_count("vaBeginPicture"), driver_count("vaEndPicture"));
}

// What turns out to be damaged when it is waited for is said, and shown as it is.
TEST_F(VaFault, PictureDamaged) {
  EXPECT_EQ(decode_all(), clip_frames);
  EXPECT_NE(decoder_.coded_message(GST_MESSAGE_WARNING), "none");
  EXPECT_EQ(decoder_.coded_message(GST_MESSAGE_ERROR), "none");
}

// A driver that fails from the start is left to others to make good for.
TEST_F(VaFault, FirstPictureFailed) {
  EXPECT_EQ(decode_all(), 0U);
  EXPECT_TRUE(failed_with(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED));
}

TEST_F(VaFault, NoContext) {
  EXPECT_TRUE(decoder_.decode(clip_).empty());
  EXPECT_TRUE(failed_with(GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE));
}

}  // namespace
}  // namespace av1hw::test
