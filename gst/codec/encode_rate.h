// SPDX-License-Identifier: LGPL-2.1-or-later
// What the rate control settings come to with the modes that a driver has.
#pragma once

#include <string>
#include <vector>

#include "codec/encode_backend.h"

namespace av1hw {

// A mode that the driver lacks is replaced, with a warning where it was asked for; a bitrate that
// is needed and not given follows from size and rate. `settings` passed check_settings(), but for a
// bitrate.
EncodeRate choose_rate(const EncoderSettings& settings, const GstVideoInfo& info,
                       const EncodeLimits& limits, std::vector<std::string>& warnings);

// Whether a bitrate means anything to the mode.
bool holds_bitrate(RateControl mode);

// What a level is chosen for, in bit/s; 0: the mode has no bound.
uint64_t peak_bitrate(const EncodeRate& rate);

}  // namespace av1hw
