// SPDX-License-Identifier: LGPL-2.1-or-later
// What libva's drivers are told of bitrates, frame rates, quality and regions: pure functions.
#pragma once

#include <va/va.h>

#include <cstdint>
#include <span>
#include <vector>

#include "codec/encode_backend.h"
#include "vaapi/va_encode_features.h"

namespace av1hw {

// A VAEncMiscParameterBuffer: its type, and the structure of that type.
using VaMiscParameter = std::vector<uint8_t>;

// Frames a second as VAEncMiscParameterFrameRate has them, 16 bits each: denominator << 16 |
// numerator. What does not fit is rounded to the nearest fraction that does. Where the rate varies,
// which GStreamer says by 0/1, it is 30, since drivers plan by it. Of a temporal layer it is halved
// as often as layers are above it: `halved`, below 16.
uint32_t va_frame_rate(int numerator, int denominator, unsigned halved = 0);

// Rate control, its buffer and the frame rate, in the order in which drivers want them; nothing
// with Cqp. `mode` is VA_RC_*.
std::vector<VaMiscParameter> va_rate_parameters(const EncodeStream& stream,
                                                const VaEncodeFeatures& features, uint32_t mode);

// `preset`, 1 (best) to 10, on the driver's scale. 0: it has none.
uint32_t va_quality_level(unsigned preset, const VaEncodeFeatures& features);
VaMiscParameter va_quality_parameter(uint32_t level);

// The first of `regions`, as many as the driver takes.
std::vector<VAEncROI> va_regions(std::span<const RegionOfInterest> regions, unsigned most);
// Points to `regions`.
VaMiscParameter va_regions_parameter(std::vector<VAEncROI>& regions);

}  // namespace av1hw
