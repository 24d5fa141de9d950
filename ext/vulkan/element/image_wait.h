// SPDX-License-Identifier: LGPL-2.1-or-later
// Waits for what was done to images.
#pragma once

#include <gst/gst.h>

namespace av1hw {

// Until the queue of the elements on its device has nothing to do, where `frame` is in Vulkan
// images of a device whose queue looks at semaphores after it has signalled a fence
// (looks_at_semaphores_afterwards). On others a fence is enough, and a GPU that hangs is not waited
// for.
void wait_for_images(GstBuffer* frame);

}  // namespace av1hw
