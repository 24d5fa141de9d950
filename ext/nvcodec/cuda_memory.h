// SPDX-License-Identifier: LGPL-2.1-or-later
// One GPU's memory, as a decoder element gives it: CUDA memory, or downloaded.
#pragma once

#include <array>
#include <mutex>

#include "codec/output_memory.h"
#include "nvcodec/cuda_context.h"

namespace av1hw {

class CudaOutputMemory final : public OutputMemory {
 public:
  // `ordinal`: which GPU, as CUDA counts.
  explicit CudaOutputMemory(int ordinal) : ordinal_(ordinal) {}
  ~CudaOutputMemory() override { close(); }

  Result<> open(GstElement* element) override;
  void close() override;
  bool set_context(GstElement* element, GstContext* context) override;
  bool handle_context_query(GstElement* element, GstQuery* query) override;
  std::span<const MemoryDomain> domains() const override { return domains_; }
  Result<CapsHandle> caps_for(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                              GstCaps* wanted) override;
  Result<PoolHandle> make_pool(MemoryDomain domain, const GstVideoInfo& info, GstCaps* caps,
                               const MemoryNeeds& needs) override;
  Result<uint64_t> download(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info) override;

  // The same within the device.
  Result<uint64_t> copy(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info);
  // Between open() and close().
  GstCudaContext* context() const { return context_; }
  GstCudaStream* stream() const { return stream_.get(); }

 private:
  Result<uint64_t> move(GstBuffer* from, GstBuffer* to, const GstVideoInfo& info,
                        CUmemorytype to_type);

  static constexpr std::array domains_ = {MemoryDomain::Cuda, MemoryDomain::System};

  const int ordinal_;
  // Of context_, which the application may set at any time, also while libgstcuda looks for one.
  std::recursive_mutex mutex_;
  GstCudaContext* context_ = nullptr;  // owned; libgstcuda's functions write to it
  CudaStreamHandle stream_;
};

}  // namespace av1hw
