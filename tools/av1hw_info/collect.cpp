// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts the probing children and reads what they answer.
#include "av1hw_info/collect.h"

#include <unistd.h>

#include <cstdio>

#include "registry/report_json.h"

namespace av1hw {
namespace {

std::string seconds_text(std::chrono::milliseconds time) {
  const GCharPtr text(g_strdup_printf("%g s", static_cast<double>(time.count()) / 1000.0));
  return text.get();
}

// The last lines of what the driver wrote, as they often say what went wrong.
std::string last_words(const std::string& errors) {
  static constexpr size_t longest = 300;
  const GCharPtr text(
      g_strstrip(g_utf8_make_valid(errors.data(), static_cast<gssize>(errors.size()))));
  const std::string all = text.get();
  if (all.empty()) return {};
  const size_t newline = all.rfind('\n');
  const std::string last = newline == std::string::npos ? all : all.substr(newline + 1);
  return "; it wrote: " + last.substr(0, longest);
}

ProbedBackend unanswered(BackendKind kind, const std::string& reason) {
  ProbedBackend probed;
  probed.report.kind = kind;
  probed.report.reason = reason;
  probed.answered = false;
  return probed;
}

BackendReport report_of(const Backend& backend) {
  BackendReport report;
  report.kind = backend.kind;
  report.reason = backend.absent();
  return report.reason.empty() ? backend.probe() : report;
}

}  // namespace

ProbedBackend read_probe(BackendKind kind, const Result<ChildOutcome>& outcome,
                         std::chrono::milliseconds timeout) {
  if (!outcome)
    return unanswered(kind, "the probe could not be started: " + outcome.error().message);
  switch (outcome->end) {
  case ChildOutcome::End::TimedOut:
    return unanswered(kind, "the driver did not answer within " + seconds_text(timeout) +
                                last_words(outcome->errors));
  case ChildOutcome::End::Killed:
    return unanswered(kind, "the driver crashed with " + signal_name(outcome->signal) +
                                " while it was probed" + last_words(outcome->errors));
  case ChildOutcome::End::Exited: break;
  }
  const Result<BackendReport> report = backend_report_from_json(outcome->output);
  if (outcome->exit_status != 0 || !report) {
    return unanswered(kind, "the driver ended the probe with exit status " +
                                std::to_string(outcome->exit_status) + last_words(outcome->errors));
  }
  ProbedBackend probed;
  probed.report = *report;
  return probed;
}

std::vector<ProbedBackend> probe_in_children(const std::string& program,
                                             const std::vector<const Backend*>& backends,
                                             std::chrono::milliseconds timeout) {
  std::vector<ProbedBackend> probed;
  for (const Backend* backend : backends) {
    const auto outcome = run_child({program, "--probe", backend_name(backend->kind)}, timeout);
    probed.push_back(read_probe(backend->kind, outcome, timeout));
    probed.back().has_elements = backend->register_elements != nullptr;
  }
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
