// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory of a device: buffers that the CPU writes, that it reads, and that it does neither with.
#pragma once

#include "vulkan/gst_vulkan.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "vulkan/compositor/vma.h"

namespace av1hw {

class DeviceMemory {
 public:
  // Queues of several families use its buffers at once where these are several.
  static Result<std::unique_ptr<DeviceMemory>> make(GstVulkanDevice* device,
                                                    std::span<const uint32_t> families = {});
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  VmaAllocator allocator() const { return allocator_; }
  VkDevice device() const { return device_; }
  // Has memory of its own, behind a bus.
  bool is_discrete() const { return discrete_; }
  // Each once.
  std::span<const uint32_t> families() const { return families_; }

 private:
  DeviceMemory() = default;
  VkDevice device_ = VK_NULL_HANDLE;
  VmaAllocator allocator_ = VK_NULL_HANDLE;
  bool discrete_ = false;
  std::vector<uint32_t> families_;
};

class DeviceBuffer {
 public:
  enum class Use : uint8_t {
    Written,   // by the CPU, read by the device: in its own memory where the CPU reaches that
    Staged,    // by the CPU, copied by the device
    OnDevice,  // by the device alone
    Read,      // by the CPU, written by the device: cached
  };

  DeviceBuffer() = default;
  DeviceBuffer(DeviceBuffer&& other) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;
  ~DeviceBuffer();
  static Result<DeviceBuffer> make(const DeviceMemory& memory, Use use, VkDeviceSize size);
  // Of the device alone: as many bytes at least. What it held is lost.
  Result<> reserve(const DeviceMemory& memory, VkDeviceSize size);

  VkBuffer get() const { return buffer_; }
  VkDeviceSize size() const { return size_; }
  VkDeviceAddress address() const { return address_; }
  // Null where the CPU can't reach it.
  uint8_t* data() const { return data_; }
  // After the CPU wrote; before it reads.
  Result<> flush(VkDeviceSize bytes) const;
  Result<> invalidate(VkDeviceSize bytes) const;

 private:
  VmaAllocator allocator_ = VK_NULL_HANDLE;
  VmaAllocation allocation_ = VK_NULL_HANDLE;
  VkBuffer buffer_ = VK_NULL_HANDLE;
  VkDeviceSize size_ = 0;
  VkDeviceAddress address_ = 0;
  uint8_t* data_ = nullptr;
};

// One barrier between all of one kind and all of another.
void record_barrier(VkCommandBuffer commands, VkPipelineStageFlags2 from, VkAccessFlags2 written,
                    VkPipelineStageFlags2 to, VkAccessFlags2 read);

// System memory to device: written where the device reads it, or copied there.
class UploadBuffer {
 public:
  // As many bytes at least, and a copy whatever the CPU reaches where it is `staged`. What it held
  // is lost; the device must not be reading it.
  Result<> reserve(const DeviceMemory& memory, VkDeviceSize size, bool staged = false);
  uint8_t* data() const { return staging_.data() ? staging_.data() : device_.data(); }
  VkDeviceAddress address() const { return device_.address(); }
  bool is_staged() const { return staging_.data(); }
  // Has the device see the first `bytes` that the CPU wrote: in what follows after a barrier from
  // copies in `commands`, or after the submission.
  Result<> record(VkCommandBuffer commands, VkDeviceSize bytes) const;

 private:
  DeviceBuffer device_, staging_;
};

// Device to system memory, the same way.
class DownloadBuffer {
 public:
  Result<> reserve(const DeviceMemory& memory, VkDeviceSize size);
  VkDeviceAddress address() const { return device_.get() ? device_.address() : host_.address(); }
  // Makes what shaders wrote ready to be read by the CPU, once `commands` are done.
  void record(VkCommandBuffer commands, VkDeviceSize bytes) const;
  // Once they are.
  Result<const uint8_t*> read(VkDeviceSize bytes) const;

 private:
  DeviceBuffer device_, host_;
};

}  // namespace av1hw
