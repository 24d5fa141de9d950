// SPDX-License-Identifier: LGPL-2.1-or-later
// VulkanMemoryAllocator's code, once.
#define VMA_IMPLEMENTATION
#include "vulkan/compositor/vma.h"
