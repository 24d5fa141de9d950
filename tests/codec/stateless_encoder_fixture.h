// SPDX-License-Identifier: LGPL-2.1-or-later
// A stateless encoder on a checking backend, and a decoder's view of what comes out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/stateless_encoder.h"
#include "support/checking_encode_backend.h"
#include "support/recording_encoder_client.h"
#include "support/unit_follower.h"

namespace av1hw::test {

// All that a driver may have.
inline EncodeLimits generous_limits() {
  EncodeLimits limits;
  limits.forward_references = 4;
  limits.backward_references = 3;
  limits.max_tile_columns = 64;
  limits.max_tile_rows = 64;
  limits.cq = limits.vbr = limits.cbr = true;
  limits.changes_bitrate = true;
  limits.region_of_interest = true;
  limits.tools.enable_cdef = true;
  return limits;
}

inline EncoderInput input_of(const char* caps_text) {
  const CapsHandle caps(gst_caps_from_string(caps_text));
  EncoderInput input;
  EXPECT_TRUE(gst_video_info_from_caps(&input.info, caps.get())) << caps_text;
  return input;
}

class StatelessEncoderTest : public testing::Test {
 protected:
  StatelessEncoderTest() {
    script.limits = generous_limits();
    input = input_of("video/x-raw,format=NV12,width=320,height=240,framerate=30/1");
    encoder = std::make_unique<StatelessEncoder>(make_checking_encode_backend(script));
  }
  void TearDown() override {
    encoder.reset();
    EXPECT_EQ(script.complaints(), "");
    EXPECT_EQ(script.alive, 0U);
  }

  void open() {
    const auto opened = encoder->open(settings, input, client);
    ASSERT_TRUE(opened) << opened.error().message;
  }
  // The frame that is numbered `next`.
  InputFrame frame() {
    buffer.reset(gst_buffer_new());
    GST_BUFFER_OFFSET(buffer.get()) = next;
    return {.buffer = buffer.get(), .frame_number = next++};
  }
  Result<> encode(const InputFrame& one) { return encoder->encode(one); }
  void encode(unsigned frames) {
    for (unsigned i = 0; i < frames; ++i) {
      const auto encoded = encode(frame());
      ASSERT_TRUE(encoded) << encoded.error().message;
    }
  }
  void drain() {
    const auto drained = encoder->drain();
    ASSERT_TRUE(drained) << drained.error().message;
  }
  // Reads what came out since the last call: a unit for each frame from `first_out` on, in order.
  std::vector<FollowedUnit> follow() {
    std::vector<FollowedUnit> followed;
    for (const EncodedUnit& unit : client.take_units()) {
      followed.push_back(follower.take(bytes_of(unit)));
      const FollowedUnit& read = followed.back();
      EXPECT_EQ(read.shown, unit.frame_number);
      EXPECT_EQ(read.key_frame, unit.key_frame);
      EXPECT_EQ(unit.frame_number, first_out++);
    }
    EXPECT_EQ(follower.faults(), "");
    return followed;
  }
  static std::vector<uint8_t> bytes_of(const EncodedUnit& unit) {
    std::vector<uint8_t> bytes(gst_buffer_get_size(unit.data.get()));
    gst_buffer_extract(unit.data.get(), 0, bytes.data(), bytes.size());
    return bytes;
  }
  // One letter a unit: what its last coded frame is, k where it can be started from.
  static std::string types(const std::vector<FollowedUnit>& units) {
    std::string letters;
    for (const FollowedUnit& unit : units) {
      if (unit.key_frame) {
        letters += 'k';
      } else if (unit.frames == 0) {
        letters += 's';
      } else {
        letters += unit.type == GST_AV1_INTER_FRAME ? 'p' : 'i';
      }
    }
    return letters;
  }

  EncodeScript script;
  RecordingEncoderClient client;
  EncoderSettings settings;
  EncoderInput input;
  UnitFollower follower;
  uint64_t next = 1000;
  uint64_t first_out = 1000;
  BufferHandle buffer;
  std::unique_ptr<StatelessEncoder> encoder;
};

}  // namespace av1hw::test
