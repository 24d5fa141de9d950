// SPDX-License-Identifier: LGPL-2.1-or-later
// A frame header as it is read: what CUVID wants to know of it, and what only a parser needs.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "refdrv/nv/cuda_types.h"
// After cuda_types.h, whose types it needs.
#include <ffnvcodec/dynlink_cuviddec.h>

#include "refdrv/nv/parser/bit_reader.h"
#include "refdrv/nv/parser/sequence.h"

namespace refdrv::nv {

constexpr unsigned slot_count = 8;       // NUM_REF_FRAMES
constexpr unsigned reference_count = 7;  // REFS_PER_FRAME
constexpr uint8_t no_primary_reference = 7;
constexpr uint8_t all_slots = 0xff;
constexpr unsigned char no_picture = 0xff;

enum FrameType : uint8_t { key_frame, inter_frame, intra_only_frame, switch_frame };

struct FrameHeader {
  // Everything that CUVID's structure has is kept there, and is what later frames inherit.
  CUVIDAV1PICPARAMS av1 = {};

  bool show_existing_frame = false;
  uint8_t existing_slot = 0;
  bool showable_frame = false;
  bool error_resilient_mode = false;
  bool frame_size_override = false;
  uint8_t refresh_frame_flags = 0;
  uint8_t primary_ref_frame = no_primary_reference;
  std::array<uint8_t, reference_count> ref_frame_idx = {};
  uint32_t frame_width = 0;  // before upscaling
  uint32_t render_width = 0;
  uint32_t render_height = 0;
  uint8_t tile_cols_log2 = 0;
  uint8_t tile_rows_log2 = 0;
  uint8_t tile_size_bytes = 0;
  size_t bits = 0;   // of the OBU that the header takes
  size_t bytes = 0;  // with byte_alignment()

  bool is_intra() const {
    return av1.frame_type == key_frame || av1.frame_type == intra_only_frame;
  }
};

// What refresh_frame_flags stores into.
struct Slot {
  bool valid = false;
  FrameHeader header;
  int decoded = -1;  // index of the picture that references read
  int shown = -1;    // and of that which is put out, with film grain
};
using Slots = std::array<Slot, slot_count>;

// What all parts of a header need to be read.
struct HeaderContext {
  BitReader& in;
  const SequenceHeader& sequence;
  const Slots& slots;
  FrameHeader& frame;
};

// 7.9.3's get_relative_dist().
int relative_distance(const SequenceHeader& sequence, unsigned a, unsigned b);

// uncompressed_header(). An error is of the stream.
Result<FrameHeader> parse_frame_header(std::span<const uint8_t> payload,
                                       const SequenceHeader& sequence, const Slots& slots,
                                       unsigned temporal_id, unsigned spatial_id);

// The header's parts, in their order.
Result<> set_frame_refs(HeaderContext& context, unsigned last, unsigned golden);
Result<> read_tile_info(HeaderContext& context);
void read_quantization(HeaderContext& context);
void read_segmentation(HeaderContext& context);
void read_block_deltas(HeaderContext& context);
void read_loop_filter(HeaderContext& context);
void read_cdef(HeaderContext& context);
void read_restoration(HeaderContext& context);
void read_skip_mode(HeaderContext& context);
void read_global_motion(HeaderContext& context);
Result<> read_film_grain(HeaderContext& context);
bool is_coded_lossless(const FrameHeader& frame);
void set_default_deltas(CUVIDAV1PICPARAMS& av1);
void copy_film_grain(const CUVIDAV1PICPARAMS& from, CUVIDAV1PICPARAMS& to);

}  // namespace refdrv::nv
