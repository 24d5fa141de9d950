// SPDX-License-Identifier: LGPL-2.1-or-later
// Which Vulkan devices were lost: known to all that share one, from any thread.
#pragma once

#include <memory>
#include <mutex>

#include "memory/handles.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

void mark_lost(GstVulkanDevice* device);
// Lost, but perhaps still at work on what it was given.
void mark_hanging(GstVulkanDevice* device);

// False of no device.
bool is_lost(GstVulkanDevice* device);
bool is_hanging(GstVulkanDevice* device);

// The device that others have opened in place of one that was lost; null: none, or it was lost too.
// Whoever looks, and opens one where there is none, holds the lock meanwhile.
std::mutex& successor_lock();
GstHandle<GstVulkanDevice> successor_of(GstVulkanDevice* lost);
void set_successor(GstVulkanDevice* lost, GstVulkanDevice* successor);

// Keeps what a hanging device may still write, and the device, until the process ends: libgstvulkan
// would wait for it without end.
void abandon(GstVulkanDevice* device, std::shared_ptr<void> object);

}  // namespace av1hw
