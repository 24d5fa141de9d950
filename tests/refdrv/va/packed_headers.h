// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the OBUs that a client packed: where their parts are, and what drivers change of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "refdrv/common/profile.h"
#include "refdrv/nv/parser/frame_header.h"
#include "refdrv/nv/parser/obu.h"

namespace refdrv::va {

// One packed OBU. The payload of an OBU_FRAME has no tiles yet, whatever its obu_size says.
struct PackedObu {
  nv::ObuType type = nv::ObuType::Padding;
  bool has_extension = false;
  uint8_t temporal_id = 0;
  uint8_t spatial_id = 0;
  size_t size_offset = 0;  // of obu_size, in bytes
  size_t size_bytes = 0;   // that obu_size takes
  size_t size = 0;         // its value
  std::span<const uint8_t> whole;
  std::span<const uint8_t> payload;

  bool has_frame_header() const {
    return type == nv::ObuType::FrameHeader || type == nv::ObuType::Frame;
  }
};

// Errors are the client's.
Result<PackedObu> read_packed_obu(std::span<const uint8_t> bytes);

// What the device codes of pictures of this size.
Size coded_size(const EncoderProfile& encoder, Size size);

// A sequence header's payload with another size.
std::vector<uint8_t> with_size(std::span<const uint8_t> payload, const nv::SequenceHeader& header,
                               Size size);

// What an encoder chooses of a frame header.
struct FrameChoice {
  uint8_t base_q_idx = 0;
  uint8_t filter_level = 0;  // of luma, both ways
  uint8_t chroma_level = 0;
  uint8_t cdef_damping_minus_3 = 0;
  uint8_t cdef_strength = 0;  // of luma and chroma, 6 bits: primary, secondary
};

struct HeaderBits {
  std::vector<uint8_t> bytes;  // the last one filled with zeros
  size_t bits = 0;
};

HeaderBits unchanged(std::span<const uint8_t> payload, const nv::FrameHeader& header);
// Writes base_q_idx, loop_filter_params() and cdef_params() anew, where the header has them.
HeaderBits with_choice(std::span<const uint8_t> payload, const nv::FrameHeader& header,
                       const nv::SequenceHeader& sequence, const FrameChoice& choice);

}  // namespace refdrv::va
