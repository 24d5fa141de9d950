// SPDX-License-Identifier: LGPL-2.1-or-later
// Device memory that is a VkBuffer and has an address in CUDA as well.
#pragma once

#include <memory>

#include "base/result.h"
#include "vulkan/cuda/cuda_driver.h"

namespace av1hw {

class SharedBuffer {
 public:
  static bool is_supported(VkPhysicalDevice device);
  // NotSupported: the Vulkan driver does not export buffers, or the device was opened without
  // VK_KHR_external_memory_fd. Both are referenced, and are the same GPU.
  static Result<std::unique_ptr<SharedBuffer>> make(GstVulkanDevice* device,
                                                    GstCudaContext* context, VkDeviceSize size);
  // Neither may be using it any more.
  ~SharedBuffer();
  SharedBuffer(const SharedBuffer&) = delete;
  SharedBuffer& operator=(const SharedBuffer&) = delete;

  GstVulkanDevice* device() const { return device_.get(); }
  VkBuffer buffer() const { return buffer_; }
  VkDeviceAddress address() const { return address_; }
  CUdeviceptr cuda_address() const { return cuda_address_; }
  VkDeviceSize size() const { return size_; }

 private:
  SharedBuffer(GstVulkanDevice* device, GstCudaContext* context, VkDeviceSize size);
  Result<> make_buffer(bool dedicated);
  Result<> allocate(bool dedicated);
  Result<> map_into_cuda(bool dedicated);

  const GstHandle<GstVulkanDevice> device_;
  const CudaContextRef context_;
  const VkDeviceSize size_;
  VkBuffer buffer_ = VK_NULL_HANDLE;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  VkDeviceSize allocated_ = 0;
  VkDeviceAddress address_ = 0;
  CUexternalMemory imported_ = nullptr;
  CUdeviceptr cuda_address_ = 0;
};

}  // namespace av1hw
