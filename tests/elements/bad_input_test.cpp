// SPDX-License-Identifier: LGPL-2.1-or-later
// Damaged, false and hostile input: every decoder says what is wrong and loses no good frame.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "av1/bit_writer.h"
#include "av1/obu.h"
#include "av1/obu_writer.h"
#include "support/decode_session.h"
#include "support/decoder_test_name.h"
#include "support/mutation.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

constexpr const char* section5_caps = "video/x-av1,stream-format=obu-stream,alignment=tu";
constexpr const char* annex_b_caps = "video/x-av1,stream-format=annexb,alignment=tu";

std::filesystem::path data_folder() {
  return std::filesystem::path(std::getenv("AV1HW_SOURCE_ROOT")) / "tests" / "data";
}

// Ten temporal units, a key frame first, with hidden frames and frames that are shown later.
std::vector<Bytes> section5_clip() {
  const Bytes file = read_bytes(data_folder() / "grain.ivf");
  std::vector<Bytes> units;
  for (const auto frame : split_ivf(file)) units.emplace_back(frame.begin(), frame.end());
  return units;
}

std::vector<Bytes> annexb_clip() {
  const Bytes file = read_bytes(data_folder() / "annexb.obu");
  std::vector<Bytes> units;
  for (const TemporalUnit& unit : split_annexb(file).units) {
    units.emplace_back(unit.packet.begin(), unit.packet.end());
  }
  return units;
}

std::vector<Bytes> single_obus(const std::vector<Bytes>& units) {
  std::vector<Bytes> obus;
  for (const Bytes& unit : units) {
    ObuReader reader(unit, ObuFraming::Section5);
    for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
      obus.emplace_back((*obu)->bytes.begin(), (*obu)->bytes.end());
    }
  }
  return obus;
}

std::vector<Bytes> repeated(const std::vector<Bytes>& units, unsigned times) {
  std::vector<Bytes> all;
  for (unsigned i = 0; i < times; i++) all.insert(all.end(), units.begin(), units.end());
  return all;
}

// The frames of packets first .. first + count - 1.
std::vector<DecodedFrame> frames_of(const DecodeOutcome& outcome, size_t first, size_t count) {
  std::vector<DecodedFrame> frames;
  for (const DecodedFrame& frame : outcome.frames) {
    if (frame.pts >= packet_time(first) && frame.pts < packet_time(first + count)) {
      frames.push_back(frame);
    }
  }
  return frames;
}

std::vector<std::string> checksums(const std::vector<DecodedFrame>& frames) {
  std::vector<std::string> all;
  for (const DecodedFrame& frame : frames) all.push_back(frame.checksum);
  return all;
}

size_t total_size(const std::vector<Bytes>& units) {
  size_t total = 0;
  for (const Bytes& unit : units) total += unit.size();
  return total;
}

class BadInput : public testing::TestWithParam<std::string> {
 protected:
  static DecodeOutcome decode(const std::vector<Bytes>& packets, const char* caps = section5_caps) {
    return decode_packets({.element = GetParam(), .caps = caps}, packets);
  }

  // The decoder, for every other seed with several frames in flight.
  static std::string element_for(unsigned seed) {
    if (seed % 2 == 0) return GetParam();
    return with_property(with_property(GetParam(), "threads", "3"), "max-frame-delay", "3");
  }

  // Frames before the damage and from the next key frame on are those of an undamaged stream.
  static void survive_mutations(const std::vector<Bytes>& clip, const char* caps, unsigned count) {
    const DecodeOutcome clean = decode(clip, caps);
    ASSERT_EQ(clean.frames.size(), clip.size()) << clean.complaints();
    for (unsigned seed = 0; seed < count; seed++) {
      SCOPED_TRACE("mutation " + std::to_string(seed));
      std::vector<Bytes> stream = repeated(clip, 3);
      Mutator(seed).damage_one(std::span(stream).subspan(clip.size(), clip.size()));
      const DecodeOutcome outcome =
          decode_packets({.element = element_for(seed), .caps = caps}, stream);
      ASSERT_TRUE(outcome.ended) << "it hung\n" << outcome.complaints();
      ASSERT_TRUE(outcome.errors.empty()) << outcome.complaints();
      EXPECT_EQ(checksums(frames_of(outcome, 0, clip.size())), checksums(clean.frames))
          << "before the damage\n"
          << outcome.complaints();
      EXPECT_EQ(checksums(frames_of(outcome, 2 * clip.size(), clip.size())),
                checksums(clean.frames))
          << "after the next key frame\n"
          << outcome.complaints();
    }
  }
};

