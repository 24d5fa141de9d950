// SPDX-License-Identifier: LGPL-2.1-or-later
// What raw caps say of the frames that come into an encoder, in whatever memory.
#pragma once

#include <gst/gst.h>

#include "base/result.h"
#include "codec/encoder.h"

namespace av1hw {

// Of fixed caps; `live` stays false. InvalidData: they describe no frames, or DMA-BUFs of no known
// layout.
Result<EncoderInput> read_encoder_input(const GstCaps* caps);

// Whether an encoder that was opened for the one does for the other, `live` aside.
bool same_input(const EncoderInput& a, const EncoderInput& b);

}  // namespace av1hw
