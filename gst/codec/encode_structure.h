// SPDX-License-Identifier: LGPL-2.1-or-later
// What settings come to with what a driver can do: the structure of the stream, its size and tiles.
#pragma once

#include <string>
#include <vector>

#include "av1/gop_planner.h"
#include "codec/encode_backend.h"

namespace av1hw {

// For GopPlanner::make(), which refuses settings that contradict each other. What the driver lacks
// is left out, with a warning that names the property.
GopSettings choose_gop(const EncoderSettings& settings, const EncoderInput& input,
                       const EncodeLimits& limits, std::vector<std::string>& warnings);

// NotSupported: the driver does not code this size. InvalidSettings: AV1 does not code this format.
Result<EncodeStream> make_encode_stream(const EncoderSettings& settings, const EncoderInput& input,
                                        const EncodeLimits& limits, const GopSettings& gop,
                                        const EncodeRate& rate, std::vector<std::string>& warnings);

// The sequence header of `stream` at its rate; fails as make_encode_stream() does.
Result<SequenceHeader> make_sequence(const EncodeStream& stream, const EncodeLimits& limits);

}  // namespace av1hw
