// SPDX-License-Identifier: LGPL-2.1-or-later
// Vulkan's buffers and images in the memory of DMA-BUFs: imported, or made to be exported.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "vulkan/dmabuf/dma_device.h"

namespace av1hw {

using DmaDevicePtr = std::shared_ptr<const DmaDevice>;

struct MemoryUnref {
  void operator()(GstMemory* memory) const { gst_memory_unref(memory); }
};
using MemoryHandle = std::unique_ptr<GstMemory, MemoryUnref>;

// All of a DMA-BUF, at an address.
class DmaBuffer {
 public:
  // `fd` stays the caller's. InvalidData: the driver does not take it.
  static Result<std::unique_ptr<DmaBuffer>> import(DmaDevicePtr device, int fd, uint64_t bytes);
  // To be exported.
  static Result<std::unique_ptr<DmaBuffer>> make(DmaDevicePtr device, uint64_t bytes);
  ~DmaBuffer();
  DmaBuffer(const DmaBuffer&) = delete;
  DmaBuffer& operator=(const DmaBuffer&) = delete;

  VkBuffer get() const { return buffer_; }
  VkDeviceAddress address() const { return address_; }
  // A new descriptor.
  Result<int> export_fd() const { return device_->export_memory(memory_); }

 private:
  explicit DmaBuffer(DmaDevicePtr device) : device_(std::move(device)) {}
  Result<> make_buffer(uint64_t bytes);
  Result<> bind();

  const DmaDevicePtr device_;
  VkBuffer buffer_ = VK_NULL_HANDLE;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  VkDeviceAddress address_ = 0;
};

// A plane as an image of its own.
struct PlaneImage {
  VkFormat format = VK_FORMAT_UNDEFINED;
  uint32_t width = 0, height = 0;
  uint64_t modifier = drm_linear;
  uint64_t offset = 0, pitch = 0;  // bytes
  DmaUse use = DmaUse::Read;
  bool operator==(const PlaneImage&) const = default;
};

// A GstVulkanImageMemory, in the layout GENERAL. `fd` stays the caller's; `bytes`: of the DMA-BUF.
// InvalidData: the driver does not take it, or the image would not fit in.
Result<MemoryHandle> import_image(const DmaDevicePtr& device, int fd, uint64_t bytes,
                                  const PlaneImage& plane);

struct ExportedImage {
  MemoryHandle image;
  PlaneImage plane;
  int fd = -1;  // the caller's
};
// Of one of `modifiers`, as the driver chooses; `plane` says the format, the size and the use.
Result<ExportedImage> make_image(const DmaDevicePtr& device, const PlaneImage& plane,
                                 std::span<const uint64_t> modifiers);

}  // namespace av1hw
