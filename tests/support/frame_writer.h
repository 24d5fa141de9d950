// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames written bit by bit (AV1 specification 5.9), for tests of what follows a stream. Headers
// are right; tiles hold arbitrary bytes, so that nothing can decode them.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "av1/bit_writer.h"
#include "av1/frame_header.h"
#include "av1/obu_writer.h"
#include "av1/sequence_header.h"
#include "av1/sequence_header_writer.h"

namespace av1hw::test {

// The simplest sequence that has what the tests need.
inline SequenceHeader plain_sequence(unsigned width = 64, unsigned height = 64) {
  SequenceHeader seq;
  seq.frame_width_bits = seq.frame_height_bits = 16;
  seq.max_frame_width = width;
  seq.max_frame_height = height;
  seq.seq_force_screen_content_tools = 0;
  return seq;
}

struct FrameSpec {
  FrameType type = FrameType::Key;
  bool show = true;
  bool showable = true;  // if it is not shown
  bool error_resilient = false;
  uint8_t refresh = 0xff;  // of a shown key frame and of a switch frame always this
  std::array<uint8_t, 7> references = {};
  uint8_t primary_ref_frame = 7;
  unsigned order_hint = 0;
  // Else the sequence's.
  std::optional<std::pair<unsigned, unsigned>> size = {};
  std::optional<unsigned> size_of_reference = {};  // found_ref of this one, with `size` any
  unsigned superres_denominator = 0;               // 9 to 16
  std::optional<std::pair<unsigned, unsigned>> render_size = {};
  unsigned column_increments = 0;  // ones that are written for uniform tile spacing
  unsigned row_increments = 0;
  unsigned tile_number_bits = 0;  // what they lead to: TileColsLog2 + TileRowsLog2
  bool columns_end = false;       // a zero follows the ones: more would be possible
  bool rows_end = false;
  bool apply_grain = false;
  unsigned luma_points = 1;  // of film grain
};

inline void write_size(BitWriter& w, const SequenceHeader& seq, const FrameSpec& f) {
  if (f.size) {
    w.bits(f.size->first - 1, seq.frame_width_bits);
    w.bits(f.size->second - 1, seq.frame_height_bits);
  }
  if (seq.enable_superres) {
    w.flag(f.superres_denominator != 0);
    if (f.superres_denominator != 0) w.bits(f.superres_denominator - 9, 3);
  }
  w.flag(f.render_size.has_value());
  if (f.render_size) {
    w.bits(f.render_size->first - 1, 16);
    w.bits(f.render_size->second - 1, 16);
  }
}

inline void write_references(BitWriter& w, const SequenceHeader& seq, const FrameSpec& f,
                             bool error_resilient) {
  if (seq.enable_order_hint) w.flag(false);  // frame_refs_short_signaling
  for (const uint8_t index : f.references) w.bits(index, 3);
  if (f.size && !error_resilient) {
    // found_ref
    const unsigned first_without = f.size_of_reference.value_or(7);
    for (unsigned i = 0; i < first_without; i++) w.flag(false);
    if (f.size_of_reference) w.flag(true);
  }
  if (!f.size_of_reference) {
    write_size(w, seq, f);
  } else if (seq.enable_superres) {
    w.flag(false);
  }
  w.flag(false);  // allow_high_precision_mv
  w.flag(true);   // is_filter_switchable
  w.flag(false);  // is_motion_mode_switchable
}

inline void write_tile_info(BitWriter& w, const FrameSpec& f) {
  w.flag(true);  // uniform_tile_spacing_flag
  for (unsigned i = 0; i < f.column_increments; i++) w.flag(true);
  if (f.columns_end) w.flag(false);
  for (unsigned i = 0; i < f.row_increments; i++) w.flag(true);
  if (f.rows_end) w.flag(false);
  if (f.tile_number_bits > 0) {
    w.bits(0, f.tile_number_bits);  // context_update_tile_id
    w.bits(0, 2);                   // tile_size_bytes_minus_1
  }
}

inline void write_grain(BitWriter& w, const FrameSpec& f) {
  w.flag(f.apply_grain);
  if (!f.apply_grain) return;
  w.bits(1234, 16);                              // grain_seed
  if (f.type == FrameType::Inter) w.flag(true);  // update_grain
  w.bits(f.luma_points, 4);
  for (unsigned i = 0; i < f.luma_points; i++) w.bits((16 * i + 8) << 8 | 40, 16);
  w.flag(false);     // chroma_scaling_from_luma
  w.bits(0, 8);      // num_cb_points, num_cr_points
  w.bits(0, 2 + 2);  // grain_scaling, ar_coeff_lag
  w.bits(0, 2 + 2);  // ar_coeff_shift, grain_scale_shift
  w.bits(0, 2);      // overlap_flag, clip_to_restricted_range
}

// uncompressed_header() without trailing bits.
inline void write_frame_header(BitWriter& w, const SequenceHeader& seq, const FrameSpec& f) {
  const bool intra = f.type == FrameType::Key || f.type == FrameType::IntraOnly;
  const bool replaces_all = f.type == FrameType::Switch || (f.type == FrameType::Key && f.show);
  const bool error_resilient = replaces_all || f.error_resilient;
  w.flag(false);  // show_existing_frame
  w.bits(static_cast<uint32_t>(f.type), 2);
  w.flag(f.show);
  if (!f.show) w.flag(f.showable);
  if (!replaces_all) w.flag(f.error_resilient);
  w.flag(true);  // disable_cdf_update
  if (f.type != FrameType::Switch) w.flag(f.size.has_value());
  if (seq.enable_order_hint) w.bits(f.order_hint, seq.order_hint_bits);
  if (!intra && !error_resilient) w.bits(f.primary_ref_frame, 3);
  if (!replaces_all) w.bits(f.refresh, 8);
  if (intra) {
    write_size(w, seq, f);
  } else {
    write_references(w, seq, f, error_resilient);
  }
  write_tile_info(w, f);
  w.bits(100, 8);                            // base_q_idx
  w.flag(false);                             // delta_q_y_dc
  if (!seq.color.mono_chrome) w.bits(0, 2);  // delta_q_u_dc, delta_q_u_ac
  w.flag(false);                             // using_qmatrix
  w.flag(false);                             // segmentation_enabled
  w.flag(false);                             // delta_q_present
  w.bits(0, 6 + 6 + 3 + 1);                  // loop filter
  w.flag(false);                             // tx_mode_select
  if (!intra) w.flag(false);                 // reference_select
  w.flag(false);                             // reduced_tx_set
  if (!intra) w.bits(0, 7);                  // is_global
  if (seq.film_grain_params_present && (f.show || f.showable)) write_grain(w, f);
}

inline std::vector<uint8_t> sequence_header_obu(const SequenceHeader& seq) {
  return write_obu(ObuType::SequenceHeader, write_sequence_header(seq));
}

inline std::vector<uint8_t> delimiter_obu() { return write_obu(ObuType::TemporalDelimiter, {}); }

inline std::vector<uint8_t> frame_header_obu(const SequenceHeader& seq, const FrameSpec& f,
                                             ObuType type = ObuType::FrameHeader) {
  BitWriter w;
  write_frame_header(w, seq, f);
  w.trailing_bits();
  return write_obu(type, w.bytes());
}

// Of a frame with one tile.
inline std::vector<uint8_t> frame_obu(const SequenceHeader& seq, const FrameSpec& f,
                                      std::optional<ObuLayer> layer = std::nullopt) {
  BitWriter w;
  write_frame_header(w, seq, f);
  w.align();
  w.append(std::vector<uint8_t>{1, 2, 3, 4});
  return write_obu(ObuType::Frame, w.bytes(), layer);
}

// Of a frame with 2^bits tiles; each has `size` bytes.
inline std::vector<uint8_t> tile_group_obu(unsigned start, unsigned end, unsigned bits,
                                           unsigned size = 3) {
  BitWriter w;
  w.flag(true);
  w.bits(start, bits);
  w.bits(end, bits);
  w.align();
  for (unsigned tile = start; tile <= end; tile++) {
    if (tile != end) w.le(size - 1, 1);
    w.append(std::vector<uint8_t>(size, static_cast<uint8_t>(tile)));
  }
  return write_obu(ObuType::TileGroup, w.bytes());
}

inline std::vector<uint8_t> show_existing_obu(unsigned slot,
                                              std::optional<ObuLayer> layer = std::nullopt) {
  BitWriter w;
  w.flag(true);
  w.bits(slot, 3);
  w.trailing_bits();
  return write_obu(ObuType::FrameHeader, w.bytes(), layer);
}

// A temporal unit: a delimiter and these OBUs.
inline std::vector<uint8_t> unit_of(std::initializer_list<std::vector<uint8_t>> obus) {
  std::vector<uint8_t> unit = delimiter_obu();
  for (const auto& obu : obus) unit.insert(unit.end(), obu.begin(), obu.end());
  return unit;
}

}  // namespace av1hw::test
