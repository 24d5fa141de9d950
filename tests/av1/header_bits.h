// SPDX-License-Identifier: LGPL-2.1-or-later
// Sequence headers written bit by bit, for tests of what reads them.
#pragma once

#include <vector>

#include "av1/bit_writer.h"
#include "av1/obu_writer.h"

namespace av1hw::test {

// What varies between the sequence headers of the tests; everything else is simplest.
struct SequenceBits {
  unsigned profile = 0;
  bool decoder_model = false;  // with timing info, and for operating point 0
  bool equal_picture_interval = false;
  bool frame_ids = false;
  unsigned order_hint_bits = 7;  // 0: no order hints
  unsigned width = 320;
  unsigned height = 180;
  unsigned level = 8;  // 4.0
  bool high_tier = false;
};

inline void write_timing(BitWriter& w, const SequenceBits& s) {
  w.bits(1001, 32);
  w.bits(60000, 32);
  w.flag(s.equal_picture_interval);
  if (s.equal_picture_interval) w.uvlc(1);
  w.flag(true);  // decoder_model_info_present_flag
  w.bits(9, 5);
  w.bits(500, 32);
  w.bits(19, 5);
  w.bits(29, 5);
}

inline void write_operating_point(BitWriter& w, const SequenceBits& s) {
  w.bits(0, 12);
  w.bits(s.level, 5);
  if (s.level > 7) w.flag(s.high_tier);
  if (s.decoder_model) {
    w.flag(true);
    w.bits(700, 10);
    w.bits(300, 10);
    w.flag(true);
  }
  w.flag(true);  // initial_display_delay_present_for_this_op
  w.bits(3, 4);
}

inline void write_inter_tools(BitWriter& w, const SequenceBits& s) {
  w.bits(0b0110, 4);
  w.flag(s.order_hint_bits > 0);
  if (s.order_hint_bits > 0) w.bits(0b10, 2);
  w.flag(true);  // seq_choose_screen_content_tools
  w.flag(true);  // seq_choose_integer_mv
  if (s.order_hint_bits > 0) w.bits(s.order_hint_bits - 1, 3);
}

// Everything up to color_config(), which the tests write themselves.
inline void write_until_color(BitWriter& w, const SequenceBits& s) {
  w.bits(s.profile, 3);
  w.bits(0, 2);
  w.flag(s.decoder_model);  // timing_info_present_flag
  if (s.decoder_model) write_timing(w, s);
  w.flag(true);  // initial_display_delay_present_flag
  w.bits(0, 5);
  write_operating_point(w, s);
  w.bits(15, 4);
  w.bits(15, 4);
  w.bits(s.width - 1, 16);
  w.bits(s.height - 1, 16);
  w.flag(s.frame_ids);
  if (s.frame_ids) {
    w.bits(12, 4);
    w.bits(0, 3);
  }
  w.bits(0b101, 3);
  write_inter_tools(w, s);
  w.bits(0b011, 3);
}

// A whole payload: 8 bits, 4:2:0 (profile 0) or 4:4:4 (profile 1), no colour description.
inline std::vector<uint8_t> sequence_payload(const SequenceBits& s = {}) {
  BitWriter w;
  write_until_color(w, s);
  w.flag(false);                      // high_bitdepth
  if (s.profile != 1) w.flag(false);  // mono_chrome
  w.flag(false);                      // color_description_present_flag
  w.flag(false);                      // color_range
  if (s.profile == 0) w.bits(1, 2);   // chroma_sample_position
  w.flag(false);                      // separate_uv_delta_q
  w.flag(true);                       // film_grain_params_present
  w.trailing_bits();
  return std::move(w).take();
}

inline std::vector<uint8_t> sequence_obu(const SequenceBits& s = {}) {
  return write_obu(ObuType::SequenceHeader, sequence_payload(s));
}

}  // namespace av1hw::test
