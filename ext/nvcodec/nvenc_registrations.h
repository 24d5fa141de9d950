// SPDX-License-Identifier: LGPL-2.1-or-later
// CUDA memory that NVENC knows: registered once, and mapped while pictures are coded from it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/result.h"
#include "nvcodec/nvenc_layout.h"
#include "nvcodec/nvenc_session.h"

namespace av1hw {

class NvencRegistrations;

// Keeps a registered memory mapped. A picture has one of its own; NVENC is given a memory that is
// shown again while it still has it as one input of several pictures.
class NvencPin {
 public:
  NvencPin(NvencPin&&) noexcept = default;
  NvencPin& operator=(NvencPin&&) = delete;
  ~NvencPin();

  NV_ENC_INPUT_PTR handle() const { return handle_; }

 private:
  friend class NvencRegistrations;
  NvencPin(std::shared_ptr<NvencRegistrations> registrations, uint64_t id, NV_ENC_INPUT_PTR handle)
      : registrations_(std::move(registrations)), id_(id), handle_(handle) {}

  std::shared_ptr<NvencRegistrations> registrations_;  // nullptr: moved from
  uint64_t id_;
  NV_ENC_INPUT_PTR handle_;
};

// Registrations with one session. Each belongs to a GstCudaMemory, and goes with it, or when it was
// not used for long and room is wanted. Pins and registered memory may go on any thread.
class NvencRegistrations : public std::enable_shared_from_this<NvencRegistrations> {
 public:
  // More pictures than are ever in flight.
  static constexpr size_t limit = 64;

  NvencRegistrations(std::shared_ptr<NvencSession> session, gint64 token)
      : session_(std::move(session)), token_(token) {}
  NvencRegistrations(const NvencRegistrations&) = delete;
  NvencRegistrations& operator=(const NvencRegistrations&) = delete;
  ~NvencRegistrations();

  // Maps `memory`, which is registered as `layout` says where it is not yet, or was otherwise.
  // Empty: this memory can't be registered so, or NVENC has it in another layout still.
  Result<std::optional<NvencPin>> pin(GstCudaMemory* memory, const NvencLayout& layout);
  // Ends the session, and so all registrations.
  void close();

 private:
  friend class NvencPin;
  struct Entry {
    NvencLayout layout;
    NV_ENC_REGISTERED_PTR handle = nullptr;
    NV_ENC_INPUT_PTR mapped = nullptr;
    unsigned pins = 0;
    uint64_t last_used = 0;
  };
  struct Note;

  static void drop_note(gpointer data);
  Result<uint64_t> add(const NvencLayout& layout);
  Result<std::optional<NvencPin>> map(uint64_t id, Entry& entry);
  void make_room();
  void unpin(uint64_t id);
  void forget(uint64_t id);

  const std::shared_ptr<NvencSession> session_;
  const gint64 token_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, Entry> entries_;
  uint64_t next_id_ = 1;
  uint64_t uses_ = 0;
};

}  // namespace av1hw
