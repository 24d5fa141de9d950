// SPDX-License-Identifier: LGPL-2.1-or-later
// The model's pictures: samples of frames in system memory, and filters over them.
#pragma once

#include <gst/video/video.h>

#include <array>

#include "composite/sample_layout.h"
#include "model_colour.h"

namespace av1hw::test {

struct Position {
  double x = 0, y = 0;
};

// The code value of component c (3: alpha) at a sample of its own plane.
unsigned code_at(const GstVideoFrame& frame, const SampleLayout& layout, unsigned c, int x, int y);
void set_code(GstVideoFrame& frame, const SampleLayout& layout, unsigned c, int x, int y,
              unsigned code);

// Of component c's plane.
int plane_width(const SampleLayout& layout, unsigned c);
int plane_height(const SampleLayout& layout, unsigned c);
// Where a sample of component c's plane lies, in luma samples.
Position sample_position(const SampleLayout& layout, unsigned c, int x, int y);

struct FilteredSample {
  Vec3 colour = {};  // components, normalised
  double alpha = 1;
};

// The picture within `crop` about a position. `step_x` and `step_y` say how far from there the
// output's next sample and the one beneath are: all in luma samples of the picture.
FilteredSample filtered(const GstVideoFrame& frame, const SampleLayout& layout, const Extent& crop,
                        ScaleFilter filter, Position at, Position step_x, Position step_y);

}  // namespace av1hw::test
