// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading requests and capabilities off caps, and other people's candidates off the registry.
#include "registry/raw_caps.h"

#include <gtest/gtest.h>

#include "memory/handles.h"
#include "registry/candidate_source.h"

namespace av1hw {
namespace {

class RawCaps : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
  static CapsHandle caps(const char* text) { return CapsHandle(gst_caps_from_string(text)); }
};

TEST_F(RawCaps, DecodeRequestReadsTheStream) {
  const Request r = decode_request(
      caps("video/x-av1, profile=high, bit-depth-luma=(uint)10, chroma-format=4:4:4, width=1920, "
           "height=1080, framerate=30000/1001")
          .get(),
      caps("video/x-raw(memory:VAMemory); video/x-raw").get());
  EXPECT_EQ(r.profile, 1u);
  EXPECT_EQ(r.bit_depth, 10u);
  EXPECT_EQ(r.chroma, "4:4:4");
  EXPECT_EQ(r.width, 1920u);
  EXPECT_EQ(r.height, 1080u);
  EXPECT_NEAR(r.frame_rate, 29.97, 0.001);
  EXPECT_EQ(r.memory, (std::vector<std::string>{"memory:VAMemory", "memory:SystemMemory"}));
}

TEST_F(RawCaps, BareCapsSayNothing) {
  const Request r = decode_request(caps("video/x-av1").get(), caps("ANY").get());
  EXPECT_FALSE(r.profile);
  EXPECT_EQ(r.width, 0u);
  EXPECT_TRUE(r.memory.empty());
}

TEST_F(RawCaps, EncodeRequestReadsTheFormat) {
  const Request r = encode_request(
      caps("video/x-raw, format=I422_10LE, width=640, height=360, framerate=0/1").get());
  EXPECT_EQ(r.direction, CodecDirection::Encode);
  EXPECT_EQ(r.format, "I422_10LE");
  EXPECT_EQ(r.bit_depth, 10u);
  EXPECT_EQ(r.chroma, "4:2:2");
  EXPECT_EQ(r.frame_rate, 0);
  EXPECT_EQ(r.memory, std::vector<std::string>{"memory:SystemMemory"});
}

TEST_F(RawCaps, EncodeRequestReadsTheFormatOfDmaBufs) {
  const Request r = encode_request(
      caps(
          "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=(string)P010:0x0102030405060708, "
          "width=640, height=360, framerate=30/1")
          .get());
  EXPECT_EQ(r.format, "P010_10LE");
  EXPECT_EQ(r.bit_depth, 10u);
  EXPECT_EQ(r.chroma, "4:2:0");
  EXPECT_EQ(r.memory, std::vector<std::string>{"memory:DMABuf"});
  // Without it nothing is known, and nothing refused.
  const Request open = encode_request(
      caps("video/x-raw(memory:DMABuf), format=DMA_DRM, width=640, height=360").get());
  EXPECT_EQ(open.format, "");
  EXPECT_EQ(open.bit_depth, 0u);
}

TEST_F(RawCaps, FormatsOfDmaBufsCount) {
  EXPECT_EQ(raw_formats(caps("video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format={ NV12, "
                             "P010:0x0102030405060708, XX01 }; video/x-raw, format=I420")
                            .get()),
            (std::set<std::string>{"I420", "NV12", "P010_10LE"}));
}

TEST_F(RawCaps, FormatsGiveDepthsAndChroma) {
  CodecCapability can;
  add_raw_facts({"I420", "I420_10LE", "GRAY8", "GBR_12LE"}, &can);
  EXPECT_EQ(can.bit_depths, (std::vector<unsigned>{8, 10, 12}));
  EXPECT_EQ(can.chroma, (std::vector<std::string>{"4:0:0", "4:2:0", "4:4:4"}));
}

TEST_F(RawCaps, ForeignCandidatesComeFromTheRegistry) {
  bool found = false;
  for (const CandidateSource& source : foreign_candidates(CodecDirection::Encode)) {
    const Candidate& c = source.facts();
    EXPECT_NE(c.element, "av1encbin");
    EXPECT_NE(c.element, "cpuav1enc");
    if (c.element != "svtav1enc") continue;
    found = true;
    EXPECT_EQ(c.backend, BackendKind::Cpu);
    EXPECT_FALSE(c.hardware);
    EXPECT_TRUE(c.formats.contains("I420_10LE"));
    EXPECT_EQ(c.capability.chroma, std::vector<std::string>{"4:2:0"});
    EXPECT_EQ(c.capability.min_width, 64u);
    EXPECT_EQ(c.capability.max_height, 8704u);
    EXPECT_TRUE(c.settings.contains("bitrate"));
    const ElementHandle element = source.create();
    ASSERT_TRUE(element);
    EXPECT_STREQ(GST_OBJECT_NAME(gst_element_get_factory(element.get())), "svtav1enc");
  }
  if (!found) GTEST_SKIP() << "svtav1enc is not installed";
}

}  // namespace
}  // namespace av1hw
