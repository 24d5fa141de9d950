// SPDX-License-Identifier: LGPL-2.1-or-later
// Which caps the canvas gets, from what downstream takes and what the inputs are. Pure.
#pragma once

#include <gst/video/video.h>

#include <span>
#include <string>

#include "composite/planner.h"
#include "memory/handles.h"
#include "vulkan/element/canvas_light.h"

namespace av1hw {

struct CanvasInput {
  GstVideoInfo info;
  std::string memory;  // its caps feature, "memory:SystemMemory"
  // The canvas that it needs at least, so that all of its rectangle is on it.
  int right = 0, bottom = 0;
  LightInfo light;
};

// `allowed`, the best first: memory of the inputs' kind, unless `welcome` is memory that the device
// shares, CUDA's or a Vulkan image, which costs nothing more; then a format that keeps what they
// have (10 bits, alpha where the background is transparent). Where `allowed` leaves the colorimetry
// open it is that of the largest HDR input, or of the largest input where none is HDR.
CapsHandle rank_canvas_caps(const GstCaps* allowed, std::span<const CanvasInput> inputs,
                            BackgroundKind background, const std::string& welcome = {});

// Fixed caps of the first of `ranked`: as large as the inputs' rectangles need, with square samples
// and the highest of their frame rates, as far as it leaves that open; of an HDR canvas, with what
// the inputs say of their light.
CapsHandle fixate_canvas_caps(CapsHandle ranked, std::span<const CanvasInput> inputs);

}  // namespace av1hw
