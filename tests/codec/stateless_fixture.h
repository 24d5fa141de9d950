// SPDX-License-Identifier: LGPL-2.1-or-later
// A stateless decoder between packets that a test writes and a backend that checks each call.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/stateless_decoder.h"
#include "support/checking_backend.h"
#include "support/frame_writer.h"
#include "support/recording_client.h"

namespace av1hw {

class Stateless : public testing::Test {
 protected:
  using Bytes = std::vector<uint8_t>;
  using Numbers = std::vector<uint64_t>;

  void TearDown() override {
    decoder_.reset();
    EXPECT_EQ(script_.violations, std::vector<std::string>());
  }

  void open() {
    decoder_ = std::make_unique<StatelessDecoder>(test::make_checking_backend(script_));
    ASSERT_TRUE(decoder_->open(settings_, input_, client_));
  }

  // Decodes one packet; opens first.
  Result<> try_packet(const Bytes& packet, bool ends_temporal_unit = true) {
    if (!decoder_) open();
    const BufferHandle buffer(packet.empty() ? gst_buffer_new()
                                             : gst_buffer_new_memdup(packet.data(), packet.size()));
    GstMapInfo map;
    if (!gst_buffer_map(buffer.get(), &map, GST_MAP_READ)) return {};
    script_.input = {map.data, map.size};
    const uint64_t offset = offset_;
    offset_ += packet.size();
    Result<> decoded =
        decoder_->decode({buffer.get(), packets_++, offset, ends_temporal_unit, late_});
    gst_buffer_unmap(buffer.get(), &map);
    return decoded;
  }
  void packet(const Bytes& bytes, bool ends_temporal_unit = true) {
    const Result<> decoded = try_packet(bytes, ends_temporal_unit);
    EXPECT_TRUE(decoded) << decoded.error().message;
  }
  void unit(std::initializer_list<Bytes> obus) { packet(test::unit_of(obus)); }
  void drain() { EXPECT_TRUE(decoder_->drain()); }

  Bytes sequence() const { return test::sequence_header_obu(seq_); }
  Bytes frame(const test::FrameSpec& spec, std::optional<ObuLayer> layer = std::nullopt) const {
    return test::frame_obu(seq_, spec, layer);
  }
  Bytes key() const { return frame({}); }
  // Refers to slot 0, and goes there.
  Bytes inter() const { return frame({.type = FrameType::Inter, .refresh = 1}); }

  // The surfaces of the pictures that were submitted, and of those put out.
  const test::SubmittedPicture& submitted(size_t index) const {
    return script_.submitted.at(index);
  }

  SequenceHeader seq_ = test::plain_sequence();
  DecoderSettings settings_;
  DecoderInput input_;
  test::BackendScript script_;
  test::RecordingClient client_;
  std::unique_ptr<StatelessDecoder> decoder_;
  uint64_t packets_ = 0;
  uint64_t offset_ = 0;
  bool late_ = false;  // the packets to come
};

}  // namespace av1hw
