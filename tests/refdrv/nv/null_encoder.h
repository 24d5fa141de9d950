// SPDX-License-Identifier: LGPL-2.1-or-later
// REFDRV_NULL's encoder: units that decode, and cost nothing to code.
#pragma once

#include <memory>

#include "refdrv/nv/aom_encoder.h"

namespace refdrv::nv {

// Codes a grey key frame and a frame that follows it, once, and gives copies of them whatever the
// pictures are. The second is stored nowhere and needs no contexts but the default ones, so that it
// decodes any number of times. Settings that change leave the units as they are; there is one
// temporal layer.
Result<std::unique_ptr<AomEncoder>> create_null_encoder(const CodingSettings& settings);

}  // namespace refdrv::nv
