// SPDX-License-Identifier: LGPL-2.1-or-later
// The frame headers of planned frames, as OBUs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "av1/frame_header_writer.h"
#include "av1/obu_writer.h"
#include "codec/encode_backend.h"

namespace av1hw {

// RefOrderHint of each slot.
using OrderHints = std::array<uint8_t, num_ref_frames>;

// What the header of `plan` says: what the plan and the driver's tools fix, and proposals for what
// the driver decides (quantizer, loop filter, CDEF).
FrameHeaderParams make_frame_params(const EncodeStream& stream, const EncodeLimits& limits,
                                    const PlannedFrame& plan, const OrderHints& ref_order_hint);
// The same into what was of another frame, whose memory it uses.
void set_frame_params(const EncodeStream& stream, const EncodeLimits& limits,
                      const PlannedFrame& plan, const OrderHints& ref_order_hint,
                      FrameHeaderParams& params);

// EncodePicture::frame_obu, with its offsets.
struct FrameObu {
  std::vector<uint8_t> bytes;
  unsigned obu_size_offset = 0;  // bytes
  unsigned obu_size_bytes = 0;
  unsigned header_offset = 0;  // bytes
  FrameHeaderOffsets offsets;
};

// The temporal layer that a frame's OBUs carry in their extension; empty in streams without layers.
std::optional<ObuLayer> obu_layer(const EncodeStream& stream, const PlannedFrame& plan);

// InvalidData: see write_frame_header().
Result<FrameObu> write_frame_obu(const EncodeStream& stream, const FrameHeaderParams& params,
                                 unsigned obu_size_bytes);

// A whole OBU_FRAME_HEADER of a plan with show_existing_frame. InvalidData: as above.
Result<std::vector<uint8_t>> write_show_existing_obu(const EncodeStream& stream,
                                                     const PlannedFrame& plan);

}  // namespace av1hw
