// SPDX-License-Identifier: LGPL-2.1-or-later
// From the light of one set of primaries to that of another.
#pragma once

#include <gst/video/video.h>

#include <array>

#include "composite/frame_plan.h"

namespace av1hw {

inline constexpr Matrix33 identity33 = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

// White becomes white: where the two differ in it, XYZ is scaled. Primaries that GStreamer does not
// know are BT.709's.
Matrix33 primaries_matrix(GstVideoColorPrimaries from, GstVideoColorPrimaries to);

// What R, G and B contribute to luminance.
std::array<double, 3> luminance_weights(GstVideoColorPrimaries primaries);

}  // namespace av1hw
