// SPDX-License-Identifier: LGPL-2.1-or-later
// What blocks are predicted to be (specification, sections 7.11.2 and 7.11.3).
#include "refdrv/encode/prediction.h"

#include <algorithm>

namespace refdrv::encode {

namespace {

// Samples of a plane.
struct Area {
  unsigned x = 0;
  unsigned y = 0;
  unsigned width = 0;
  unsigned height = 0;
};

Area area_of(const FrameState& frame, const Block& block, unsigned plane) {
  const TransformSize size = transform_size(frame, block, plane);
  return {block.col * 4 >> frame.subsampling_x(plane), block.row * 4 >> frame.subsampling_y(plane),
          1U << size.width_log2, 1U << size.height_log2};
}

uint16_t clip(const FrameState& frame, int value) {
  return static_cast<uint16_t>(std::clamp(value, 0, (1 << frame.sequence.bit_depth) - 1));
}

}  // namespace

unsigned predict_dc(const TileState& tile, const Block& block, unsigned plane) {
  const Area area = area_of(tile.frame, block, plane);
  const Plane& samples = tile.frame.reconstruction[plane];
  unsigned sum = 0, count = 0;
  if (tile.has_above(block)) {
    for (unsigned i = 0; i < area.width; i++) sum += samples.at(area.x + i, area.y - 1);
    count += area.width;
  }
  if (tile.has_left(block)) {
    for (unsigned i = 0; i < area.height; i++) sum += samples.at(area.x - 1, area.y + i);
    count += area.height;
  }
  if (count == 0) return 1U << (tile.frame.sequence.bit_depth - 1);
  return (sum + count / 2) / count;
}

void reconstruct_intra(TileState& tile, const Block& block, unsigned plane, unsigned prediction,
                       int added) {
  const Area area = area_of(tile.frame, block, plane);
  Plane& to = tile.frame.reconstruction[plane];
  const uint16_t value = clip(tile.frame, static_cast<int>(prediction) + added);
  for (unsigned y = area.y; y < area.y + area.height; y++) {
    for (unsigned x = area.x; x < area.x + area.width; x++) to.at(x, y) = value;
  }
}

void reconstruct_inter(TileState& tile, const Block& block, unsigned plane, unsigned ref_frame,
                       int added) {
  const Area area = area_of(tile.frame, block, plane);
  const Plane& from = tile.frame.references[ref_frame]->planes[plane];
  Plane& to = tile.frame.reconstruction[plane];
  for (unsigned y = area.y; y < area.y + area.height; y++) {
    for (unsigned x = area.x; x < area.x + area.width; x++) {
      to.at(x, y) = clip(tile.frame, from.clamped(x, y) + added);
    }
  }
}

}  // namespace refdrv::encode
