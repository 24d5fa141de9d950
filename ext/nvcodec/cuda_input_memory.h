// SPDX-License-Identifier: LGPL-2.1-or-later
// One GPU's memory, as an encoder element takes it.
#pragma once

#include "codec/input_memory.h"
#include "nvcodec/cuda_device.h"

namespace av1hw {

class CudaInputMemory final : public InputMemory {
 public:
  // `ordinal`: which GPU, as CUDA counts.
  explicit CudaInputMemory(int ordinal)
      : token_(gst_cuda_create_user_token()), device_(ordinal, calls()) {}

  Result<> open(GstElement* element) override { return device_.open(element); }
  void close() override { device_.close(); }
  bool set_context(GstElement* element, GstContext* context) override {
    return device_.set_context(element, context);
  }
  bool handle_context_query(GstElement* element, GstQuery* query) override {
    return device_.handle_context_query(element, query);
  }
  Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                               unsigned min_buffers) override;

  const CudaDevice& device() const { return device_; }
  // Under which GstCudaMemory keeps what this element notes on it.
  gint64 token() const { return token_; }

 private:
  const gint64 token_;
  CudaDevice device_;
};

}  // namespace av1hw
