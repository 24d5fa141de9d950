// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a layer lies on the canvas, and which of its picture's samples are there. In double
// precision, so that no value that a property can have overflows.
#pragma once

#include <gst/video/video.h>

#include <optional>

#include "composite/frame_plan.h"

namespace av1hw {

struct Size {
  double width = 0, height = 0;
};

// What cropping leaves of a picture; empty where it leaves nothing.
std::optional<Extent> cropped(Size picture, unsigned left, unsigned top, unsigned right,
                              unsigned bottom);

// Is it one of the eight that turn or mirror? AUTO and CUSTOM are not: who hands in a layer knows
// its tags.
bool is_plain_orientation(GstVideoOrientationMethod orientation);
// Does it make rows columns?
bool swaps_axes(GstVideoOrientationMethod orientation);

// The largest rectangle of whole pixels and (about) the ratio of `picture`'s sides in the middle of
// `within`.
Extent fitted(const Extent& within, Size picture);

// `first`, then `second`.
Affine compose(const Affine& first, const Affine& second);

// Canvas -> a rectangle that is turned clockwise about its centre; there its corners are (0, 0) and
// (width, height). `degrees` is finite.
Affine shape_map(const Extent& rectangle, double degrees);

// That rectangle -> luma samples of the picture whose crop is shown in it.
Affine picture_map(Size rectangle, GstVideoOrientationMethod orientation, const Extent& crop);

// Corners of the turned rectangle, as its bounds on the canvas.
Extent turned_bounds(const Extent& rectangle, double degrees);

// Is each edge between two pixels?
bool on_whole_pixels(const Extent& extent);

// The pixels of a canvas that come closer to `extent` than `margin`.
PixelBox pixels_within(const Extent& extent, double margin, int canvas_width, int canvas_height);

bool contains(const PixelBox& outer, const PixelBox& inner);

// Do samples meet, each one of the other's of the same class of planes? Of luma, and of chroma as
// well.
bool luma_meets(const Affine& to_source);
bool chroma_meets(const Affine& to_source, const SampleLayout& canvas, const SampleLayout& picture);

}  // namespace av1hw
