// SPDX-License-Identifier: LGPL-2.1-or-later
// Which image a plane of a picture is. Pure.
#pragma once

#include "vulkan/dmabuf/dma_objects.h"

namespace av1hw {

// At offset 0, with no pitch yet.
inline PlaneImage plane_image(const SampleLayout& layout, unsigned plane, uint64_t modifier,
                              DmaUse use) {
  const unsigned sub_x = plane > 0 ? layout.sub_x : 0, sub_y = plane > 0 ? layout.sub_y : 0;
  const auto halved = [](int samples, unsigned shift) {
    return (static_cast<uint32_t>(samples) + (1u << shift) - 1) >> shift;
  };
  PlaneImage image;
  image.format = plane_format(layout, plane);
  image.width = halved(layout.width, sub_x);
  image.height = halved(layout.height, sub_y);
  image.modifier = modifier;
  image.use = use;
  return image;
}

}  // namespace av1hw
