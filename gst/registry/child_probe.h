// SPDX-License-Identifier: LGPL-2.1-or-later
// Probes a backend in a process of its own: a driver that crashes or hangs is a line of the report.
#pragma once

#include <chrono>
#include <string>

#include "base/child_process.h"
#include "registry/backend.h"

namespace av1hw {

struct ProbedBackend {
  BackendReport report;
  bool has_elements = false;  // false: this version has probes for it, but no elements
  bool answered = true;       // false: the probe crashed, hung or failed; report.reason says how
};

// Runs `program` --probe <backend>; av1hw-info is such a program.
ProbedBackend probe_in_child(const std::string& program, const Backend& backend,
                             std::chrono::milliseconds timeout);

// What the end of a probing child means.
ProbedBackend read_probe(BackendKind kind, const Result<ChildOutcome>& outcome,
                         std::chrono::milliseconds timeout);

}  // namespace av1hw
