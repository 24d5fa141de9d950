// SPDX-License-Identifier: LGPL-2.1-or-later
// The motion field (specification, sections 7.9 and 7.19) of frames in which nothing moves.
#pragma once

#include <cstdint>
#include <vector>

#include "refdrv/encode/frame_state.h"

namespace refdrv::encode {

// The slots' frames, by the names of ref_frame_idx; null at INTRA_FRAME.
using NamedFrames = std::array<const SavedFrame*, ref_names>;

// Where motion_field_estimation() finds a vector.
std::vector<bool> estimate_motion_field(const FrameState& frame, const NamedFrames& references);
// MfRefFrames, by blocks of 8x8 samples.
std::vector<uint8_t> saved_motion_refs(const FrameState& frame);

}  // namespace refdrv::encode
