// SPDX-License-Identifier: LGPL-2.1-or-later
// The start of uncompressed_header(), and what temporal units are good for.
#include "av1/frame_header.h"

#include <gtest/gtest.h>

#include "header_bits.h"

namespace av1hw {
namespace {

using Bytes = std::vector<uint8_t>;

struct FrameBits {
  FrameType type = FrameType::Inter;
  bool show = true;
  bool error_resilient = false;  // written where it is coded
  unsigned order_hint = 0;
  unsigned refresh = 0;  // likewise
};

// A frame of a stream with 7 bits of order hint and nothing else that is optional.
Bytes frame_payload(const FrameBits& f) {
  const bool replaces_all = f.type == FrameType::Switch || (f.type == FrameType::Key && f.show);
  const bool intra = f.type == FrameType::Key || f.type == FrameType::IntraOnly;
  BitWriter w;
  w.flag(false);  // show_existing_frame
  w.bits(static_cast<uint32_t>(f.type), 2);
  w.flag(f.show);
  if (!f.show) w.flag(true);  // showable_frame
  if (!replaces_all) w.flag(f.error_resilient);
  w.flag(false);                                   // disable_cdf_update
  w.flag(false);                                   // allow_screen_content_tools
  if (f.type != FrameType::Switch) w.flag(false);  // frame_size_override_flag
  w.bits(f.order_hint, 7);
  if (!intra && !f.error_resilient && !replaces_all) w.bits(3, 3);  // primary_ref_frame
  if (!replaces_all) w.bits(f.refresh, 8);
  w.bits(0x5555, 16);  // the rest
  return std::move(w).take();
}

Bytes show_existing_payload(unsigned index) {
  BitWriter w;
  w.flag(true);
  w.bits(index, 3);
  w.trailing_bits();
  return std::move(w).take();
}

Obu frame_obu(const Bytes& payload) {
  Obu obu;
  obu.type = ObuType::Frame;
  obu.payload = payload;
  return obu;
}

FrameHeaderParser parser_for(const test::SequenceBits& bits = {}) {
  FrameHeaderParser parser;
  parser.set_sequence(parse_sequence_header(test::sequence_payload(bits)).value());
  return parser;
}

TEST(FrameHeader, NeedsASequenceHeader) {
  FrameHeaderParser parser;
  const auto frame = parser.parse(frame_obu(frame_payload({})));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().message, "no sequence header came before it");
}

TEST(FrameHeader, ShownKeyFrameReplacesAll) {
  auto parser = parser_for();
  const auto frame = parser.parse(frame_obu(frame_payload({.type = FrameType::Key})));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->frame_type, FrameType::Key);
  EXPECT_TRUE(frame->show_frame);
  EXPECT_FALSE(frame->showable_frame);
  EXPECT_TRUE(frame->error_resilient_mode);
  EXPECT_TRUE(frame->force_integer_mv);
  EXPECT_EQ(frame->primary_ref_frame, primary_ref_none);
  EXPECT_EQ(frame->refresh_frame_flags, all_frames);
}

TEST(FrameHeader, InterFrame) {
  auto parser = parser_for();
  const auto frame = parser.parse(frame_obu(frame_payload({.order_hint = 101, .refresh = 0x24})));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->frame_type, FrameType::Inter);
  EXPECT_TRUE(frame->showable_frame);
  EXPECT_FALSE(frame->error_resilient_mode);
  EXPECT_EQ(frame->order_hint, 101);
  EXPECT_EQ(frame->primary_ref_frame, 3);
  EXPECT_EQ(frame->refresh_frame_flags, 0x24);
}

TEST(FrameHeader, ErrorResilientAndSwitchFramesHaveNoPrimaryReference) {
  auto parser = parser_for();
  const auto resilient =
      parser.parse(frame_obu(frame_payload({.error_resilient = true, .refresh = 1})));
  ASSERT_TRUE(resilient);
  EXPECT_EQ(resilient->primary_ref_frame, primary_ref_none);
  EXPECT_EQ(resilient->refresh_frame_flags, 1);
  const auto switching = parser.parse(frame_obu(frame_payload({.type = FrameType::Switch})));
  ASSERT_TRUE(switching);
  EXPECT_TRUE(switching->error_resilient_mode);
  EXPECT_TRUE(switching->frame_size_override_flag);
  EXPECT_EQ(switching->refresh_frame_flags, all_frames);
}

