// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a program and waits for it for a limited time: how a driver that crashes or hangs is
// survived.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace av1hw {

struct ChildOutcome {
  enum class End : uint8_t { Exited, Killed, TimedOut };
  End end = End::Exited;
  int exit_status = 0;  // Exited
  int signal = 0;       // Killed: the signal that ended it
  std::string output;   // what it wrote to its standard output
  std::string errors;   // what it wrote to its standard error
};

// Runs `arguments` (the program's path first) until it ends; kills it after `timeout`. Each stream
// is kept up to 1 MiB. An error means that it could not be started.
Result<ChildOutcome> run_child(const std::vector<std::string>& arguments,
                               std::chrono::milliseconds timeout);

// "SIGSEGV", or "signal 63" where it has no name.
std::string signal_name(int signal);

}  // namespace av1hw
