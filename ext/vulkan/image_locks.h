// SPDX-License-Identifier: LGPL-2.1-or-later
// Locks images while what a frame does with them is recorded and submitted. A GstVulkanImageMemory
// keeps the layout of its image and what its next user waits for, and libgstvulkan 1.26 has no lock
// for that: where two elements read one frame in two threads (behind a tee), both would give the
// same number to the semaphore. Elements of other plugins do not know of these locks.
#pragma once

#include <cstdint>

#include "vulkan/gst_vulkan.h"

namespace av1hw {

// Those of all images that a frame uses are taken at once: whoever has some never waits for more.
class ImageLocks {
 public:
  ImageLocks() = default;
  ImageLocks(const ImageLocks&) = delete;
  ImageLocks& operator=(const ImageLocks&) = delete;
  ~ImageLocks() { unlock(); }

  // Before lock().
  void add(const GstVulkanImageMemory* image);
  // All images of a frame, if it has any.
  void add(GstBuffer* frame);
  void lock();
  void unlock();

 private:
  // A bit for each lock of the process's, of which an image has one, and may share it with others.
  uint64_t wanted_ = 0;
  uint64_t held_ = 0;
};

}  // namespace av1hw
