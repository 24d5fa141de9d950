// SPDX-License-Identifier: LGPL-2.1-or-later
// Caps of encoder elements: what downstream allows to come in, and what the bitstream says goes
// out.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "av1/sequence_header.h"
#include "base/result.h"
#include "memory/handles.h"

namespace av1hw {

// The source pad's template.
inline constexpr const char* encoder_src_caps =
    "video/x-av1, stream-format=(string)obu-stream, alignment=(string)tu";

// `sink_caps` (raw video) without the formats whose profile `downstream` (video/x-av1) does not
// take.
CapsHandle restrict_to_profiles(const GstCaps* sink_caps, const GstCaps* downstream);

struct EncodedStream {
  SequenceHeader sequence;
  std::vector<uint8_t> sequence_obu;  // as it stands in the stream
  std::vector<uint8_t> codec_data;    // av1C
  // What is to be shown: the render size of the first frame. Drivers that code whole blocks only
  // say there how much of them is picture.
  uint32_t width = 0;
  uint32_t height = 0;
};

// What the first sequence header of a temporal unit says, and the first frame. InvalidData: it has
// no sequence header, or a damaged one.
Result<EncodedStream> describe_stream(std::span<const uint8_t> unit);

// Caps of that stream, without those of the input (size, frame rate, ...).
CapsHandle encoded_caps(const SequenceHeader& sequence);

// Colour description as the sequence header has it.
GstVideoColorimetry colorimetry_of(const ColorConfig& color);

}  // namespace av1hw
