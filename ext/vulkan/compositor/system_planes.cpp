// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows of staged pictures begin where a kernel's widest word may.
#include "vulkan/compositor/system_planes.h"

#include <algorithm>
#include <cstring>

namespace av1hw {
namespace {

constexpr uint64_t plane_alignment = 256;
constexpr uint32_t row_alignment = 16;
constexpr uint32_t part_bytes = 1 << 20;

template <typename T>
T aligned(T value, T alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

uint32_t halved(int size, unsigned sub) {
  return (static_cast<uint32_t>(size) + (1u << sub) - 1) >> sub;
}

// Rows of an equal stride are one run, but for what lies behind the last of them.
void copy_rows(const uint8_t* from, size_t from_stride, uint8_t* to, size_t to_stride,
               size_t row_bytes, size_t rows) {
  if (from_stride == to_stride) {
    std::memcpy(to, from, from_stride * (rows - 1) + row_bytes);
    return;
  }
  for (size_t y = 0; y < rows; y++) {
    std::memcpy(to + y * to_stride, from + y * from_stride, row_bytes);
  }
}

template <typename Planes>
bool holds_rows(const StagedPicture& picture, const Planes& planes) {
  for (size_t i = 0; i < picture.plane_count; i++) {
    if (!planes.data[i] || planes.stride[i] < picture.planes[i].row_bytes) return false;
  }
  return true;
}

// What planes have whatever their strides.
StagedPicture bare_picture(const SampleLayout& layout) {
  StagedPicture picture;
  picture.plane_count = layout.planes;
  for (unsigned c = 0; c < (layout.alpha_depth > 0 ? 4u : 3u); c++) {
    const ComponentLayout& component = layout.components[c];
    const bool chroma = c == 1 || c == 2;
    StagedPlane& plane = picture.planes[component.plane];
    const uint32_t width = halved(layout.width, chroma ? layout.sub_x : 0);
    plane.row_bytes = std::max(plane.row_bytes, width * component.step);
    plane.rows = std::max(plane.rows, halved(layout.height, chroma ? layout.sub_y : 0));
  }
  return picture;
}

void place_planes(StagedPicture& picture) {
  for (size_t i = 0; i < picture.plane_count; i++) {
    StagedPlane& plane = picture.planes[i];
    plane.offset = picture.bytes;
    picture.bytes += aligned(uint64_t{plane.stride} * plane.rows, plane_alignment);
    picture.sample_bytes += uint64_t{plane.row_bytes} * plane.rows;
  }
}

}  // namespace

StagedPicture staged_picture(const SampleLayout& layout) {
  StagedPicture picture = bare_picture(layout);
  for (size_t i = 0; i < picture.plane_count; i++)
    picture.planes[i].stride = aligned(picture.planes[i].row_bytes, row_alignment);
  place_planes(picture);
  return picture;
}

StagedPicture staged_picture(const SampleLayout& layout,
                             const std::array<uint32_t, max_frame_planes>& strides) {
  StagedPicture picture = bare_picture(layout);
  for (size_t i = 0; i < picture.plane_count; i++) picture.planes[i].stride = strides[i];
  place_planes(picture);
  return picture;
}

uint64_t plane_bytes(const StagedPlane& plane) {
  return uint64_t{plane.stride} * (plane.rows - 1) + plane.row_bytes;
}

bool holds(const StagedPicture& picture, const SystemPlanes& planes) {
  return holds_rows(picture, planes);
}

bool holds(const StagedPicture& picture, const WritableSystemPlanes& planes) {
  return holds_rows(picture, planes);
}

bool holds(const StagedPicture& picture, const HostPlanes& planes) {
  for (size_t i = 0; i < picture.plane_count; i++) {
    if (planes.stride[i] < picture.planes[i].row_bytes) return false;
  }
  return planes.buffer != VK_NULL_HANDLE;
}

void add_parts(const StagedPicture& picture, std::vector<PlanePart>& parts) {
  for (size_t i = 0; i < picture.plane_count; i++) {
    const StagedPlane& plane = picture.planes[i];
    const uint32_t rows = std::max<uint32_t>(1, part_bytes / std::max(plane.stride, 1u));
    for (uint32_t first = 0; first < plane.rows; first += rows)
      parts.push_back({i, first, std::min(rows, plane.rows - first)});
  }
}

void copy_in(const StagedPicture& picture, const PlanePart& part, const SystemPlanes& from,
             uint8_t* to) {
  const StagedPlane& plane = picture.planes[part.plane];
  const size_t stride = from.stride[part.plane], first = part.first_row;
  copy_rows(from.data[part.plane] + first * stride, stride,
            to + plane.offset + first * plane.stride, plane.stride, plane.row_bytes, part.rows);
}

void copy_out(const StagedPicture& picture, const PlanePart& part, const uint8_t* from,
              const WritableSystemPlanes& to) {
  const StagedPlane& plane = picture.planes[part.plane];
  const size_t stride = to.stride[part.plane], first = part.first_row;
  copy_rows(from + plane.offset + first * plane.stride, plane.stride,
            to.data[part.plane] + first * stride, stride, plane.row_bytes, part.rows);
}

}  // namespace av1hw
