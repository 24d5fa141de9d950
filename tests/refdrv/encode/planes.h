// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the samples that clients and dav1d have and those that are coded.
#pragma once

#include "refdrv/encode/frame_state.h"
#include "refdrv/encode/samples.h"
#include "refdrv/encode/software_encoder.h"
#include "refdrv/resynth/resynthesizer.h"

namespace refdrv::encode {

// The part of the source that a frame codes. An error if it is smaller than the frame.
Result<Planes> read_source(const SourceView& source, const nv::SequenceHeader& sequence,
                           const nv::FrameHeader& header);
Planes read_decoded(const PlaneView& decoded);
Reconstruction to_reconstruction(const Planes& planes, unsigned bit_depth);

}  // namespace refdrv::encode
