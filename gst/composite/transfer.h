// SPDX-License-Identifier: LGPL-2.1-or-later
// Transfer functions, as docs/compositor.md defines them: between R'G'B' and light, in which
// reference white is 1.
#pragma once

#include <gst/video/video.h>

#include <array>

#include "base/result.h"
#include "composite/frame_plan.h"

namespace av1hw {

inline constexpr double reference_white = 203;  // cd/m2 (ITU-R BT.2408)
inline constexpr double pq_peak = 10000;        // cd/m2

// NotSupported: a function that is not composited. `primaries` give HLG its luminance.
Result<Transfer> transfer_of(GstVideoTransferFunction function, GstVideoColorPrimaries primaries);

inline bool is_hdr(const Transfer& transfer) {
  return transfer.curve == TransferCurve::Pq || transfer.curve == TransferCurve::Hlg;
}

std::array<double, 3> to_light(const Transfer& transfer, const std::array<double, 3>& signal);
std::array<double, 3> from_light(const Transfer& transfer, const std::array<double, 3>& light);

}  // namespace av1hw
