// SPDX-License-Identifier: LGPL-2.1-or-later
// One GPU's memory, as an encoder element takes it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "codec/input_memory.h"
#include "memory/memory_bridge.h"
#include "nvcodec/cuda_device.h"

namespace av1hw {

class CudaInputMemory final : public InputMemory {
 public:
  // `ordinal`: which GPU, as CUDA counts. `vulkan_uuid`: under which UUID Vulkan has it, where
  // frames in Vulkan images are taken; else empty.
  CudaInputMemory(int ordinal, std::string vulkan_uuid)
      : vulkan_uuid_(std::move(vulkan_uuid)),
        token_(gst_cuda_create_user_token()),
        device_(ordinal, calls()) {}

  Result<> open(GstElement* element) override;
  void close() override;
  bool set_context(GstElement* element, GstContext* context) override;
  bool handle_context_query(GstElement* element, GstQuery* query) override;
  CapsHandle usable(CapsHandle caps) const override;
  Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                               unsigned min_buffers) override;

  const CudaDevice& device() const { return device_; }
  // Under which GstCudaMemory keeps what this element notes on it.
  gint64 token() const { return token_; }
  // What copies frames in Vulkan images into CUDA memory; between open() and close(). nullptr:
  // there are none.
  MemoryBridge* vulkan() const { return vulkan_.get(); }

 private:
  MemoryBridge* vulkan_of(GstElement* element);

  const std::string vulkan_uuid_;
  const gint64 token_;
  CudaDevice device_;
  mutable std::mutex mutex_;  // of making it
  std::unique_ptr<MemoryBridge> vulkan_;
};

}  // namespace av1hw