TEST_P(BadInput, GoodInputBringsNoComplaint) {
  const auto clip = section5_clip();
  const DecodeOutcome outcome = decode(repeated(clip, 3));
  EXPECT_TRUE(outcome.ended);
  EXPECT_EQ(outcome.complaints(), "");
  ASSERT_EQ(outcome.frames.size(), 30u);
  EXPECT_EQ(checksums(frames_of(outcome, 20, 10)), checksums(frames_of(outcome, 0, 10)));
}

TEST_P(BadInput, DamagedUnitsCostTheirOwnFrames) {
  survive_mutations(section5_clip(), section5_caps, 300);
}

TEST_P(BadInput, DamagedAnnexBUnitsCostTheirOwnFrames) {
  survive_mutations(annexb_clip(), annex_b_caps, 100);
}

// OBUs one at a time, as they come out of a network, and one of them missing.
TEST_P(BadInput, LostObusCostTheirOwnFrames) {
  const char* caps = "video/x-av1,stream-format=obu-stream,alignment=obu";
  const auto clean = checksums(decode(section5_clip()).frames);
  const auto obus = single_obus(section5_clip());
  for (size_t lost = 0; lost < obus.size(); lost++) {
    SCOPED_TRACE("OBU " + std::to_string(lost));
    std::vector<Bytes> stream = repeated(obus, 3);
    stream.erase(stream.begin() + static_cast<ptrdiff_t>(obus.size() + lost));
    const DecodeOutcome outcome = decode(stream, caps);
    ASSERT_TRUE(outcome.ended) << outcome.complaints();
    ASSERT_TRUE(outcome.errors.empty()) << outcome.complaints();
    const auto all = checksums(outcome.frames);
    ASSERT_GE(all.size(), 2 * clean.size()) << outcome.complaints();
    EXPECT_TRUE(std::ranges::equal(std::span(all).first(clean.size()), clean));
    EXPECT_TRUE(std::ranges::equal(std::span(all).last(clean.size()), clean));
  }
}

TEST_P(BadInput, InputThatEndsMidFrameNamesTheObu) {
  std::vector<Bytes> stream = section5_clip();
  const DecodeOutcome clean = decode(stream);
  stream.back().resize(stream.back().size() / 2);
  // Behind the unit's temporal delimiter, which takes two bytes.
  const size_t offset = total_size(stream) - stream.back().size() + 2;
  const DecodeOutcome outcome = decode(stream);
  EXPECT_TRUE(outcome.ended);
  EXPECT_TRUE(outcome.errors.empty()) << outcome.complaints();
  EXPECT_TRUE(outcome.mentions("OBU_FRAME at byte " + std::to_string(offset)))
      << offset << "\n"
      << outcome.complaints();
  EXPECT_EQ(checksums(frames_of(outcome, 0, 9)), checksums(frames_of(clean, 0, 9)));
}

TEST_P(BadInput, NoDecodableFrameIsAnError) {
  const std::string text = "This is no video at all, just a sentence that goes on and on.";
  const std::vector<std::pair<const char*, Bytes>> inputs = {
      {"text", Bytes(text.begin(), text.end())},
      {"PNG", {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 1, 0}},
      {"MP4", read_bytes(data_folder() / "chart.mp4")},
      {"H.264", {0, 0, 0, 1, 0x67, 0x42, 0, 0x1e, 0xab, 0, 0, 0, 1, 0x65, 0x88, 0x84}},
      {"zeros", Bytes(4096, 0)},
      {"ones", Bytes(4096, 0xff)},
      {"noise", Mutator(7).noise(4096)},
  };
  for (const char* caps : {section5_caps, annex_b_caps}) {
    for (const auto& [name, bytes] : inputs) {
      SCOPED_TRACE(std::string(name) + " as " + caps);
      const DecodeOutcome outcome = decode({bytes}, caps);
      EXPECT_TRUE(outcome.ended);
      EXPECT_TRUE(outcome.frames.empty());
      EXPECT_FALSE(outcome.errors.empty()) << outcome.complaints();
    }
  }
}

TEST_P(BadInput, NoiseIsNamed) {
  const DecodeOutcome outcome = decode({Bytes(64, 0xff)});
  EXPECT_TRUE(outcome.mentions("OBU header at byte 0")) << outcome.complaints();
}

TEST_P(BadInput, EmptyInputEnds) {
  for (const std::vector<Bytes>& packets :
       {std::vector<Bytes>{}, std::vector<Bytes>{{}}, std::vector<Bytes>{{}, {}, {}}}) {
    const DecodeOutcome outcome = decode(packets);
    EXPECT_TRUE(outcome.ended);
    EXPECT_TRUE(outcome.frames.empty());
  }
}

