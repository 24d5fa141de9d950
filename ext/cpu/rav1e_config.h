// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoder settings as rav1e's configuration.
#pragma once

#include <rav1e/rav1e.h>

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_handle.h"
#include "codec/encoder.h"

namespace av1hw {

using RaConfigPtr = UniqueHandle<RaConfig, rav1e_config_unref>;

// rav1e's --speed for a preset: 1 is speed 0, every other preset the speed of the same number.
unsigned rav1e_speed(unsigned preset);

// The key and value pairs for rav1e_config_parse(), in the order in which rav1e wants them (the
// speed sets other keys' defaults).
std::vector<std::pair<const char*, std::string>> rav1e_parameters(const EncoderSettings& settings,
                                                                  const GstVideoInfo& info);

// Frames that rav1e takes before the first packet, besides that packet's own.
unsigned rav1e_latency(const EncoderSettings& settings);

// The whole configuration. InvalidSettings and NotSupported name what rav1e refused.
Result<RaConfigPtr> make_rav1e_config(const EncoderSettings& settings, const EncoderInput& input);

}  // namespace av1hw
