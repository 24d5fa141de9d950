// SPDX-License-Identifier: LGPL-2.1-or-later
// GStreamer's own compositor, given what the model is given.
#pragma once

#include <memory>
#include <span>

#include "composite/planner.h"
#include "pictures.h"

namespace av1hw::test {

bool has_compositor();

// One frame of the element `compositor`; null, and a failure of the test, where it makes none. Of
// layers it is told position, size, alpha, operator and filter.
std::unique_ptr<Picture> run_compositor(const CanvasSettings& canvas,
                                        std::span<const LayerInput> bottom_up,
                                        std::span<const Picture* const> pictures);

}  // namespace av1hw::test
