// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames as NVENC reads them: CUDA memory that is registered once, or a copy in memory that is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "codec/encoder.h"
#include "memory/handles.h"
#include "nvcodec/cuda_stream_order.h"
#include "nvcodec/nvenc_frames.h"
#include "nvcodec/nvenc_registrations.h"

namespace av1hw {

// CUDA memory that is mapped for the device to read; unmapped when it goes.
class MappedCudaMemory {
 public:
  // `memory` outlives it.
  explicit MappedCudaMemory(GstMemory* memory) {
    constexpr int flags = static_cast<int>(GST_MAP_READ) | static_cast<int>(GST_MAP_CUDA);
    if (!gst_memory_map(memory, &map_, static_cast<GstMapFlags>(flags))) map_.memory = nullptr;
  }
  MappedCudaMemory(MappedCudaMemory&& other) noexcept : map_(other.map_) {
    other.map_.memory = nullptr;
  }
  MappedCudaMemory& operator=(MappedCudaMemory&&) = delete;
  ~MappedCudaMemory() {
    if (map_.memory) gst_memory_unmap(map_.memory, &map_);
  }

  explicit operator bool() const { return map_.memory != nullptr; }
  void* address() const { return map_.data; }  // on the device
  size_t size() const { return map_.size; }    // bytes

 private:
  GstMapInfo map_ = {};
};

// A frame that is mapped into a session; kept for NVENC to read until this goes.
class NvencInput {
 public:
  NvencInput(NvencInput&&) noexcept = default;
  NvencInput& operator=(NvencInput&&) = delete;

  NV_ENC_INPUT_PTR handle() const { return pin_.handle(); }
  uint32_t pitch() const { return pitch_; }  // bytes

 private:
  friend class NvencInputs;
  NvencInput(BufferHandle buffer, MappedCudaMemory memory, NvencPin pin, uint32_t pitch)
      : buffer_(std::move(buffer)),
        memory_(std::move(memory)),
        pin_(std::move(pin)),
        pitch_(pitch) {}

  // Each before what needs it.
  BufferHandle buffer_;
  MappedCudaMemory memory_;
  NvencPin pin_;
  uint32_t pitch_;
};

class NvencInputs {
 public:
  // All outlive it but the session, which it keeps.
  NvencInputs(std::shared_ptr<NvencSession> session, CudaInputMemory& memory,
              const EncoderInput& input, EncoderClient& client);
  NvencInputs(const NvencInputs&) = delete;
  NvencInputs& operator=(const NvencInputs&) = delete;

  // InvalidData: this frame can't be read.
  Result<NvencInput> take(GstBuffer* frame);
  // Ends the session while the driver may still read what it was given.
  void close() { registrations_->close(); }

 private:
  Result<NvencInput> take_image(GstBuffer* frame);
  Result<NvencInput> take_memory(GstBuffer* frame);
  Result<std::optional<NvencInput>> use(GstBuffer* frame);
  Result<NvencInput> use_copy(GstBuffer* copy);
  Result<BufferHandle> copy(GstBuffer* frame, CudaDevice::Copy kind);
  bool is_ours(GstBuffer* frame) const;

  const std::shared_ptr<NvencRegistrations> registrations_;
  CudaInputMemory& memory_;
  const GstVideoInfo info_;
  const bool in_images_;  // frames are in Vulkan images
  EncoderClient& client_;
  CudaStreamOrder order_;
  NvencFrames frames_;  // copies
};

}  // namespace av1hw
