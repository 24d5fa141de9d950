// SPDX-License-Identifier: LGPL-2.1-or-later
// libgstvulkan for C++: its queue's functions lack the declaration that they are C.
#pragma once

// What may not be within extern "C" comes first.
#include <gst/gst.h>
#include <gst/video/video.h>
#include <vulkan/vulkan_core.h>

extern "C" {
#include <gst/vulkan/vulkan.h>
}
