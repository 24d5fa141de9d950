// SPDX-License-Identifier: LGPL-2.1-or-later
// The stateless decoder: OBUs, tile groups, framings, and input that is damaged.
#include "stateless_fixture.h"

namespace av1hw {
namespace {

using test::FrameSpec;

// 256x128 in superblocks of 64: 4x2 tiles.
constexpr FrameSpec eight_tiles{.column_increments = 2, .row_increments = 1, .tile_number_bits = 3};

class StatelessTiles : public Stateless {
 protected:
  StatelessTiles() { seq_ = test::plain_sequence(256, 128); }

  Bytes header() const { return test::frame_header_obu(seq_, eight_tiles); }
  Bytes redundant() const {
    return test::frame_header_obu(seq_, eight_tiles, ObuType::RedundantFrameHeader);
  }
  static Bytes group(unsigned start, unsigned end) { return test::tile_group_obu(start, end, 3); }

  // The only message so far.
  std::string message() const {
    EXPECT_EQ(client_.damages.size(), 1u) << client_.complaints();
    return client_.damages.empty() ? "" : client_.damages[0].message;
  }
};

TEST_F(StatelessTiles, OneGroup) {
  unit({sequence(), header(), group(0, 7)});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.numbers(), (Numbers{0}));
  EXPECT_EQ(submitted(0).tiles, 8u);
  EXPECT_EQ(submitted(0).tile_groups, 1u);
  EXPECT_TRUE(submitted(0).in_input);
}

TEST_F(StatelessTiles, SeveralGroupsInAPacketAreNotCopied) {
  unit({sequence(), header(), group(0, 2), redundant(), group(3, 3), group(4, 7)});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(submitted(0).tiles, 8u);
  EXPECT_EQ(submitted(0).tile_groups, 3u);
  EXPECT_TRUE(submitted(0).in_input);
}

TEST_F(StatelessTiles, GroupsInSeveralPackets) {
  packet(test::unit_of({sequence(), header()}), false);
  packet(group(0, 2), false);
  packet(redundant(), false);
  packet(group(3, 3), false);
  packet(group(4, 7));
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.numbers(), (Numbers{4}));
  EXPECT_EQ(client_.without, (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(submitted(0).tile_groups, 3u);
  EXPECT_FALSE(submitted(0).in_input);
  EXPECT_EQ(script_.tile_bytes, 8u * 3);
}

TEST_F(StatelessTiles, FrameWithoutItsLastTilesIsLost) {
  unit({sequence(), header(), group(0, 5)});
  EXPECT_EQ(message(),
            "the frame before byte " + std::to_string(offset_) + ": 2 of 8 tiles are missing");
  unit({header(), group(0, 7)});
  // The next delimiter tells as well, where packets do not.
  packet(test::unit_of({header(), group(0, 5)}), false);
  const uint64_t next = offset_;
  packet(test::unit_of({header(), group(0, 7)}), false);
  ASSERT_EQ(client_.damages.size(), 2u);
  EXPECT_EQ(client_.damages[1].message,
            "the frame before byte " + std::to_string(next) + ": 2 of 8 tiles are missing");
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{1, 3}));
  EXPECT_EQ(script_.submits, 2u);
}

TEST_F(StatelessTiles, GroupThatIsNotDue) {
  for (const auto& [start, end] : {std::pair{4u, 7u}, {0u, 2u}, {5u, 3u}}) {
    client_.damages.clear();
    unit({sequence(), header(), group(0, 2), group(start, end), group(3, 7)});
    EXPECT_NE(message().find("where tile 3 of 8 is due"), std::string::npos) << message();
    EXPECT_EQ(script_.submits, 0u);
  }
}

TEST_F(StatelessTiles, GroupWithoutAHeader) {
  unit({sequence(), header(), group(0, 7)});
  unit({group(0, 7)});
  EXPECT_NE(message().find("OBU_TILE_GROUP at byte"), std::string::npos);
  EXPECT_NE(message().find("no frame header came before it"), std::string::npos);
}

TEST_F(StatelessTiles, TileThatIsLargerThanItsGroup) {
  BitWriter w;
  w.flag(false);
  w.align();
  w.append(Bytes{200, 1, 2, 3});
  unit({sequence(), header(), write_obu(ObuType::TileGroup, w.bytes())});
  EXPECT_NE(message().find("tile 0 claims 201 bytes where 4 are left"), std::string::npos)
      << message();
}

TEST_F(StatelessTiles, EmptyTile) {
  const Bytes header_only = test::frame_header_obu(test::plain_sequence(), {});
  seq_ = test::plain_sequence();
  unit({sequence(), header_only, write_obu(ObuType::TileGroup, {})});
  EXPECT_NE(message().find("tile 0 is empty"), std::string::npos) << message();
}

