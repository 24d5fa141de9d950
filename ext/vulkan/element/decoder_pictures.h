// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of pictures that a Vulkan Video decoder gives away while it still reads them as
// references.
//
// libgstvulkan (1.26) keeps an image's layout, and the number of its timeline semaphore, in its
// memory, without a lock; the decoder and whoever got the picture would write them from two
// threads. So the copy is to be made in the decoder's own thread, in the call that hands the
// picture over: between two pictures that it decodes, what the memory says is true, and what the
// copy leaves there the decoder takes into account.
#pragma once

#include <gst/video/video.h>

#include <memory>

#include "base/result.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"
#include "vulkan/element/image_operation.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

// For one pad, and the thread that streams into it.
class DecoderPictures {
 public:
  DecoderPictures() = default;
  ~DecoderPictures() { close(); }
  DecoderPictures(const DecoderPictures&) = delete;
  DecoderPictures& operator=(const DecoderPictures&) = delete;

  // Is it in images that a decoder may refer to?
  static bool are_references(GstBuffer* buffer);

  // A copy on the same device, an image a plane; counted as `gpu-copy`. Nobody waits for it but who
  // uses it. `caps`: the picture's. NotSupported: images of a kind that is not known here; Busy: no
  // memory; DeviceLost.
  Result<BufferHandle> copy(GstBuffer* picture, GstCaps* caps, CopyAccounting& moves);
  // Gives back what it has of a device; the streaming thread has ended.
  void close();

 private:
  Result<> open(GstVulkanDevice* device, GstCaps* caps);
  Result<BufferHandle> next_buffer() const;
  Result<> record(GstBuffer* from, GstBuffer* to) const;

  std::unique_ptr<ImageOperation> operation_;
  CapsHandle caps_;
  GstVideoInfo info_ = {};
  PoolHandle pool_;
};

}  // namespace av1hw
