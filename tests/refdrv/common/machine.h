// SPDX-License-Identifier: LGPL-2.1-or-later
// The machine that a process believes it runs on: its device, the faults to come, the counts.
//
// Settings of the environment:
//   REFDRV_PROFILE   description file of the device; without it no driver loads
//   REFDRV_FAULTS    a fault script (fault_script.h), or @FILE for one in a file
//   REFDRV_COUNTERS  where to write the counts at exit, as JSON; %p stands for the process id
//   REFDRV_NULL=1    decode and encode nothing. For measuring what clients cost
//   REFDRV_FRAME_TIME=N  with it, encoding a picture takes the device so many microseconds
//   REFDRV_STREAMS=late  what CUDA's streams are given they do once somebody waits for it
//   REFDRV_ABORT=1   misuse ends the process, for a debugger to look at
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "refdrv/common/counters.h"
#include "refdrv/common/fault_script.h"
#include "refdrv/common/profile.h"

namespace refdrv {

// What a call shall do instead of its work.
struct Interruption {
  bool device_lost = false;
  std::string error;  // the interface's name or number of it, without device_lost
};

// One in a process. Thread-safe.
class Machine {
 public:
  struct Settings {
    DeviceProfile profile;
    FaultScript faults;
    std::string counters_path;
    bool null_mode = false;
    std::chrono::microseconds frame_time{};
    bool late_streams = false;
    bool abort_on_misuse = false;
  };

  explicit Machine(Settings settings);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  const DeviceProfile& profile() const { return settings_.profile; }
  bool null_mode() const { return settings_.null_mode; }
  // When a picture is done that is given for encoding now, behind all that were given before: the
  // epoch where encoding takes no time.
  std::chrono::steady_clock::time_point occupy();
  bool late_streams() const { return settings_.late_streams; }
  // What a fault script or the device allows; 0: no limit.
  unsigned surface_limit() const;
  Counters& counters() { return counters_; }

  // To be called first in every function of the driver: counts the call, then hangs, crashes or
  // tells what to return, as the fault script says.
  std::optional<Interruption> enter(std::string_view call);
  // A picture is about to be decoded or encoded. Before enter() of that call, which then belongs to
  // it.
  void begin_picture();
  // The client broke the interface's rules: says so on stderr, counts it as "misuse".
  void misuse(std::string_view call, std::string_view what);

  void write_counters() const;

 private:
  Settings settings_;
  Counters counters_;
  std::mutex mutex_;
  std::optional<uint64_t> latest_picture_;
  std::chrono::steady_clock::time_point busy_until_;
};

Result<Machine::Settings> settings_from_environment();
// The process's machine for a driver of this interface. Nullptr, and one line on stderr, where the
// environment describes none, or one of another interface.
Machine* machine(Api api);

}  // namespace refdrv
