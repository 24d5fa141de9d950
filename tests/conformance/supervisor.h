// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs jobs in processes of their own, a few at a time, so that a crash or a hang costs one of
// them.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace av1hw::conformance {

struct JobResult {
  size_t job = 0;
  std::string output;   // what it wrote to its standard output
  std::string trouble;  // "took longer than 60 s", "killed by signal 11", ...; empty: it ended well
};

struct SupervisorOptions {
  unsigned parallel = 2;
  unsigned timeout_seconds = 60;  // for each job
};

// Runs commands[i] for every i; `finished` hears of each as it ends, in that order, on this thread.
void run_jobs(const std::vector<std::vector<std::string>>& commands,
              const SupervisorOptions& options,
              const std::function<void(const JobResult&)>& finished);

}  // namespace av1hw::conformance
