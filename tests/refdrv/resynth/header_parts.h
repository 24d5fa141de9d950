// SPDX-License-Identifier: LGPL-2.1-or-later
// The parts of the frame header that have syntax functions of their own.
#pragma once

#include "refdrv/resynth/bit_writer.h"
#include "refdrv/resynth/frame_writer.h"
#include "refdrv/resynth/picture.h"
#include "refdrv/resynth/result.h"

namespace refdrv {

void write_quantization(BitWriter& out, const Picture& picture);
void write_segmentation(BitWriter& out, const Picture& picture);
void write_delta_params(BitWriter& out, const Picture& picture);
void write_loop_filter(BitWriter& out, const Picture& picture);
void write_cdef(BitWriter& out, const Picture& picture);
void write_restoration(BitWriter& out, const Picture& picture);
Result<> write_skip_mode(BitWriter& out, const Picture& picture, const FrameCoding& coding);
Result<> write_global_motion(BitWriter& out, const Picture& picture, const FrameCoding& coding);
void write_film_grain(BitWriter& out, const Picture& picture);

bool is_coded_lossless(const Picture& picture);
// How far hint `a` is after `b` (get_relative_dist).
int relative_distance(const SequenceParams& sequence, int a, int b);

}  // namespace refdrv
