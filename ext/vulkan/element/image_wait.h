// SPDX-License-Identifier: LGPL-2.1-or-later
// Waits for what was done to images.
#pragma once

#include <gst/gst.h>

namespace av1hw {

// Until the queue of the elements on its device has nothing to do, where `frame` is in Vulkan
// images. A fence is not enough: Mesa's queue signals it before it is through with the semaphores
// of the submission (vk_queue_submit_final of vk_queue.c).
void wait_for_images(GstBuffer* frame);

}  // namespace av1hw
