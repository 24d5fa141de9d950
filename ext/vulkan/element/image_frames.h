// SPDX-License-Identifier: LGPL-2.1-or-later
// An element's frames in Vulkan images, as the engine's sources and targets.
#pragma once

#include <gst/video/video.h>

#include "base/result.h"
#include "memory/copy_accounting.h"
#include "memory/handles.h"
#include "vulkan/compositor/engine.h"
#include "vulkan/gst_vulkan.h"

namespace av1hw {

class ImageFrames {
 public:
  // `raw` (video/x-raw, one structure) in Vulkan images of the formats that libgstvulkan has.
  static CapsHandle caps_like(const GstCaps* raw);
  static bool are_images(const GstCaps* caps);
  static bool is_image(GstBuffer* buffer);
  // Is it an image of a device that was lost?
  static bool is_lost(GstBuffer* buffer);
  // The same, of another device than the one that is open.
  bool are_lost(GstBuffer* buffer) const;
  bool device_is_lost() const;

  // `device` is referenced.
  void open(GstVulkanDevice* device);
  void close() { device_.reset(); }
  // Without images of formats that the device can't read (or write, for the canvas).
  CapsHandle usable(CapsHandle caps, bool written) const;

  // For an allocation query, or for the canvas: an image a plane. Not active, and configured for
  // `caps`.
  Result<PoolHandle> make_pool(GstCaps* caps, unsigned min) const;

  // Configures a pool that downstream offers for the canvas, so that its images can be written here
  // and serve for what downstream wants them. False: it makes none of those, or on another device.
  bool take_pool(GstBufferPool* offered, GstCaps* caps, guint size, guint min, guint max) const;

  // InvalidSettings: of another device.
  Result<SourceFrame> source(GstBuffer* buffer, CopyAccounting& moves) const;
  Result<TargetFrame> target(GstBuffer* canvas, CopyAccounting& moves) const;

 private:
  Result<ImagePlanes> planes(GstBuffer* buffer) const;
  bool has_format(const char* format, bool written) const;

  GstHandle<GstVulkanDevice> device_;
};

}  // namespace av1hw
