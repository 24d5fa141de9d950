// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoder settings as NVENC's parameters: pure, so that each field is tested without a driver.
#pragma once

#include <ffnvcodec/nvEncodeAPI.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "codec/encoder.h"
#include "nvcodec/nv_answers.h"

namespace av1hw {

// Which engines share a frame: no device has more than NVENC can name.
inline constexpr unsigned nvenc_max_split = 3;
// Pictures that NVENC can look ahead in, less its B-frames.
inline constexpr unsigned nvenc_max_lookahead = 31;

// NV_ENC_BUFFER_FORMAT_UNDEFINED: NVENC codes no AV1 from such frames.
NV_ENC_BUFFER_FORMAT nvenc_buffer_format(GstVideoFormat format);

// NVENC's preset of the speed 1 (slowest) to 10 (fastest).
GUID nvenc_preset(unsigned preset);

NV_ENC_TUNING_INFO nvenc_tuning(const EncoderSettings& settings);

// The session's parameters. `encodeConfig` is left to the caller.
NV_ENC_INITIALIZE_PARAMS nvenc_initialize_params(const EncoderSettings& settings,
                                                 const EncoderInput& input,
                                                 const NvEncodeAnswers& device);

// What all pictures of such a session have in common.
NV_ENC_PIC_PARAMS nvenc_picture_params(const NV_ENC_INITIALIZE_PARAMS& params,
                                       const EncoderInput& input);

// Changes what the driver has for the preset and tuning above (nvEncGetEncodePresetConfigEx) to
// what was asked for. `notes` gets what is done in another way. NotSupported: `device` can't do
// what cannot be done in another way.
Result<> fill_nvenc_config(const EncoderSettings& settings, const EncoderInput& input,
                           const NvEncodeAnswers& device, NV_ENC_CONFIG& config,
                           std::vector<std::string>& notes);

// The part of it that a new bitrate changes.
void set_nvenc_bitrate(const EncoderSettings& settings, const EncoderInput& input,
                       const NvEncodeAnswers& device, NV_ENC_RC_PARAMS& rate);

// Frames that go in before the first of them comes out, besides that one.
unsigned nvenc_delay(const NV_ENC_CONFIG& config);

}  // namespace av1hw
