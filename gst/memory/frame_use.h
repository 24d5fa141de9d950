// SPDX-License-Identifier: LGPL-2.1-or-later
// When a device's driver is through with frames whose fence is signalled.
#pragma once

#include <gst/gst.h>

namespace av1hw {

// Waits until the driver looks at nothing of `frame` any more; of memory that is not the backend's
// it returns at once.
using WaitForFrame = void (*)(GstBuffer* frame);

// Called while the plugin is loaded.
void register_frame_wait(WaitForFrame wait);

// By whatever backend knows the frame's memory. Of a device that was lost it does not wait.
void wait_until_unused(GstBuffer* frame);

}  // namespace av1hw
