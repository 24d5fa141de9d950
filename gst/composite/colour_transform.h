// SPDX-License-Identifier: LGPL-2.1-or-later
// What a picture's components mean, and how those of a layer become the canvas's.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <cstdint>

#include "base/result.h"
#include "composite/frame_plan.h"
#include "composite/planner.h"

namespace av1hw {

// Components are normalised: code value / (2^depth - 1).
struct ColourSpace {
  GstVideoColorimetry colorimetry = {};  // nothing in it is unknown
  Transfer transfer;
  unsigned depth = 8;
  Matrix34 decode = {};  // components -> R'G'B'
  Matrix34 encode = {};  // and back
};

// NotSupported: a transfer function.
Result<ColourSpace> colour_space(const GstVideoInfo& info, const SampleLayout& layout);

// Linear light blends what each layer shows as light, also where it is coded as the canvas is.
ColourTransform colour_transform(const ColourSpace& layer, const ColourSpace& canvas,
                                 BlendGamma blend_gamma, ToneMap tone_map,
                                 const HdrLuminance& luminance);

// An ARGB colour, and its alpha, in the space that is blended in.
std::array<double, 4> canvas_colour(uint32_t argb, const ColourSpace& canvas,
                                    BlendGamma blend_gamma);

}  // namespace av1hw
