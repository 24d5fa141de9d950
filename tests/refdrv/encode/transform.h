// SPDX-License-Identifier: LGPL-2.1-or-later
// Transforms of which only the first coefficient is not zero (specification, sections 7.12 and
// 7.13): what they add to every sample.
#pragma once

#include <cstdint>

#include "refdrv/encode/frame_state.h"

namespace refdrv::encode {

// Sides are 4 to 32 samples long, and none is more than twice the other.
struct TransformSize {
  unsigned width_log2 = 2;
  unsigned height_log2 = 2;

  unsigned width4() const { return 1U << (width_log2 - 2); }
  unsigned height4() const { return 1U << (height_log2 - 2); }
  unsigned sqr() const;     // Tx_Size_Sqr: TX_4X4 is 0
  unsigned sqr_up() const;  // Tx_Size_Sqr_Up
};

// The one transform that a plane of a block has: get_tx_size() of the largest.
TransformSize transform_size(const FrameState& frame, const Block& block, unsigned plane);

struct Quantizer {
  int step = 0;  // get_dc_quant(), by the quantizer matrix
  TransformSize size;
  unsigned bit_depth = 8;
};

Quantizer quantizer(const FrameState& frame, unsigned plane, unsigned segment,
                    const TransformSize& size);

// What a coefficient adds to all samples, exactly as decoders reckon.
int residual(const Quantizer& quantizer, int coefficient);
// The coefficient that adds what is closest to `wanted`.
int quantize(const Quantizer& quantizer, double wanted);

}  // namespace refdrv::encode
