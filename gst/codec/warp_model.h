// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a global motion model can be used for warping (AV1 specification 7.11.3.6).
#pragma once

#include <cstdint>
#include <span>

namespace av1hw {

// The setup shear process: warpValid for gm_params of one reference.
bool warp_is_valid(std::span<const int32_t, 6> parameters);

}  // namespace av1hw
