// SPDX-License-Identifier: LGPL-2.1-or-later
// One GPU's memory, as a decoder element gives it: CUDA memory, or downloaded.
#pragma once

#include <array>

#include "codec/output_memory.h"
#include "nvcodec/cuda_device.h"

namespace av1hw {

class CudaOutputMemory final : public OutputMemory {
 public:
  // `ordinal`: which GPU, as CUDA counts.
  explicit CudaOutputMemory(int ordinal) : device_(ordinal, calls()) {}

  Result<> open(GstElement* element) override { return device_.open(element); }
  void close() override { device_.close(); }
  bool set_context(GstElement* element, GstContext* context) override {
    return device_.set_context(element, context);
  }
  bool handle_context_query(GstElement* element, GstQuery* query) override {
    return device_.handle_context_query(element, query);
  }
  std::span<const MemoryDomain> domains() const override { return domains_; }
  Result<CapsHandle> caps_for(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                              GstCaps* wanted) override;
  Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                               const MemoryNeeds& needs) override;
  Result<uint64_t> download(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) override {
    return device_.copy(from, to, info, CudaDevice::Copy::Download);
  }

  // The same within the device.
  Result<uint64_t> copy(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) {
    return device_.copy(from, to, info, CudaDevice::Copy::WithinDevice);
  }
  // Between open() and close().
  GstCudaContext* context() const { return device_.context(); }
  GstCudaStream* stream() const { return device_.stream(); }

 private:
  static constexpr std::array domains_ = {MemoryDomain::Cuda, MemoryDomain::System};

  CudaDevice device_;
};

}  // namespace av1hw
