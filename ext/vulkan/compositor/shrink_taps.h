// SPDX-License-Identifier: LGPL-2.1-or-later
// What shaders/shrink.glsl is told of a picture that is exactly halved or quartered.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "composite/frame_plan.h"
#include "vulkan/compositor/layer_params.h"

namespace av1hw {

struct ShrinkTaps {
  // Of the canvas's luma and chroma. Weights in 128ths, four in a word from the lowest byte on, of
  // the rows from `times` before the first that a sample covers; the last word is how many times as
  // large the picture is.
  std::array<std::array<uint32_t, 4>, 2> down = {};
  // Two each: the weights along a row, as they meet words of the picture.
  std::array<std::array<uint32_t, 4>, 4> across = {};
  // Sample `times` * n + first lies where sample n of the canvas begins: luma x, y, chroma x, y.
  std::array<int32_t, 4> first = {};
};

// Nothing where another way has to show it: it is not opaque, bilinear, upright, of the canvas's
// layout of 8 bits and its colour, halved or quartered along both axes; or its edges lie within the
// canvas's quads, or its samples within the picture's words.
std::optional<ShrinkTaps> shrink_taps(const LayerPlan& layer, const SampleLayout& canvas,
                                      const FrameAccess& source);

}  // namespace av1hw
