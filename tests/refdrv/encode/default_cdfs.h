// SPDX-License-Identifier: LGPL-2.1-or-later
// Tables of the specification: default distributions (9.4).
#pragma once

#include <array>
#include <cstdint>

#include "refdrv/encode/cdf_contexts.h"

namespace refdrv::encode {

extern const ModeCdfs default_mode_cdfs;
// By ranges of base_q_idx.
extern const std::array<CoefficientCdfs, 4> default_coefficient_cdfs;

}  // namespace refdrv::encode
