// SPDX-License-Identifier: LGPL-2.1-or-later
// AV1CodecConfigurationRecord ("av1C", AV1-ISOBMFF 2.3.3) and the codecs string (5).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "av1/obu.h"
#include "av1/sequence_header.h"
#include "base/result.h"

namespace av1hw {

struct CodecConfig {
  uint8_t seq_profile = 0;
  uint8_t seq_level_idx_0 = 0;
  uint8_t seq_tier_0 = 0;
  uint8_t bit_depth = 8;
  bool monochrome = false;
  uint8_t chroma_subsampling_x = 1;
  uint8_t chroma_subsampling_y = 1;
  uint8_t chroma_sample_position = 0;
  uint8_t initial_presentation_delay = 0;  // frames, 1..16; 0: not known
  std::vector<uint8_t> config_obus;        // section 5; mostly one sequence header
};

// The codec_data of a stream that starts with this sequence header. `initial_presentation_delay` as
// above. InvalidData: the OBU is none, or damaged.
Result<std::vector<uint8_t>> make_codec_data(const Obu& sequence_header,
                                             unsigned initial_presentation_delay = 0);

// Parses a codec_data. InvalidData: cut off, or of another version than 1.
Result<CodecConfig> parse_codec_data(std::span<const uint8_t> codec_data);

// "av01.0.04M.08" (profile, level and tier, bit depth), as MP4, DASH, HLS and WebCodecs name a
// codec; with the optional part behind it where the stream's colours are not what its absence
// implies.
std::string codec_string(const SequenceHeader& sequence);

}  // namespace av1hw
