// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls into a driver while they last, so that one which never returns is noticed and named.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace av1hw {

using DriverClock = std::chrono::steady_clock;

struct StuckCall {
  const char* name = nullptr;
  std::chrono::milliseconds since{};
};

// The calls into one device's driver that are under way. Thread-safe. To mark a call costs a look
// at the clock and a few atomic operations.
class DriverCalls {
 public:
  // A call that is under way longer than `limit`, and that no earlier look gave.
  std::optional<StuckCall> look(DriverClock::time_point now, std::chrono::milliseconds limit);

 private:
  friend class DriverCall;
  // Threads that are in the driver at one time; the calls of more are not watched.
  static constexpr size_t most_threads = 8;

  struct Slot {
    std::atomic<const char*> name{nullptr};
    std::atomic<int64_t> began{0};  // ticks of the clock; 0: not yet, or over
    int64_t reported = 0;           // `began` of the call that a look gave last
  };

  Slot* enter(const char* name);
  static void leave(Slot& slot);

  std::array<Slot, most_threads> slots_;
};

// Marks one call, named as the driver's documentation does, for as long as it lives.
class DriverCall {
 public:
  DriverCall(DriverCalls& calls, const char* name) : slot_(calls.enter(name)) {}
  DriverCall(const DriverCall&) = delete;
  DriverCall& operator=(const DriverCall&) = delete;
  ~DriverCall() {
    if (slot_) DriverCalls::leave(*slot_);
  }

 private:
  DriverCalls::Slot* slot_;
};

// Reports each call that takes longer than `limit`, once, while it is still under way. All alarms
// of a process share one thread, which ends with the last of them.
class HangAlarm {
 public:
  // Called on that thread. It may still run when the alarm is gone, so it keeps what it needs.
  using Report = std::function<void(const StuckCall&)>;

  // `limit` is above 0. Without a thread to be had, nothing is watched.
  HangAlarm(std::shared_ptr<DriverCalls> calls, std::chrono::milliseconds limit, Report report);
  HangAlarm(const HangAlarm&) = delete;
  HangAlarm& operator=(const HangAlarm&) = delete;
  ~HangAlarm();

  struct Watched;

 private:
  std::shared_ptr<Watched> watched_;
};

}  // namespace av1hw
