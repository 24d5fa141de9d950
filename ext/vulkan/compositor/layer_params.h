// SPDX-License-Identifier: LGPL-2.1-or-later
// From a frame's plan, and where its pictures lie, to what the kernel is told. Pure.
#pragma once

#include <vulkan/vulkan_core.h>

#include <span>

#include "base/result.h"
#include "composite/frame_plan.h"
#include "vulkan/compositor/shader_params.h"

namespace av1hw {

// Where the kernel finds the planes of one picture: addresses, or descriptors of images.
struct FrameAccess {
  std::array<uint64_t, 4> address = {};
  std::array<uint32_t, 4> stride = {};
  bool is_image = false;
  uint32_t first_image = 0;               // descriptor of the first plane
  VkFormat format = VK_FORMAT_UNDEFINED;  // of the first plane's view
};

// Which kernel the frame takes. NotSupported: a canvas that none writes.
Result<KernelKey> kernel_for(const FramePlan& plan, std::span<const FrameAccess> sources,
                             const FrameAccess& target);

// `params`: where a CanvasColourParams lies, and after it a LayerParams a layer.
CanvasParams canvas_params(const FramePlan& plan, const FrameAccess& target, uint64_t params);
CanvasColourParams canvas_colour_params(const FramePlan& plan);
LayerParams layer_params(const LayerPlan& layer, const FramePlan& plan, const FrameAccess& source,
                         const FrameAccess& target);

}  // namespace av1hw
