// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns a Vulkan driver's answers into a report: pure, so that it is tested without a driver.
#pragma once

#include "registry/capability.h"
#include "vulkan/vk_answers.h"

namespace av1hw {

BackendReport vk_backend_report(const VkAnswers& answers);

}  // namespace av1hw
