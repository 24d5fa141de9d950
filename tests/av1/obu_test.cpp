// SPDX-License-Identifier: LGPL-2.1-or-later
// Walking over OBUs in every framing, and what damage is said to be and where.
#include "av1/obu.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "av1/bit_reader.h"
#include "av1/obu_writer.h"

namespace av1hw {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// One annex B unit: its size (below 128) and what is in it.
Bytes sized(std::initializer_list<Bytes> parts) {
  Bytes unit = joined(parts);
  unit.insert(unit.begin(), static_cast<uint8_t>(unit.size()));
  return unit;
}

// All that a reader gives, errors included, as lines of text.
std::vector<std::string> walk(const Bytes& packet, ObuFraming framing) {
  std::vector<std::string> lines;
  ObuReader reader(packet, framing);
  for (int calls = 0; calls < 1000; calls++) {
    const auto obu = reader.next();
    if (!obu) {
      lines.push_back("error: " + obu.error().describe(0));
    } else if (*obu) {
      lines.push_back((*obu)->describe(0) + " payload " + std::to_string((*obu)->payload.size()));
    } else {
      return lines;
    }
  }
  lines.push_back("no end");
  return lines;
}

using Lines = std::vector<std::string>;

const Bytes temporal_delimiter = {0x12, 0x00};

TEST(Obu, NamesOfTypes) {
  EXPECT_STREQ(obu_type_name(ObuType::Frame), "OBU_FRAME");
  EXPECT_STREQ(obu_type_name(ObuType::Padding), "OBU_PADDING");
  EXPECT_STREQ(obu_type_name(static_cast<ObuType>(0)), "reserved OBU");
  EXPECT_STREQ(obu_type_name(static_cast<ObuType>(14)), "reserved OBU");
}

TEST(Obu, HeaderWithExtension) {
  const Bytes written = write_obu(ObuType::TileGroup, Bytes{1, 2, 3}, ObuLayer{5, 2});
  const auto obu = parse_obu(joined({written, {9, 9}}));
  ASSERT_TRUE(obu);
  EXPECT_EQ(obu->type, ObuType::TileGroup);
  EXPECT_TRUE(obu->has_extension);
  EXPECT_TRUE(obu->has_size_field);
  EXPECT_EQ(obu->temporal_id, 5);
  EXPECT_EQ(obu->spatial_id, 2);
  EXPECT_EQ(obu->bytes.size(), written.size());
  EXPECT_EQ(obu->payload.size(), 3u);
}

TEST(Obu, LongPayloadHasALongSize) {
  const Bytes written = write_obu(ObuType::Padding, Bytes(300, 1));
  EXPECT_EQ(written.size(), 303u);
  const auto obu = parse_obu(written);
  ASSERT_TRUE(obu);
  EXPECT_EQ(obu->payload.size(), 300u);
}

TEST(ObuReader, Section5WithEveryKindOfObu) {
  const Bytes without_size = {0x30, 1, 2, 3, 4};  // OBU_FRAME that goes on to the end
  const Bytes packet = joined({temporal_delimiter, write_obu(static_cast<ObuType>(9), Bytes{1}),
                               write_obu(ObuType::Padding, {}), without_size});
  EXPECT_EQ(walk(packet, ObuFraming::Section5),
            (Lines{"OBU_TEMPORAL_DELIMITER at byte 0 payload 0", "reserved OBU at byte 2 payload 1",
                   "OBU_PADDING at byte 5 payload 0", "OBU_FRAME at byte 7 payload 4"}));
}

TEST(ObuReader, Section5DamageIsNamedOnceAndEndsThePacket) {
  EXPECT_EQ(walk(joined({temporal_delimiter, {0x32, 100, 1, 2}}), ObuFraming::Section5),
            (Lines{"OBU_TEMPORAL_DELIMITER at byte 0 payload 0",
                   "error: OBU_FRAME at byte 2: claims 100 bytes where 2 are left"}));
  EXPECT_EQ(walk({0x92, 0x00}, ObuFraming::Section5),
            Lines{"error: OBU header at byte 0: has its forbidden bit set"});
  EXPECT_EQ(walk({0x36}, ObuFraming::Section5),
            Lines{"error: OBU_FRAME at byte 0: ends inside its header"});
  EXPECT_EQ(walk({0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, ObuFraming::Section5),
            Lines{"error: OBU_FRAME at byte 0: has a size that is cut off or too large"});
  EXPECT_EQ(walk({0x32, 0x80}, ObuFraming::Section5),
            Lines{"error: OBU_FRAME at byte 0: has a size that is cut off or too large"});
  EXPECT_EQ(walk({}, ObuFraming::Section5), Lines{});
}

TEST(ObuReader, ErrorOffsetsCountFromTheStream) {
  ObuReader reader(temporal_delimiter, ObuFraming::Section5);
  const auto obu = reader.next();
  ASSERT_TRUE(obu && *obu);
  EXPECT_EQ((*obu)->describe(5000000000), "OBU_TEMPORAL_DELIMITER at byte 5000000000");
}

TEST(ObuReader, AnnexBAtEveryAlignment) {
  const Bytes delimiter = sized({{0x10}});
  const Bytes frame = sized({{0x30, 7, 8}});
  const Bytes with_own_size = sized({write_obu(ObuType::Metadata, Bytes{1, 2})});
  const Bytes frame_unit = sized({delimiter, with_own_size, frame});
  const Bytes unit = sized({frame_unit, sized({frame})});
  EXPECT_EQ(walk(unit, ObuFraming::AnnexBTemporalUnit),
            (Lines{"OBU_TEMPORAL_DELIMITER at byte 3 payload 0", "OBU_METADATA at byte 5 payload 2",
                   "OBU_FRAME at byte 10 payload 2", "OBU_FRAME at byte 15 payload 2"}));
  EXPECT_EQ(walk(frame_unit, ObuFraming::AnnexBFrame),
            (Lines{"OBU_TEMPORAL_DELIMITER at byte 2 payload 0", "OBU_METADATA at byte 4 payload 2",
                   "OBU_FRAME at byte 9 payload 2"}));
  EXPECT_EQ(walk(frame, ObuFraming::AnnexBObu), Lines{"OBU_FRAME at byte 1 payload 2"});
}

TEST(ObuReader, AnnexBSeveralUnitsAndEmptyOnes) {
  const Bytes frame = sized({{0x30, 7}});
  const Bytes packet = joined({sized({}), sized({sized({}), sized({frame})}), sized({})});
  EXPECT_EQ(walk(packet, ObuFraming::AnnexBTemporalUnit), Lines{"OBU_FRAME at byte 5 payload 1"});
}

TEST(ObuReader, AnnexBGoesOnBehindADamagedUnit) {
  const Bytes frame = sized({{0x30, 7}});
  const Bytes too_long = sized({{99, 0x30, 7}});  // obu_length beyond its frame unit
  const Bytes forbidden = sized({sized({{0x90}}), frame});
  EXPECT_EQ(walk(sized({too_long, forbidden}), ObuFraming::AnnexBTemporalUnit),
            (Lines{"error: obu_length at byte 2: claims 99 bytes where 2 are left",
                   "error: OBU header at byte 7: has its forbidden bit set",
                   "OBU_FRAME at byte 9 payload 1"}));
  const Bytes bad_frame_unit = sized({{50, 1}});
  EXPECT_EQ(walk(joined({bad_frame_unit, sized({sized({frame})})}), ObuFraming::AnnexBTemporalUnit),
            (Lines{"error: frame_unit_size at byte 1: claims 50 bytes where 1 are left",
                   "OBU_FRAME at byte 6 payload 1"}));
  EXPECT_EQ(walk({40, 1, 2}, ObuFraming::AnnexBTemporalUnit),
            Lines{"error: temporal_unit_size at byte 0: claims 40 bytes where 2 are left"});
  EXPECT_EQ(walk(sized({sized({{0}})}), ObuFraming::AnnexBTemporalUnit),
            Lines{"error: OBU header at byte 3: is missing"});
}

TEST(Split, Section5AtDelimiters) {
  const Bytes frame = write_obu(ObuType::Frame, Bytes{1, 2});
  const Bytes file = joined({frame, temporal_delimiter, frame, temporal_delimiter, frame, frame});
  const TemporalUnits split = split_section5(file);
  EXPECT_FALSE(split.error);
  ASSERT_EQ(split.units.size(), 3u);
  EXPECT_EQ(split.units[0].packet.size(), 4u);
  EXPECT_EQ(split.units[1].offset, 4u);
  EXPECT_EQ(split.units[1].packet.size(), 6u);
  EXPECT_EQ(split.units[2].offset, 10u);
  EXPECT_EQ(split.units[2].packet.size(), 10u);
  EXPECT_TRUE(split_section5({}).units.empty());
}

TEST(Split, Section5KeepsWhatFollowsDamage) {
  const Bytes file = joined({temporal_delimiter, {0x80, 1, 2}});
  const TemporalUnits split = split_section5(file);
  ASSERT_TRUE(split.error);
  EXPECT_EQ(split.error->offset, 2u);
  ASSERT_EQ(split.units.size(), 1u);
  EXPECT_EQ(split.units[0].packet.size(), file.size());
}

TEST(Split, AnnexB) {
  const Bytes unit = sized({sized({sized({{0x30, 7}})})});
  const TemporalUnits split = split_annexb(joined({unit, unit, {9, 1}}));
  ASSERT_EQ(split.units.size(), 3u);
  EXPECT_EQ(split.units[1].offset, unit.size());
  EXPECT_EQ(split.units[1].packet.size(), unit.size());
  EXPECT_EQ(split.units[2].packet.size(), 2u);
  ASSERT_TRUE(split.error);
  EXPECT_EQ(split.error->describe(0),
            "temporal_unit_size at byte 10: claims 9 bytes where 1 are left");
}

// Any bytes in any framing: the walk ends, and each OBU lies within the packet.
TEST(ObuReader, SurvivesNoise) {
  uint32_t state = 1;
  const auto next_byte = [&state] {
    state = state * 1664525 + 1013904223;
    return static_cast<uint8_t>(state >> 24);
  };
  for (int round = 0; round < 20000; round++) {
    Bytes packet(next_byte() % 40);
    // Small numbers are sizes that nearly fit, which is where mistakes would be.
    for (uint8_t& byte : packet) byte = next_byte() % 4 != 0 ? next_byte() % 24 : next_byte();
    for (const auto framing : {ObuFraming::Section5, ObuFraming::AnnexBTemporalUnit,
                               ObuFraming::AnnexBFrame, ObuFraming::AnnexBObu}) {
      ObuReader reader(packet, framing);
      size_t last_end = 0;
      for (int calls = 0;; calls++) {
        ASSERT_LE(calls, 100);
        const auto obu = reader.next();
        if (!obu) continue;
        if (!*obu) break;
        EXPECT_GE((*obu)->offset, last_end);
        last_end = (*obu)->offset + (*obu)->bytes.size();
        ASSERT_LE(last_end, packet.size());
      }
    }
  }
}

}  // namespace
}  // namespace av1hw
