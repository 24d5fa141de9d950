// SPDX-License-Identifier: LGPL-2.1-or-later
// By which of the kernel's ways a layer's planes can be computed. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "composite/frame_plan.h"
#include "vulkan/compositor/layer_params.h"
#include "vulkan/compositor/shader_params.h"

namespace av1hw {

// All components in one word.
bool is_packed(const SampleLayout& layout);
// Cb and Cr side by side.
bool is_paired(const SampleLayout& layout);

// For the canvas's plane of luma or of chroma, how many samples of the picture's luma (x, y) and
// chroma (x, y) a step is: at least 1.
ShaderVec4 shrink_of(const LayerPlan& layer, const SampleLayout& canvas, bool canvas_chroma);
// Does any plane that a sample of the canvas is made of have more than one sample a step?
bool is_shrunk(const LayerPlan& layer, const SampleLayout& canvas);
// First and last sample that count of the picture's luma or chroma: left, top, right, bottom.
std::array<int32_t, 4> bounds_of(const LayerPlan& layer, bool chroma);
// Left, top, right and bottom, in samples of the canvas's chroma.
std::array<int32_t, 4> chroma_box(const PixelBox& box, const SampleLayout& canvas);

// Whether nothing has to be filtered or made of what lies elsewhere.
bool is_taken_as_is(const LayerPlan& layer, const SampleLayout& canvas);
// Is each plane that the canvas's planes are made of filtered by resample.glsl, or as it is?
bool is_separable(const LayerPlan& layer, const FramePlan& plan, const FrameAccess& source);
// Whether the canvas's quads begin and end where its box does.
bool ends_between_quads(const LayerPlan& layer, const SampleLayout& canvas);

}  // namespace av1hw
