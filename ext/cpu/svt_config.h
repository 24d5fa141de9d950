// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoder settings as SVT-AV1's configuration.
#pragma once

#include <svt-av1/EbSvtAv1Enc.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/encoder.h"

namespace av1hw {

// Values of pred_structure, whose names differ between versions of SVT-AV1.
inline constexpr int svt_pred_low_delay = 1;
inline constexpr int svt_pred_random_access = 2;

// The number that SVT-AV1 calls a preset, 0 (slowest) upwards.
int svt_preset(unsigned preset);

// SVT-AV1's quantizer, 0..63, whose base_q_idx is nearest (the table is libaom's and ffmpeg's too).
unsigned svt_quantizer(unsigned base_q_idx);

// SVT-AV1's level of parallelism, 1..6, for a number of threads; 0 (its choice) for 0.
unsigned svt_parallelism(unsigned threads);

// Only the low delay structure has cbr, and it has no vbr.
bool svt_low_delay(const EncoderSettings& settings);

// Writes settings and format into `config`, which SVT-AV1 filled with its defaults. `notes` gets
// what is done in another way than asked. InvalidSettings, NotSupported: what SVT-AV1 refuses.
Result<> fill_svt_config(const EncoderSettings& settings, const EncoderInput& input,
                         EbSvtAv1EncConfiguration& config, std::vector<std::string>& notes);

// Frames that SVT-AV1 takes before the first packet, besides that packet's own, at most.
unsigned svt_latency(const EncoderSettings& settings);

}  // namespace av1hw
