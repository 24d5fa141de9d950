// SPDX-License-Identifier: LGPL-2.1-or-later
// The stateless decoder: reference slots, hidden frames, and what happens where one is missing.
#include "stateless_fixture.h"

namespace av1hw {
namespace {

using test::FrameSpec;
using Slots = std::array<unsigned, 8>;

TEST_F(Stateless, KeyFrameFillsAllSlots) {
  unit({sequence(), key()});
  unit({inter()});
  unit({inter()});
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
  EXPECT_EQ(submitted(0).slots, (Slots{}));
  EXPECT_EQ(submitted(1).slots, (Slots{1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(submitted(2).slots, (Slots{2, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_TRUE(client_.pictures[0].key_frame);
  EXPECT_FALSE(client_.pictures[1].key_frame);
  EXPECT_TRUE(client_.damages.empty());
}

TEST_F(Stateless, HiddenFrameComesOutWhenItIsShown) {
  unit({sequence(), key()});
  unit({frame({.type = FrameType::Inter, .show = false, .refresh = 2}), inter()});
  unit({test::show_existing_obu(1)});
  drain();
  EXPECT_EQ(script_.put_out, (std::vector<unsigned>{1, 3, 2}));
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
  EXPECT_EQ(script_.submits, 3u);
}

TEST_F(Stateless, PacketOfAHiddenFrameAloneHasNoPicture) {
  unit({sequence(), key()});
  packet(frame({.type = FrameType::Inter, .show = false, .refresh = 2}), false);
  packet(inter());
  EXPECT_EQ(client_.without, (Numbers{1}));
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 2}));
}

TEST_F(Stateless, KeyFrameThatIsShownLaterGoesIntoAllSlots) {
  unit({sequence(), key()});
  unit({frame({.type = FrameType::Key, .show = false, .refresh = 4}), inter()});
  unit({inter()});
  unit({test::show_existing_obu(2)});
  unit({inter()});
  drain();
  EXPECT_EQ(submitted(3).slots, (Slots{3, 1, 2, 1, 1, 1, 1, 1}));
  EXPECT_EQ(submitted(4).slots, (Slots{2, 2, 2, 2, 2, 2, 2, 2}));
  EXPECT_TRUE(client_.pictures[3].key_frame);
}

TEST_F(Stateless, FrameThatIsShownAgainGoesIntoNoSlot) {
  unit({sequence(), key()});
  unit({frame({.type = FrameType::Inter, .show = false, .refresh = 4})});
  unit({test::show_existing_obu(2)});
  unit({test::show_existing_obu(2)});
  unit({inter()});
  drain();
  EXPECT_EQ(script_.put_out, (std::vector<unsigned>{1, 2, 2, 3}));
  EXPECT_EQ(submitted(2).slots, (Slots{1, 1, 2, 1, 1, 1, 1, 1}));
}

TEST_F(Stateless, SwitchFrameGoesIntoAllSlots) {
  seq_.enable_order_hint = true;
  seq_.order_hint_bits = 3;
  unit({sequence(), key()});
  // It codes the order hints of all slots, which are 0.
  BitWriter w;
  w.bits(0b0'11'1, 4);
  w.flag(true);      // disable_cdf_update
  w.bits(1, 3);      // order_hint
  w.bits(0, 3 * 8);  // ref_order_hint
  w.flag(false);     // frame_refs_short_signaling
  w.bits(0, 7 * 3);  // ref_frame_idx
  w.bits(31, 16);
  w.bits(47, 16);
  w.flag(false);     // render_and_frame_size_different
  w.bits(0b010, 3);  // allow_high_precision_mv, is_filter_switchable, is_motion_mode_switchable
  w.flag(true);      // uniform_tile_spacing_flag
  w.bits(100, 8);
  w.bits(0, 3 + 1 + 1 + 1 + 16 + 1 + 1 + 1 + 7);
  w.align();
  w.append(Bytes{9});
  unit({write_obu(ObuType::Frame, w.bytes())});
  unit({frame({.type = FrameType::Inter, .refresh = 1, .order_hint = 2})});
  drain();
  ASSERT_EQ(client_.complaints(), "");
  EXPECT_EQ(submitted(1).frame_type, GST_AV1_SWITCH_FRAME);
  EXPECT_EQ(submitted(1).width, 32u);
  EXPECT_EQ(submitted(1).height, 48u);
  EXPECT_EQ(submitted(2).slots, (Slots{2, 2, 2, 2, 2, 2, 2, 2}));
}

TEST_F(Stateless, IntraOnlyFrameNeedsNoReference) {
  unit({sequence(), frame({.type = FrameType::Key, .show = false, .refresh = 1})});
  unit({frame({.type = FrameType::IntraOnly, .refresh = 2})});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.numbers(), (Numbers{1}));
  EXPECT_FALSE(client_.pictures[0].key_frame);
}

TEST_F(Stateless, MissingReferenceIsSaidOnceAndNothingIsSubmitted) {
  // Only slot 0 is filled.
  unit({sequence(), frame({.type = FrameType::Key, .show = false, .refresh = 1})});
  const uint64_t start = offset_;
  unit({frame({.type = FrameType::Inter, .refresh = 2, .references = {0, 0, 5, 0, 0, 0, 0}})});
  EXPECT_EQ(script_.submits, 1u);
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_EQ(client_.damages[0].message,
            "OBU_FRAME at byte " + std::to_string(start + 2) + ": LAST3_FRAME (slot 5) is missing");
  EXPECT_EQ(client_.damages[0].frame_number, 1u);
  EXPECT_TRUE(client_.damages[0].hurts_pictures);
  EXPECT_EQ(client_.without, (Numbers{0, 1}));
  // All is well where it is not referred to.
  unit({inter()});
  EXPECT_EQ(client_.damages.size(), 1u);
}

TEST_F(Stateless, WhatALostFrameWasToReplaceIsMissing) {
  unit({sequence(), frame({.type = FrameType::Key, .show = false, .refresh = 3})});
  unit({frame({.type = FrameType::Inter, .refresh = 1, .references = {0, 0, 5, 0, 0, 0, 0}})});
  unit({inter()});
  unit({frame({.type = FrameType::Inter, .refresh = 0, .references = {1, 1, 1, 1, 1, 1, 1}})});
  unit({test::show_existing_obu(0)});
  drain();
  ASSERT_EQ(client_.damages.size(), 3u);
  EXPECT_TRUE(client_.damages[1].message.ends_with("LAST_FRAME (slot 0) is missing"));
  EXPECT_TRUE(client_.damages[2].message.ends_with("shows slot 0, which is missing"));
  EXPECT_EQ(client_.numbers(), (Numbers{3}));
  unit({sequence(), key()});
  unit({inter()});
  EXPECT_EQ(client_.damages.size(), 3u);
}

// What a frame's size may be beside the reference's 64x64 (7.9.2).
TEST_F(Stateless, ReferencesScaleWithinLimits) {
  struct Case {
    unsigned width, height;
    bool decodes;
  };
  seq_ = test::plain_sequence(2048, 2048);
  for (const Case& c : std::initializer_list<Case>{{64, 64, true},
                                                   {32, 32, true},
                                                   {31, 32, false},
                                                   {32, 31, false},
                                                   {1024, 1024, true},
                                                   {1025, 64, false},
                                                   {64, 1025, false}}) {
    SCOPED_TRACE(std::to_string(c.width) + "x" + std::to_string(c.height));
    unit({sequence(), frame({.size = {{64, 64}}})});
    client_.damages.clear();
    // Sizes of several tiles need bits that this header lacks, so tiles stay at their fewest.
    FrameSpec spec{.type = FrameType::Inter, .refresh = 0, .size = {{c.width, c.height}}};
    spec.columns_end = c.width > 64;
    spec.rows_end = c.height > 64;
    const unsigned before = script_.submits;
    unit({frame(spec)});
    EXPECT_EQ(script_.submits - before, c.decodes ? 1u : 0u) << client_.complaints();
    EXPECT_EQ(client_.damages.size(), c.decodes ? 0u : 1u) << client_.complaints();
  }
}

TEST_F(Stateless, SizeOfAReference) {
  seq_ = test::plain_sequence(256, 64);
  unit({sequence(), frame({.size = {{40, 30}}})});
  unit({frame({.type = FrameType::Inter, .refresh = 0, .size = {{1, 1}}, .size_of_reference = 2})});
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(submitted(1).width, 40u);
  EXPECT_EQ(submitted(1).height, 30u);
  EXPECT_EQ(client_.pictures[1].format.width, 40);
}

// GstAV1Parser would divide by zero.
TEST_F(Stateless, SizeOfAnEmptySlot) {
  unit({sequence(), frame({.type = FrameType::Key, .show = false, .refresh = 1})});
  unit({frame({.type = FrameType::Inter,
               .refresh = 0,
               .references = {5, 0, 0, 0, 0, 0, 0},
               .size = {{1, 1}},
               .size_of_reference = 0})});
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_TRUE(client_.damages[0].message.ends_with("LAST_FRAME (slot 5) is missing"));
}

TEST_F(Stateless, SamplesOfAnotherKindAreNoReference) {
  unit({sequence(), key()});
  seq_.color.bit_depth = 10;
  // A new sequence starts with a key frame; its references are its own.
  unit({sequence(), frame({.type = FrameType::Key, .show = false, .refresh = 1})});
  unit({frame({.type = FrameType::Inter, .refresh = 0, .references = {0, 0, 0, 1, 0, 0, 0}})});
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_TRUE(client_.damages[0].message.ends_with("GOLDEN_FRAME (slot 1) is missing"));
}

TEST_F(Stateless, StartInTheMiddleWaitsForAKeyFrame) {
  unit({sequence(), inter()});
  unit({inter()});
  unit({test::show_existing_obu(1)});
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_TRUE(client_.damages[0].message.ends_with(
      "no key frame came before it; pictures are left out until one comes"));
  EXPECT_EQ(client_.without, (Numbers{0, 1, 2}));
  unit({key()});
  unit({inter()});
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{3, 4}));
  EXPECT_EQ(client_.damages.size(), 1u);
}

TEST_F(Stateless, NothingIsSaidBeforeTheFirstSequenceHeader) {
  unit({inter()});
  unit({key()});
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.without, (Numbers{0, 1}));
  EXPECT_EQ(script_.configures, 0u);
}

TEST_F(Stateless, DamagedHeaderOfAKeyFrameStartsTheWaitAnew) {
  unit({sequence(), key()});
  Bytes damaged = write_obu(ObuType::Frame, Bytes{0x10});
  unit({damaged});
  unit({inter()});
  unit({key()});
  drain();
  EXPECT_EQ(client_.damages.size(), 1u) << client_.complaints();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 3}));
}

