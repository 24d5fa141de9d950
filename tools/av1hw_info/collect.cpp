// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts the probing children, and is one.
#include "av1hw_info/collect.h"

#include <unistd.h>

#include <cstdio>

#include "registry/device_copies.h"
#include "registry/report_json.h"

namespace av1hw {
namespace {

BackendReport report_of(const Backend& backend) {
  BackendReport report;
  report.kind = backend.kind;
  report.reason = backend.absent();
  return report.reason.empty() ? backend.probe() : report;
}

}  // namespace

std::vector<ProbedBackend> probe_in_children(const std::string& program,
                                             const std::vector<const Backend*>& backends,
                                             std::chrono::milliseconds timeout) {
  std::vector<ProbedBackend> probed;
  for (const Backend* backend : backends) {
    probed.push_back(probe_in_child(program, *backend, timeout));
  }
  std::vector<BackendReport*> reports;
  for (ProbedBackend& each : probed) reports.push_back(&each.report);
  add_device_copies(reports);
  return probed;
}

int probe_here(const Backend& backend) {
  // Drivers write on standard output now and then: send that to standard error, and keep the pipe.
  const int pipe = dup(STDOUT_FILENO);
  if (pipe < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 1;
  const JsonNodeHandle node = backend_report_to_json(report_of(backend));
  const std::string text = json_text(node.get(), false) + "\n";
  FILE* stream = fdopen(pipe, "w");
  if (!stream) return 1;
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  return std::fclose(stream) == 0 && written ? 0 : 1;
}

}  // namespace av1hw
