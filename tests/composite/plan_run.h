// SPDX-License-Identifier: LGPL-2.1-or-later
// Does what a FramePlan says, as a shader would, on the CPU and in double precision.
#pragma once

#include <gst/video/video.h>

#include <span>

#include "composite/frame_plan.h"
#include "model.h"

namespace av1hw::test {

ModelFrame run_plan(const FramePlan& plan, std::span<const GstVideoFrame* const> pictures);

}  // namespace av1hw::test