TEST_F(Stateless, FlushForgetsReferences) {
  unit({sequence(), key()});
  unit({inter()});
  decoder_->flush();
  EXPECT_EQ(script_.flushes, 1u);
  unit({sequence(), inter()});
  drain();
  EXPECT_TRUE(client_.pictures.empty());
  EXPECT_EQ(client_.damages.size(), 1u);
}

TEST_F(Stateless, SequenceHeaderOfCodecDataServesAfterAFlushToo) {
  input_.config_obus = sequence();
  unit({key()});
  decoder_->flush();
  unit({key()});
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{1}));
  EXPECT_EQ(client_.complaints(), "");
}

TEST_F(Stateless, DecodeFrameTypeLeavesFramesOut) {
  const std::pair<DecodeFrameType, Numbers> cases[] = {
      {DecodeFrameType::All, {0, 1, 2, 3}},
      {DecodeFrameType::Reference, {0, 1, 3}},
      {DecodeFrameType::Intra, {0, 3}},
      {DecodeFrameType::Key, {0}},
  };
  for (const auto& [type, numbers] : cases) {
    settings_.decode_frame_type = type;
    decoder_.reset();
    packets_ = 0;
    client_.pictures.clear();
    unit({sequence(), key()});
    unit({inter()});
    unit({frame({.type = FrameType::Inter, .refresh = 0, .references = {1, 1, 1, 1, 1, 1, 1}})});
    unit({frame({.type = FrameType::IntraOnly, .refresh = 1})});
    drain();
    EXPECT_EQ(client_.numbers(), numbers);
    EXPECT_EQ(client_.complaints(), "");
  }
}

}  // namespace
}  // namespace av1hw
