// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts a probing process and reads what it answers.
#include "registry/child_probe.h"

#include "base/unique_handle.h"
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

ProbedBackend probe_in_child(const std::string& program, const Backend& backend,
                             std::chrono::milliseconds timeout) {
  const auto outcome = run_child({program, "--probe", backend_name(backend.kind)}, timeout);
  ProbedBackend probed = read_probe(backend.kind, outcome, timeout);
  probed.has_elements = backend.register_elements != nullptr;
  return probed;
}

}  // namespace av1hw
