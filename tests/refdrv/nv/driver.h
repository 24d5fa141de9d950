// SPDX-License-Identifier: LGPL-2.1-or-later
// The CUDA driver's state, which libcuda.so.1 holds and libnvcuvid.so.1 uses.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "refdrv/common/machine.h"
#include "refdrv/nv/cuda_types.h"
#include "refdrv/nv/device_memory.h"
#include "refdrv/nv/stream_work.h"

namespace refdrv::nv {

// Handles that were given out and not yet taken back, so that a stale one is noticed.
template <typename Handle>
class HandleSet {
 public:
  // Handles count up: none is given twice.
  Handle add() {
    const std::scoped_lock lock(mutex_);
    const auto handle = reinterpret_cast<Handle>(next_ += 16);
    handles_.insert(handle);
    return handle;
  }
  bool remove(Handle handle) {
    const std::scoped_lock lock(mutex_);
    return handles_.erase(handle) > 0;
  }
  bool contains(Handle handle) const {
    const std::scoped_lock lock(mutex_);
    return handles_.contains(handle);
  }

 private:
  mutable std::mutex mutex_;
  std::set<Handle> handles_;
  uintptr_t next_ = 0x1000;
};

class REFDRV_SHARED Driver {
 public:
  explicit Driver(Machine& machine);

  Machine& machine() { return machine_; }
  DeviceMemory& memory() { return memory_; }
  StreamWork& work() { return work_; }
  // All that the stream was given is done. The default streams wait for all others.
  void catch_up(CUstream stream);

  // Says what a client did wrong; returns `code`.
  CUresult misuse(std::string_view call, std::string_view what, CUresult code = invalid_value);
  // Turns an error of the driver's parts into what the call returns.
  CUresult failure(std::string_view call, const Error& error);

  bool initialized = false;
  CUcontext primary_context = nullptr;
  unsigned primary_uses = 0;
  std::mutex primary_mutex;
  HandleSet<CUcontext> contexts;
  HandleSet<CUstream> streams;
  HandleSet<CUevent> events;

 private:
  Machine& machine_;
  DeviceMemory memory_;
  StreamWork work_;
};

// What a call needs before it can be served.
enum class Needs : uint8_t {
  Nothing,  // not even cuInit
  Init,
  Context,  // one that is current to the thread
};

// Counts the call, injects faults, checks what it needs. On success `driver` is set.
REFDRV_SHARED CUresult enter(std::string_view call, Needs needs, Driver*& driver);
// The context that is current to this thread, or nullptr.
REFDRV_SHARED CUcontext current_context();
// The driver of a machine with an NVIDIA device, else nullptr.
REFDRV_SHARED Driver* driver();

// Whether it is a default stream: a legacy or per-thread one.
REFDRV_SHARED bool is_default(CUstream stream);
// Whether a stream is the default one, a legacy or per-thread one, or one that was created.
REFDRV_SHARED bool is_stream(Driver& driver, CUstream stream);

}  // namespace refdrv::nv
