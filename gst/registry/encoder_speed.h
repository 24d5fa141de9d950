// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast software encoders are, measured.
#pragma once

#include "registry/candidate.h"

namespace av1hw {

// Frames of the request's size a second that `encoder` should reach at the policy's preset, on the
// policy's threads; 0 where it was not measured or the size is not known. For rank().
double encoder_speed(const Candidate& encoder, const Request& request, const Policy& policy);

}  // namespace av1hw
