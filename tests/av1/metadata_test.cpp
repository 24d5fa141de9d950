// SPDX-License-Identifier: LGPL-2.1-or-later
// metadata_obu(): round trips of what is written, and parsing of the rest.
#include "av1/metadata.h"

#include <gtest/gtest.h>

#include "av1/bit_writer.h"
#include "av1/obu.h"

namespace av1hw {
namespace {

using Bytes = std::vector<uint8_t>;

MetadataObu parsed_back(const Bytes& obu) {
  const auto parsed = parse_obu(obu);
  EXPECT_TRUE(parsed);
  EXPECT_EQ(parsed->type, ObuType::Metadata);
  EXPECT_EQ(parsed->bytes.size(), obu.size());
  return parse_metadata(parsed->payload).value();
}

TEST(Metadata, ContentLight) {
  const HdrCll cll{1000, 400};
  EXPECT_EQ(write_metadata(cll), (Bytes{0x2a, 6, 1, 0x03, 0xe8, 0x01, 0x90, 0x80}));
  EXPECT_EQ(parsed_back(write_metadata(cll)), MetadataObu(cll));
}

TEST(Metadata, MasteringDisplay) {
  const HdrMdcv mdcv{{{{44564, 19005}, {17367, 45220}, {8585, 3932}}}, {20493, 21561}, 256000, 81};
  const Bytes obu = write_metadata(mdcv);
  EXPECT_EQ(obu.size(), 2u + 1 + 24 + 1);
  EXPECT_EQ(parsed_back(obu), MetadataObu(mdcv));
}

TEST(Metadata, ItuT35KeepsItsOwnZeros) {
  const Bytes message = {0xb5, 0x00, 0x3c, 0x00, 0x80, 0x00};
  EXPECT_EQ(parsed_back(write_itu_t35_metadata(message)), MetadataObu(MetadataItuT35{message}));
  // Zero bytes behind the trailing bits belong to them.
  const Bytes padded = {4, 0xb5, 0x00, 0x31, 0x80, 0x00, 0x00};
  EXPECT_EQ(parse_metadata(padded).value(), MetadataObu(MetadataItuT35{{0xb5, 0x00, 0x31}}));
}

TEST(Metadata, ItuT35WithoutAPayloadIsCutOff) {
  for (const Bytes& payload : {Bytes{4}, Bytes{4, 0x80}, Bytes{4, 0, 0}}) {
    EXPECT_FALSE(parse_metadata(payload));
  }
}

TEST(Metadata, Timecode) {
  BitWriter w;
  w.leb128(5);
  w.bits(4, 5);
  w.bits(0b101, 3);
  w.bits(29, 9);
  w.bits(59, 6);
  w.bits(58, 6);
  w.bits(23, 5);
  w.bits(8, 5);
  w.su(-3, 8);
  w.trailing_bits();
  EXPECT_EQ(parse_metadata(w.bytes()).value(), MetadataObu(Timecode{.counting_type = 4,
                                                                    .full_timestamp = true,
                                                                    .cnt_dropped = true,
                                                                    .n_frames = 29,
                                                                    .seconds = 59,
                                                                    .minutes = 58,
                                                                    .hours = 23,
                                                                    .time_offset_value = -3}));
}

TEST(Metadata, TimecodeWithSecondsOnly) {
  BitWriter w;
  w.leb128(5);
  w.bits(0, 8);
  w.bits(12, 9);
  w.flag(true);
  w.bits(34, 6);
  w.flag(false);
  w.bits(0, 5);
  w.trailing_bits();
  EXPECT_EQ(parse_metadata(w.bytes()).value(),
            MetadataObu(Timecode{.n_frames = 12, .seconds = 34}));
}

TEST(Metadata, Scalability) {
  const Bytes obu = write_metadata(Scalability{scalability_l1t3});
  EXPECT_EQ(obu, (Bytes{0x2a, 3, 3, 1, 0x80}));
  EXPECT_EQ(parsed_back(obu), MetadataObu(Scalability{scalability_l1t3}));
}

TEST(Metadata, ScalabilityAndUnknownTypes) {
  EXPECT_EQ(parse_metadata(Bytes{3, 14, 0x80}).value(), MetadataObu(Scalability{14}));
  EXPECT_EQ(parse_metadata(Bytes{0xff, 0x01, 0x80}).value(), MetadataObu(UnknownMetadata{255}));
  EXPECT_EQ(parse_metadata(Bytes{6}).value(), MetadataObu(UnknownMetadata{6}));
}

TEST(Metadata, CutOff) {
  for (const Bytes& payload :
       {Bytes{}, Bytes{0x80}, Bytes{1, 0, 0, 0}, Bytes{2, 1, 2, 3}, Bytes{3}, Bytes{5, 0xff}}) {
    const auto metadata = parse_metadata(payload);
    ASSERT_FALSE(metadata);
    EXPECT_EQ(metadata.error().message, "OBU_METADATA: is cut off");
  }
}

}  // namespace
}  // namespace av1hw
