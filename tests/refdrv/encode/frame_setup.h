// SPDX-License-Identifier: LGPL-2.1-or-later
// What coding a frame begins with: its header held to what is supported, and its references.
#pragma once

#include <array>
#include <memory>

#include "refdrv/encode/frame_state.h"
#include "refdrv/encode/samples.h"

namespace refdrv::encode {

using SavedFrames = std::array<std::shared_ptr<const SavedFrame>, nv::slot_count>;

// An error names the syntax element that this coder does not write tiles for.
Result<> check_supported(const nv::FrameHeader& header);

// The sequence and the header must outlive the state.
Result<FrameState> set_up_frame(const nv::SequenceHeader& sequence, const nv::FrameHeader& header,
                                const nv::Slots& slots, const SavedFrames& saved,
                                const Planes& source);

}  // namespace refdrv::encode
