// SPDX-License-Identifier: LGPL-2.1-or-later
// VulkanMemoryAllocator, as all of the compositor includes it: it gets its functions from the
// loader.
#pragma once

#define VMA_STATIC_VULKAN_FUNCTIONS 0
#define VMA_DYNAMIC_VULKAN_FUNCTIONS 1
#define VMA_VULKAN_VERSION 1003000
#include <vk_mem_alloc.h>
