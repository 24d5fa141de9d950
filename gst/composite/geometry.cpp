// SPDX-License-Identifier: LGPL-2.1-or-later
// Rectangles, turns and the affine maps between canvas and picture.
#include "composite/geometry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace av1hw {
namespace {

struct Turn {
  double cos = 1, sin = 0;
};

// Quarter turns are exact, so that their edges stay on pixels.
Turn turn_by(double degrees) {
  static constexpr std::array<Turn, 4> quarters = {{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};
  const double turn = std::fmod(degrees, 360.0);
  const double quarter = turn / 90;
  if (quarter == std::floor(quarter))
    return quarters[static_cast<size_t>(static_cast<int>(quarter) + 4) % 4];
  const double radians = turn * std::numbers::pi / 180;
  return {std::cos(radians), std::sin(radians)};
}

// From the shown unit square to the picture's.
Affine unit_map(GstVideoOrientationMethod orientation) {
  switch (orientation) {
  case GST_VIDEO_ORIENTATION_90R: return {0, 1, 0, -1, 0, 1};
  case GST_VIDEO_ORIENTATION_180: return {-1, 0, 1, 0, -1, 1};
  case GST_VIDEO_ORIENTATION_90L: return {0, -1, 1, 1, 0, 0};
  case GST_VIDEO_ORIENTATION_HORIZ: return {-1, 0, 1, 0, 1, 0};
  case GST_VIDEO_ORIENTATION_VERT: return {1, 0, 0, 0, -1, 1};
  case GST_VIDEO_ORIENTATION_UL_LR: return {0, 1, 0, 1, 0, 0};
  case GST_VIDEO_ORIENTATION_UR_LL: return {0, -1, 1, -1, 0, 1};
  default: return {};
  }
}

int clamped(double value, int most) {
  return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(most)));
}

bool is_whole(double value) { return value == std::floor(value); }

// Along one axis: is every sample of the canvas's plane, moved by `offset` luma samples, one of the
// picture's?
bool axis_meets(double offset, unsigned sub, double canvas_first, double picture_first) {
  return is_whole((offset + canvas_first - picture_first) / (1 << sub));
}

}  // namespace

std::optional<Extent> cropped(Size picture, unsigned left, unsigned top, unsigned right,
                              unsigned bottom) {
  const Extent rest = {static_cast<double>(left), static_cast<double>(top), picture.width - right,
                       picture.height - bottom};
  if (rest.left >= rest.right || rest.top >= rest.bottom) return std::nullopt;
  return rest;
}

bool is_plain_orientation(GstVideoOrientationMethod orientation) {
  return orientation >= GST_VIDEO_ORIENTATION_IDENTITY &&
         orientation <= GST_VIDEO_ORIENTATION_UR_LL;
}

bool swaps_axes(GstVideoOrientationMethod orientation) { return unit_map(orientation).xx == 0; }

Extent fitted(const Extent& within, Size picture) {
  const Size room = {within.right - within.left, within.bottom - within.top};
  Size fit = room;
  if (room.width * picture.height > room.height * picture.width)
    fit.width = std::round(room.height * picture.width / picture.height);
  else
    fit.height = std::round(room.width * picture.height / picture.width);
  fit = {std::clamp(fit.width, 1.0, room.width), std::clamp(fit.height, 1.0, room.height)};
  const double left = within.left + std::floor((room.width - fit.width) / 2);
  const double top = within.top + std::floor((room.height - fit.height) / 2);
  return {left, top, left + fit.width, top + fit.height};
}

Affine compose(const Affine& first, const Affine& second) {
  return {.xx = second.xx * first.xx + second.xy * first.yx,
          .xy = second.xx * first.xy + second.xy * first.yy,
          .x0 = second.xx * first.x0 + second.xy * first.y0 + second.x0,
          .yx = second.yx * first.xx + second.yy * first.yx,
          .yy = second.yx * first.xy + second.yy * first.yy,
          .y0 = second.yx * first.x0 + second.yy * first.y0 + second.y0};
}

Affine shape_map(const Extent& rectangle, double degrees) {
  const Turn turn = turn_by(degrees);
  const double centre_x = (rectangle.left + rectangle.right) / 2;
  const double centre_y = (rectangle.top + rectangle.bottom) / 2;
  // To the centre, turned back, and from the rectangle's own corner.
  const Affine about_centre = {.x0 = -centre_x, .y0 = -centre_y};
  const Affine back = {.xx = turn.cos,
                       .xy = turn.sin,
                       .x0 = centre_x - rectangle.left,
                       .yx = -turn.sin,
                       .yy = turn.cos,
                       .y0 = centre_y - rectangle.top};
  return compose(about_centre, back);
}

Affine picture_map(Size rectangle, GstVideoOrientationMethod orientation, const Extent& crop) {
  // The scale is one division, so that equal sizes give exactly one.
  const Affine unit = unit_map(orientation);
  const double width = crop.right - crop.left, height = crop.bottom - crop.top;
  return {.xx = unit.xx * (width / rectangle.width),
          .xy = unit.xy * (width / rectangle.height),
          .x0 = crop.left + unit.x0 * width,
          .yx = unit.yx * (height / rectangle.width),
          .yy = unit.yy * (height / rectangle.height),
          .y0 = crop.top + unit.y0 * height};
}

Extent turned_bounds(const Extent& rectangle, double degrees) {
  const Turn turn = turn_by(degrees);
  const double centre_x = (rectangle.left + rectangle.right) / 2;
  const double centre_y = (rectangle.top + rectangle.bottom) / 2;
  const double half_width = (rectangle.right - rectangle.left) / 2;
  const double half_height = (rectangle.bottom - rectangle.top) / 2;
  const double reach_x = std::abs(turn.cos) * half_width + std::abs(turn.sin) * half_height;
  const double reach_y = std::abs(turn.sin) * half_width + std::abs(turn.cos) * half_height;
  return {centre_x - reach_x, centre_y - reach_y, centre_x + reach_x, centre_y + reach_y};
}

bool on_whole_pixels(const Extent& extent) {
  return is_whole(extent.left) && is_whole(extent.top) && is_whole(extent.right) &&
         is_whole(extent.bottom);
}

PixelBox pixels_within(const Extent& extent, double margin, int canvas_width, int canvas_height) {
  return {clamped(std::floor(extent.left - margin), canvas_width),
          clamped(std::floor(extent.top - margin), canvas_height),
          clamped(std::ceil(extent.right + margin), canvas_width),
          clamped(std::ceil(extent.bottom + margin), canvas_height)};
}

bool contains(const PixelBox& outer, const PixelBox& inner) {
  return outer.left <= inner.left && outer.top <= inner.top && outer.right >= inner.right &&
         outer.bottom >= inner.bottom;
}

bool luma_meets(const Affine& to_source) {
  const bool moved_only =
      to_source.xx == 1 && to_source.yy == 1 && to_source.xy == 0 && to_source.yx == 0;
  return moved_only && is_whole(to_source.x0) && is_whole(to_source.y0);
}

bool chroma_meets(const Affine& to_source, const SampleLayout& canvas,
                  const SampleLayout& picture) {
  return luma_meets(to_source) && canvas.sub_x == picture.sub_x && canvas.sub_y == picture.sub_y &&
         axis_meets(to_source.x0, canvas.sub_x, canvas.chroma_x, picture.chroma_x) &&
         axis_meets(to_source.y0, canvas.sub_y, canvas.chroma_y, picture.chroma_y);
}

}  // namespace av1hw
