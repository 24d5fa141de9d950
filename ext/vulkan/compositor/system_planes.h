// SPDX-License-Identifier: LGPL-2.1-or-later
// A picture's planes one after the other, as they lie in a staging buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "composite/sample_layout.h"
#include "vulkan/compositor/engine.h"

namespace av1hw {

struct StagedPlane {
  uint64_t offset = 0;
  uint32_t stride = 0, row_bytes = 0, rows = 0;
};

struct StagedPicture {
  std::array<StagedPlane, max_frame_planes> planes = {};
  size_t plane_count = 0;
  uint64_t bytes = 0;         // with what is between rows and planes
  uint64_t sample_bytes = 0;  // without
};

StagedPicture staged_picture(const SampleLayout& layout);
// With rows as far apart as they are elsewhere.
StagedPicture staged_picture(const SampleLayout& layout,
                             const std::array<uint32_t, max_frame_planes>& strides);

// Of one plane, from its first sample to its last.
uint64_t plane_bytes(const StagedPlane& plane);

// Whether `planes` can hold rows of this picture.
bool holds(const StagedPicture& picture, const SystemPlanes& planes);
bool holds(const StagedPicture& picture, const WritableSystemPlanes& planes);
bool holds(const StagedPicture& picture, const HostPlanes& planes);

// A part of a picture that one thread copies: so many rows of a plane.
struct PlanePart {
  size_t plane = 0;
  uint32_t first_row = 0, rows = 0;
};
// All of it, in parts of about a megabyte, which are added to `parts`.
void add_parts(const StagedPicture& picture, std::vector<PlanePart>& parts);

void copy_in(const StagedPicture& picture, const PlanePart& part, const SystemPlanes& from,
             uint8_t* to);
void copy_out(const StagedPicture& picture, const PlanePart& part, const uint8_t* from,
              const WritableSystemPlanes& to);

}  // namespace av1hw
