// SPDX-License-Identifier: LGPL-2.1-or-later
// Lets one CUDA stream wait for what another one was given, on the device: the CPU goes on.
#pragma once

#include <optional>

#include "nvcodec/cuda_device.h"
#include "nvcodec/dynamic_library.h"

namespace av1hw {

class CudaStreamOrder {
 public:
  // `device` is open, and outlives it.
  explicit CudaStreamOrder(const CudaDevice& device) : device_(device) {}
  CudaStreamOrder(const CudaStreamOrder&) = delete;
  CudaStreamOrder& operator=(const CudaStreamOrder&) = delete;
  ~CudaStreamOrder();

  // What the device's stream is given from now on comes after all that was written into `memory` on
  // a stream of its own. Where CUDA can't order the two the CPU waits.
  void follow(GstCudaMemory* memory);

 private:
  bool is_ready();
  bool wait_on_device(CUstream writer);

  const CudaDevice& device_;
  std::optional<DynamicLibrary> library_;
  // libgstcuda has no CuStreamWaitEvent().
  tcuStreamWaitEvent* stream_wait_event_ = nullptr;
  CUevent event_ = nullptr;
  bool failed_ = false;
};

}  // namespace av1hw