TEST(FrameHeader, ShowExistingTakesTheTypeOfWhatItShows) {
  auto parser = parser_for();
  const auto missing = parser.parse(frame_obu(show_existing_payload(2)));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "shows a reference frame that is not there");
  ASSERT_TRUE(parser.parse(
      frame_obu(frame_payload({.type = FrameType::Key, .show = false, .refresh = 0x04}))));
  ASSERT_TRUE(parser.parse(frame_obu(frame_payload({.refresh = 0x01}))));
  const auto inter = parser.parse(frame_obu(show_existing_payload(0)));
  ASSERT_TRUE(inter);
  EXPECT_TRUE(inter->show_existing_frame);
  EXPECT_EQ(inter->frame_type, FrameType::Inter);
  EXPECT_EQ(inter->refresh_frame_flags, 0);
  // A key frame that is shown this way restarts the stream.
  const auto key = parser.parse(frame_obu(show_existing_payload(2)));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->frame_to_show_map_idx, 2);
  EXPECT_EQ(key->frame_type, FrameType::Key);
  EXPECT_EQ(key->refresh_frame_flags, all_frames);
  EXPECT_EQ(parser.parse(frame_obu(show_existing_payload(7)))->frame_type, FrameType::Key);
}

TEST(FrameHeader, PresentationAndRemovalTimesAreSteppedOver) {
  auto parser = parser_for({.decoder_model = true, .frame_ids = true, .order_hint_bits = 0});
  BitWriter w;
  w.bits(0b0'00'1, 4);    // a shown key frame
  w.bits(123456789, 30);  // frame_presentation_time
  w.bits(0b01, 2);        // no CDF update off, screen content tools on
  w.flag(true);           // force_integer_mv
  w.bits(0x1abc, 15);     // current_frame_id
  w.flag(true);           // frame_size_override_flag
  w.flag(true);           // buffer_removal_time_present_flag
  w.bits(77, 20);
  const auto frame = parser.parse(frame_obu(w.bytes()));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->frame_presentation_time, 123456789u);
  EXPECT_TRUE(frame->allow_screen_content_tools);
  EXPECT_EQ(frame->current_frame_id, 0x1abcu);
  EXPECT_TRUE(frame->frame_size_override_flag);
  EXPECT_EQ(frame->refresh_frame_flags, all_frames);
}

TEST(FrameHeader, CutOff) {
  auto parser = parser_for();
  const Bytes payload = frame_payload({.refresh = 0xff});
  const auto frame = parser.parse(frame_obu(Bytes(payload.begin(), payload.begin() + 2)));
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().message, "frame header is cut off");
  // Nothing of it is remembered.
  EXPECT_FALSE(parser.parse(frame_obu(show_existing_payload(0))));
}

Bytes unit(std::initializer_list<Bytes> obus) {
  Bytes all = {0x12, 0x00};
  for (const Bytes& obu : obus) all.insert(all.end(), obu.begin(), obu.end());
  return all;
}

Bytes frame(const FrameBits& bits) { return write_obu(ObuType::Frame, frame_payload(bits)); }

TEST(TemporalUnit, RandomAccessAndDroppable) {
  FrameHeaderParser parser;
  const auto look = [&parser](const Bytes& packet) {
    return inspect_temporal_unit(packet, ObuFraming::Section5, parser).value();
  };
  const Bytes key = frame({.type = FrameType::Key});
  const auto start = look(unit({test::sequence_obu(), key}));
  EXPECT_TRUE(start.has_sequence_header);
  EXPECT_TRUE(start.random_access_point);
  EXPECT_FALSE(start.droppable);
  EXPECT_EQ(start.shown_frames, 1u);

  EXPECT_FALSE(look(unit({key})).random_access_point) << "a decoder that starts here can't";
  const auto hidden_first = look(unit({frame({.show = false, .refresh = 2}), frame({})}));
  EXPECT_EQ(hidden_first.frames, 2u);
  EXPECT_EQ(hidden_first.shown_frames, 1u);
  EXPECT_FALSE(hidden_first.droppable) << "others may refer to the hidden frame";
  EXPECT_TRUE(look(unit({frame({})})).droppable);
  EXPECT_TRUE(look(unit({write_obu(ObuType::FrameHeader, show_existing_payload(1))})).droppable);
  EXPECT_FALSE(look(unit({write_obu(ObuType::FrameHeader, show_existing_payload(0))})).droppable)
      << "showing a key frame refreshes all references";
  EXPECT_FALSE(look(unit({test::sequence_obu(), frame({})})).droppable);
  EXPECT_FALSE(look(unit({})).droppable);
}

TEST(TemporalUnit, DamageIsNamed) {
  FrameHeaderParser parser;
  const auto without_sequence =
      inspect_temporal_unit(unit({frame({})}), ObuFraming::Section5, parser);
  ASSERT_FALSE(without_sequence);
  EXPECT_EQ(without_sequence.error().message,
            "OBU_FRAME at byte 2: no sequence header came before it");
  const auto cut_off =
      inspect_temporal_unit(Bytes{0x12, 0x00, 0x32, 9}, ObuFraming::Section5, parser);
  ASSERT_FALSE(cut_off);
  EXPECT_EQ(cut_off.error().message, "OBU_FRAME at byte 2: claims 9 bytes where 0 are left");
}

TEST(FrameHeader, NamesOfTypes) {
  EXPECT_STREQ(frame_type_name(FrameType::Key), "KEY_FRAME");
  EXPECT_STREQ(frame_type_name(FrameType::IntraOnly), "INTRA_ONLY_FRAME");
}

}  // namespace
}  // namespace av1hw
