// SPDX-License-Identifier: LGPL-2.1-or-later
// Asks a Vulkan device about each profile of AV1 in one direction.
#pragma once

#include <vector>

#include "vulkan/vk_answers.h"

namespace av1hw {

// Appends an answer for each profile, bit depth and chroma format that AV1 has. The device has the
// extension of that direction.
void ask_av1_profiles(VkInstance instance, VkPhysicalDevice device, bool encode,
                      std::vector<VkProfileAnswers>& answers);

}  // namespace av1hw
