// SPDX-License-Identifier: LGPL-2.1-or-later
// A test's picture in each kind of memory that the engine reads and writes.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <memory>

#include "../composite/pictures.h"
#include "vulkan/compositor/device_memory.h"
#include "vulkan/compositor/engine.h"

namespace av1hw::test {

// Images: one a plane. PlanarImage: all planes in one, of a multi-planar format. VideoImage: the
// same as decoders and encoders have it, which can be copied only. Host: system memory that the
// device copies from and to by itself.
enum class Memory : uint8_t { System, Linear, Images, PlanarImage, VideoImage, Host };
const char* memory_name(Memory memory);

// In a device's memory, of which it knows the content.
class DeviceFrame {
 public:
  // Null: this device has no such images.
  static std::unique_ptr<DeviceFrame> make(Memory memory, const GstVideoInfo& info, bool written,
                                           DeviceBuffer::Use use = DeviceBuffer::Use::Read);
  ~DeviceFrame();

  void write(const GstVideoFrame& frame);
  void read(GstVideoFrame& frame);
  // As a source's, and as a target's.
  decltype(SourceFrame::planes) planes() const;
  decltype(TargetFrame::planes) target_planes() const;

 private:
  DeviceFrame() = default;
  bool make_images(VkFormat together, bool written);
  bool is_together() const {
    return memory_ == Memory::PlanarImage || memory_ == Memory::VideoImage;
  }
  bool is_buffer() const { return memory_ == Memory::Linear || memory_ == Memory::Host; }
  template <typename Planes>
  Planes any_planes() const;
  void transfer(bool to_images);

  GstVideoInfo info_ = {};
  Memory memory_ = Memory::Linear;
  std::unique_ptr<DeviceMemory> allocator_;
  DeviceBuffer buffer_;  // planes as `info` has them
  ImagePlanes images_;
};

SystemPlanes planes_of(const GstVideoFrame& frame);
WritableSystemPlanes writable_planes_of(GstVideoFrame& frame);

}  // namespace av1hw::test
