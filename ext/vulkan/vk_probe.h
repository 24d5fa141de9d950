// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks the Vulkan drivers what their devices can decode and encode.
#pragma once

#include "vulkan/vk_answers.h"

namespace av1hw {

VkAnswers probe_vulkan();

}  // namespace av1hw
