// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows between surfaces, which may be tiled, and images, which are not.
#include "refdrv/va/image_rows.h"

namespace refdrv::va {

namespace {

// Of one plane: bytes and rows.
struct PlaneArea {
  size_t x = 0;
  size_t y = 0;
  size_t row_bytes = 0;
  size_t rows = 0;
};

PlaneArea plane_area(const PixelFormat& format, unsigned plane, const Area& area) {
  const auto even = [](unsigned value) { return size_t{value + 1} / 2 * 2; };
  if (plane == 0) {
    return {size_t{area.x} * format.sample_bytes, area.y, size_t{area.width} * format.sample_bytes,
            area.height};
  }
  return {size_t{area.x} / 2 * 2 * format.sample_bytes, area.y / 2,
          even(area.width) * format.sample_bytes, even(area.height) / 2};
}

std::span<uint8_t> image_row(Image& image, unsigned plane, const PlaneArea& area, size_t y) {
  return {image.buffer->data() + image.description.offsets[plane] +
              (area.y + y) * image.description.pitches[plane] + area.x,
          area.row_bytes};
}

}  // namespace

void read_surface(const Surface& surface, std::span<uint8_t> image) {
  for (unsigned plane = 0; plane < 2; plane++) {
    const SurfacePlane& p = surface.layout().planes[plane];
    for (size_t y = 0; y < p.rows; y++) {
      surface.read(plane, 0, y, image.subspan(p.offset + y * p.pitch, p.row_bytes));
    }
  }
}

void write_surface(Surface& surface, std::span<const uint8_t> image) {
  for (unsigned plane = 0; plane < 2; plane++) {
    const SurfacePlane& p = surface.layout().planes[plane];
    for (size_t y = 0; y < p.rows; y++) {
      surface.write(plane, 0, y, image.subspan(p.offset + y * p.pitch, p.row_bytes));
    }
  }
}

void copy_out(const Surface& surface, const Area& from, Image& image) {
  for (unsigned plane = 0; plane < 2; plane++) {
    const PlaneArea in = plane_area(*image.format, plane, from);
    const PlaneArea out = plane_area(*image.format, plane, {0, 0, from.width, from.height});
    for (size_t y = 0; y < in.rows; y++) {
      surface.read(plane, in.x, in.y + y, image_row(image, plane, out, y));
    }
  }
}

void copy_in(Surface& surface, const Area& to, Image& image, const Area& from) {
  for (unsigned plane = 0; plane < 2; plane++) {
    const PlaneArea in = plane_area(*image.format, plane, from);
    const PlaneArea out = plane_area(*image.format, plane, to);
    for (size_t y = 0; y < in.rows; y++) {
      surface.write(plane, out.x, out.y + y, image_row(image, plane, in, y));
    }
  }
}

}  // namespace refdrv::va
