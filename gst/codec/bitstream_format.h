// SPDX-License-Identifier: LGPL-2.1-or-later
// What the bitstream's headers say of a picture's format, in GStreamer's terms.
#pragma once

#include <cstdint>

#include "av1/sequence_header.h"
#include "codec/picture_format.h"

namespace av1hw {

// Code points of ISO/IEC 23091-4. `rgb`: the picture comes out as R'G'B'.
GstVideoColorimetry bitstream_colorimetry(bool full_range, unsigned primaries, unsigned transfer,
                                          unsigned matrix, bool rgb);

// chroma_sample_position (6.4.2), of 4:2:0 pictures.
GstVideoChromaSite bitstream_chroma_site(unsigned chroma_sample_position);

// The render size is what the picture is meant to be shown at (6.8.5): a shape, not a scale. Sets
// the pixel aspect ratio where the two shapes differ.
void set_render_size(PictureFormat& format, uint32_t render_width, uint32_t render_height);

// Sets the rate where none of these (5.5.3) is 0.
void set_frame_rate(PictureFormat& format, uint32_t time_scale, uint32_t num_units_in_display_tick,
                    uint32_t num_ticks_per_picture);

// All that a sequence header says, for pictures that come out as `video_format`; no size yet.
PictureFormat sequence_format(const SequenceHeader& sequence, GstVideoFormat video_format);

}  // namespace av1hw
