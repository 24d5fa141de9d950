// SPDX-License-Identifier: LGPL-2.1-or-later
// What a file descriptor of a timeline semaphore holds: whoever exports one and who imports it are
// in one process, so that it says whom to call.
#pragma once

#include <unistd.h>

#include <cstdint>

namespace refdrv::nv {

struct SharedSemaphore {
  static constexpr uint64_t right_magic = 0x72656664'7276736d;

  uint64_t magic = right_magic;
  uint64_t process = 0;  // that of getpid()
  void* object = nullptr;
  // 0: done. wait() returns once the semaphore has `value` at least, or after `nanoseconds`.
  int (*wait)(void* object, uint64_t value, uint64_t nanoseconds) = nullptr;
  int (*signal)(void* object, uint64_t value) = nullptr;

  bool is_valid() const {
    return magic == right_magic && process == static_cast<uint64_t>(getpid()) && wait && signal;
  }
};

}  // namespace refdrv::nv
