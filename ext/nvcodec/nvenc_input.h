// SPDX-License-Identifier: LGPL-2.1-or-later
// Frames as NVENC reads them: CUDA memory that is registered once, or a copy in memory that is.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/result.h"
#include "codec/encoder.h"
#include "memory/handles.h"
#include "nvcodec/nvenc_frames.h"
#include "nvcodec/nvenc_session.h"

namespace av1hw {

// Registrations with one session. Each belongs to a GstCudaMemory, and goes with it, or when it was
// not used for long and room is wanted. Registered memory may go on any thread.
class NvencRegistrations : public std::enable_shared_from_this<NvencRegistrations> {
 public:
  // More pictures than are ever in flight.
  static constexpr size_t limit = 64;

  NvencRegistrations(std::shared_ptr<NvencSession> session, gint64 token)
      : session_(std::move(session)), token_(token) {}
  NvencRegistrations(const NvencRegistrations&) = delete;
  NvencRegistrations& operator=(const NvencRegistrations&) = delete;
  ~NvencRegistrations();

  NvencSession& session() const { return *session_; }
  // Pins the registration of `memory`, made as `layout` says where there is none yet. Empty: this
  // memory can't be registered, or is pinned already.
  Result<std::optional<uint64_t>> pin(GstCudaMemory* memory,
                                      const NV_ENC_REGISTER_RESOURCE& layout);
  // Of a pinned one.
  NV_ENC_REGISTERED_PTR handle(uint64_t id) const;
  void unpin(uint64_t id);
  // Its memory is registered anew when it comes again.
  void abandon(uint64_t id);
  // The memory is gone.
  void forget(uint64_t id);
  // Ends the session, and so all registrations.
  void close();

 private:
  struct Entry {
    NV_ENC_REGISTERED_PTR handle = nullptr;
    unsigned pins = 0;
    uint64_t last_used = 0;
  };

  std::optional<uint64_t> known(GstCudaMemory* memory, bool& refused);
  void make_room();

  const std::shared_ptr<NvencSession> session_;
  const gint64 token_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, Entry> entries_;
  uint64_t next_id_ = 1;
  uint64_t uses_ = 0;
};

// A frame that is mapped into a session; kept for NVENC to read until this goes.
class NvencInput {
 public:
  NvencInput(NvencInput&&) noexcept;
  NvencInput& operator=(NvencInput&&) = delete;
  ~NvencInput();

  NV_ENC_INPUT_PTR handle() const { return handle_; }
  uint32_t pitch() const { return pitch_; }  // bytes

 private:
  friend class NvencInputs;
  NvencInput() = default;

  std::shared_ptr<NvencRegistrations> registrations_;  // nullptr: moved from
  uint64_t registration_ = 0;
  NV_ENC_INPUT_PTR handle_ = nullptr;
  uint32_t pitch_ = 0;
  BufferHandle buffer_;
  std::unique_ptr<MappedVideoFrame> frame_;  // after buffer_, whose memory it maps
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
  NvencFrames frames_;  // copies
};

}  // namespace av1hw
