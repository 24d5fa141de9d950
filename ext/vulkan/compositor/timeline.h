// SPDX-License-Identifier: LGPL-2.1-or-later
// Timeline semaphores.
#pragma once

#include "base/result.h"
#include "vulkan/compositor/vk_handle.h"

namespace av1hw {

// One that starts at 0.
Result<SemaphoreHandle> make_timeline(VkDevice device);

}  // namespace av1hw