// 65 columns of one superblock: one more than there may be.
TEST_F(StatelessTiles, TilesThatLeaveAPartOut) {
  seq_ = test::plain_sequence(65 * 64, 64);
  BitWriter w;
  w.bits(0b0'00'1'1'0, 6);  // a shown key frame, disable_cdf_update, no size
  w.flag(false);            // render_and_frame_size_different
  w.flag(false);            // uniform_tile_spacing_flag
  // width_in_sbs_minus_1 = 0 in ns(n), n from 64 (of 65 left, a tile is at most 64 wide) to 2.
  for (unsigned left = 65; left > 1; left--) w.ns(0, std::min(left, 64u));
  w.align();
  w.append(Bytes(400, 0));
  unit({sequence(), write_obu(ObuType::Frame, w.bytes())});
  EXPECT_NE(message().find("its tiles leave a part of the frame out"), std::string::npos)
      << message();
}

TEST_F(StatelessTiles, RedundantHeadersAndPaddingAreNoPictures) {
  unit({sequence(), redundant(), write_obu(ObuType::Padding, Bytes{1, 2, 3}),
        write_obu(static_cast<ObuType>(9), Bytes{1})});
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.without, (Numbers{0}));
}

TEST_F(StatelessTiles, TileListIsRefused) {
  unit({sequence(), header(), group(0, 7)});
  unit({write_obu(ObuType::TileList, Bytes(20, 0))});
  EXPECT_NE(message().find("OBU_TILE_LIST at byte"), std::string::npos);
  EXPECT_NE(message().find("not supported"), std::string::npos);
  EXPECT_EQ(client_.without, (Numbers{1}));
}

TEST_F(Stateless, FrameObuThatShowsAnExistingFrame) {
  unit({sequence(), write_obu(ObuType::Frame, Bytes{0x80, 0, 0, 0})});
  unit({key()});
  unit({write_obu(ObuType::Frame, Bytes{0x80, 0, 0, 0})});
  ASSERT_EQ(client_.damages.size(), 2u);
  EXPECT_TRUE(client_.damages[1].message.ends_with("has tiles, but shows an existing frame"));
}

TEST_F(Stateless, DamageCostsItsPacketAlone) {
  unit({sequence(), key()});
  packet(Bytes{0x12, 0x00, 0x32, 0x7f, 1, 2});
  packet(Bytes{});
  unit({inter()});
  drain();
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_NE(client_.damages[0].message.find("claims 127 bytes where 2 are left"),
            std::string::npos);
  EXPECT_EQ(client_.numbers(), (Numbers{0, 3}));
  EXPECT_EQ(client_.without, (Numbers{1, 2}));
}

TEST_F(Stateless, EveryCutOfAFrameIsSurvived) {
  const Bytes whole = key();
  for (size_t size = 2; size < whole.size(); size++) {
    // The size field says what is there.
    const std::span<const uint8_t> payload(whole.data() + 2, size - 2);
    unit({sequence(), write_obu(ObuType::Frame, payload)});
  }
  unit({sequence(), key()});
  drain();
  EXPECT_EQ(client_.numbers().back(), packets_ - 1);
}

TEST_F(Stateless, EveryCutOfASequenceHeaderIsSurvived) {
  const Bytes whole = write_sequence_header(seq_);
  for (size_t size = 0; size + 1 < whole.size(); size++) {
    unit({write_obu(ObuType::SequenceHeader, std::span(whole).first(size)), key()});
  }
  EXPECT_TRUE(client_.pictures.empty());
  unit({sequence(), key()});
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{packets_ - 1}));
}

TEST_F(Stateless, AnnexB) {
  input_.framing = ObuFraming::AnnexBTemporalUnit;
  BitWriter obus;
  for (const Bytes& obu : {test::delimiter_obu(), sequence(), key()}) {
    obus.leb128(static_cast<uint32_t>(obu.size()));
    obus.append(obu);
  }
  BitWriter frame_unit;
  frame_unit.leb128(static_cast<uint32_t>(obus.bytes().size()));
  frame_unit.append(obus.bytes());
  BitWriter temporal_unit;
  temporal_unit.leb128(static_cast<uint32_t>(frame_unit.bytes().size()));
  temporal_unit.append(frame_unit.bytes());
  packet(temporal_unit.bytes());
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.numbers(), (Numbers{0}));
}

TEST_F(Stateless, FrameSizeLimit) {
  settings_.frame_size_limit = 63 * 64;
  unit({sequence(), key()});
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_TRUE(
      client_.damages[0].message.ends_with("the frame is larger than frame-size-limit: 64x64"));
  EXPECT_EQ(script_.configures, 0u);
}

// A header that ends in the middle, as one with so many tiles may well do, still has its size.
TEST_F(Stateless, AnImpossibleSizeIsNamedBeforeWhatFollowsFromIt) {
  seq_ = test::plain_sequence(65536, 65536);
  const Bytes whole = key();
  const auto beginning = parse_obu(whole)->payload.first(2);
  unit({sequence(), write_obu(ObuType::Frame, {beginning.begin(), beginning.end()})});
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_TRUE(client_.damages[0].message.ends_with("frame-size-limit: 65536x65536"))
      << client_.damages[0].message;
}

}  // namespace
}  // namespace av1hw