TEST_P(BadInput, EmptyUnitsBetweenGoodOnes) {
  const auto clip = section5_clip();
  std::vector<Bytes> stream;
  for (const Bytes& unit : clip) {
    stream.push_back(unit);
    stream.push_back({});
  }
  const DecodeOutcome outcome = decode(stream);
  EXPECT_TRUE(outcome.ended);
  EXPECT_EQ(checksums(outcome.frames), checksums(decode(clip).frames)) << outcome.complaints();
}

constexpr size_t gigantic_frame_size = 403;  // the OBU_FRAME at its end

// A still picture of the largest size that can be written: 6 GiB of samples.
Bytes gigantic_still() {
  BitWriter sequence;
  sequence.bits(0b000'1'1, 5);  // profile 0, still_picture, reduced_still_picture_header
  sequence.bits(31, 5);         // seq_level_idx: no limits
  sequence.bits(15, 4);
  sequence.bits(15, 4);
  sequence.bits(0xffff, 16);
  sequence.bits(0xffff, 16);
  sequence.bits(0, 6 + 7 + 1);  // no tools; 8 bits, 4:2:0, colours unspecified; no film grain
  sequence.trailing_bits();
  Bytes unit = write_obu(ObuType::TemporalDelimiter, {});
  for (const Bytes& obu : {write_obu(ObuType::SequenceHeader, sequence.bytes()),
                           write_obu(ObuType::Frame, Bytes(400, 0))}) {
    unit.insert(unit.end(), obu.begin(), obu.end());
  }
  return unit;
}

TEST_P(BadInput, GiganticSizeIsRefusedByName) {
  const auto clip = section5_clip();
  std::vector<Bytes> stream = clip;
  stream.push_back(gigantic_still());
  const size_t offset = total_size(stream) - gigantic_frame_size;
  stream.insert(stream.end(), clip.begin(), clip.end());
  const DecodeOutcome outcome = decode(stream);
  EXPECT_TRUE(outcome.ended);
  EXPECT_TRUE(outcome.errors.empty()) << outcome.complaints();
  EXPECT_TRUE(outcome.mentions("OBU_FRAME at byte " + std::to_string(offset)))
      << outcome.complaints();
  EXPECT_TRUE(outcome.mentions("65536")) << outcome.complaints();
  const auto expected = checksums(decode(clip).frames);
  EXPECT_EQ(checksums(frames_of(outcome, 0, 10)), expected);
  EXPECT_EQ(checksums(frames_of(outcome, 11, 10)), expected);
}

TEST_P(BadInput, BitstreamWinsOverCapsThatLie) {
  const auto clip = section5_clip();
  const auto expected = checksums(decode(clip).frames);
  for (const char* lie :
       {"width=1920,height=1080", "width=1,height=1", "width=65535,height=65535,framerate=0/1",
        "profile=professional,chroma-format=4:4:4,bit-depth-luma=12,bit-depth-chroma=12",
        "pixel-aspect-ratio=1/1,interlace-mode=interleaved,colorimetry=bt2020",
        "level=2.0,tier=high", "codec_data=(buffer)00", "codec_data=(buffer)81ffffff0affffffffffff",
        "codec_data=(buffer)810000000a0100"}) {
    SCOPED_TRACE(lie);
    const std::string caps = std::string(section5_caps) + "," + lie;
    const DecodeOutcome outcome = decode(clip, caps.c_str());
    EXPECT_TRUE(outcome.ended);
    EXPECT_EQ(checksums(outcome.frames), expected) << outcome.complaints();
    ASSERT_FALSE(outcome.frames.empty());
    EXPECT_EQ(outcome.frames[0].width, 320);
    EXPECT_EQ(outcome.frames[0].height, 180);
  }
}

TEST_P(BadInput, WrongFramingIsSaid) {
  const DecodeOutcome as_annexb = decode(section5_clip(), annex_b_caps);
  EXPECT_TRUE(as_annexb.ended);
  EXPECT_FALSE(as_annexb.errors.empty()) << as_annexb.complaints();
  EXPECT_TRUE(as_annexb.mentions("temporal_unit_size at byte 0") ||
              as_annexb.mentions("frame_unit_size at byte") ||
              as_annexb.mentions("obu_length at byte"))
      << as_annexb.complaints();
  const DecodeOutcome as_section5 = decode(annexb_clip());
  EXPECT_TRUE(as_section5.ended);
  EXPECT_FALSE(as_section5.errors.empty()) << as_section5.complaints();
}

INSTANTIATE_TEST_SUITE_P(Decoders, BadInput, testing::ValuesIn(decoders_to_test()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BadInput);

TEST(Decoders, HasADecoderToTest) {
  if (decoders_to_test().empty()) GTEST_SKIP() << "no decoder element is built: NOTHING was tested";
}

}  // namespace
}  // namespace av1hw::test
