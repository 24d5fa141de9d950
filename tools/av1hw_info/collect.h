// SPDX-License-Identifier: LGPL-2.1-or-later
// Probes backends, each in a child process: a driver that crashes or hangs is a line of the report.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "registry/child_probe.h"

namespace av1hw {

// Runs `program` --probe <backend> for each of `backends`.
std::vector<ProbedBackend> probe_in_children(const std::string& program,
                                             const std::vector<const Backend*>& backends,
                                             std::chrono::milliseconds timeout);

// What the child does: probes and writes the report to standard output, which nothing else gets to
// write on. Gives the exit status.
int probe_here(const Backend& backend);

}  // namespace av1hw
