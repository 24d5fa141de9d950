// SPDX-License-Identifier: LGPL-2.1-or-later
// Gives an encoded key frame a render size, which no encoder at hand can be asked for.
#pragma once

#include "av1/bit_reader.h"
#include "av1/bit_writer.h"
#include "av1/obu_writer.h"
#include "av1/sequence_header.h"
#include "support/test_files.h"

namespace av1hw::test {

// uncompressed_header() of a shown key frame (AV1 specification, 5.9.2) up to
// render_and_frame_size_different, which is left to be read. False: it is another kind of frame.
inline bool skip_to_render_size(BitReader& r, const SequenceHeader& sequence) {
  const bool show_existing_frame = r.flag();
  const unsigned frame_type = r.bits(2);
  const bool show_frame = r.flag();
  if (show_existing_frame || frame_type != 0 || !show_frame) return false;
  if (sequence.reduced_still_picture_header || sequence.frame_id_numbers_present ||
      sequence.decoder_model_info_present) {
    return false;
  }
  r.flag();  // disable_cdf_update
  bool screen_content = sequence.seq_force_screen_content_tools != 0;
  if (sequence.seq_force_screen_content_tools == select_screen_content_tools)
    screen_content = r.flag();
  if (screen_content && sequence.seq_force_integer_mv == select_integer_mv) r.flag();
  if (r.flag()) return false;  // frame_size_override_flag
  r.bits(sequence.order_hint_bits);
  if (sequence.enable_superres && r.flag()) return false;
  return !r.failed();
}

// The temporal unit with this render size in its frame. Empty: it has one, or is no key frame. The
// four bytes more leave what follows the header aligned as it was.
inline Bytes with_render_size(const Bytes& unit, unsigned width, unsigned height) {
  Bytes edited;
  SequenceHeader sequence;
  ObuReader reader(unit, ObuFraming::Section5);
  for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
    if ((*obu)->type == ObuType::SequenceHeader) {
      sequence = parse_sequence_header((*obu)->payload).value_or(SequenceHeader{});
    }
    if ((*obu)->type != ObuType::Frame) {
      edited.insert(edited.end(), (*obu)->bytes.begin(), (*obu)->bytes.end());
      continue;
    }
    BitReader r((*obu)->payload);
    if (!skip_to_render_size(r, sequence)) return {};
    const size_t before = r.position();
    if (r.flag()) return {};
    BitWriter w;
    BitReader copied((*obu)->payload);
    for (size_t i = 0; i < before; i++) w.flag(copied.flag());
    copied.flag();
    w.flag(true);
    w.bits(width - 1, 16);
    w.bits(height - 1, 16);
    while (copied.bits_left() > 0) w.flag(copied.flag());
    const Bytes frame = write_obu(ObuType::Frame, w.bytes());
    edited.insert(edited.end(), frame.begin(), frame.end());
  }
  return edited;
}

}  // namespace av1hw::test
