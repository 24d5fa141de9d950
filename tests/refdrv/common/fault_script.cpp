// SPDX-License-Identifier: LGPL-2.1-or-later
// Faults to inject, as a script says: which call, at which picture, what happens.
#include "refdrv/common/fault_script.h"

#include <cstdlib>

#include "refdrv/common/text.h"

namespace refdrv {

namespace {

using Action = InjectedFault::Action;
using Problem = std::string;
using Words = std::span<const std::string_view>;

constexpr double longest_hang_s = 3600;

// Takes "at N" or "from N" where it is next.
Problem take_pictures(Words& rest, InjectedFault& fault) {
  if (rest.empty() || (rest[0] != "at" && rest[0] != "from")) return "";
  const auto picture = rest.size() > 1 ? number<uint64_t>(rest[1]) : std::nullopt;
  if (!picture) return "'" + std::string(rest[0]) + "' needs the number of a picture";
  fault.first = picture;
  if (rest[0] == "at") fault.last = picture;
  rest = rest.subspan(2);
  return "";
}

Problem take_duration(Words& rest, InjectedFault& fault) {
  if (rest.size() < 2 || rest[0] != "for") return "a hang needs 'for SECONDS'";
  const std::string text(rest[1]);
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (*end != '\0' || !(seconds > 0 && seconds <= longest_hang_s)) {
    return "'" + text + "' is no number of seconds up to an hour";
  }
  fault.duration = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
  rest = rest.subspan(2);
  return "";
}

Problem take_error(Words& rest, InjectedFault& fault) {
  if (rest.size() < 2 || rest[0] != "with") return "a failure needs 'with ERROR'";
  fault.error = rest[1];
  rest = rest.subspan(2);
  return "";
}

// `rest` begins behind the action's name.
Problem parse_fault(Words rest, InjectedFault& fault) {
  if (fault.action == Action::LoseDevice) {
    if (rest.empty() || rest[0] != "device") return "only a device can be lost";
  } else {
    if (rest.empty()) return "which call?";
    fault.call = rest[0];
  }
  rest = rest.subspan(1);
  Problem problem = take_pictures(rest, fault);
  if (problem.empty() && fault.action == Action::LoseDevice && !fault.first) {
    return "'lose device' needs 'from N'";
  }
  if (fault.action == Action::LoseDevice) fault.last.reset();  // what is lost stays lost
  if (problem.empty() && fault.action == Action::Hang) problem = take_duration(rest, fault);
  if (problem.empty() && fault.action == Action::Fail) problem = take_error(rest, fault);
  if (problem.empty() && !rest.empty()) {
    problem = "'" + std::string(rest[0]) + "' was not expected";
  }
  return problem;
}

std::optional<Action> action_named(std::string_view name) {
  if (name == "fail") return Action::Fail;
  if (name == "lose") return Action::LoseDevice;
  if (name == "hang") return Action::Hang;
  if (name == "crash") return Action::Crash;
  return std::nullopt;
}

Problem parse_line(Words line, FaultScript& script) {
  if (line[0] == "limit") {
    const bool whole = line.size() == 4 && line[1] == "surfaces" && line[2] == "to";
    script.surface_limit = whole ? number<unsigned>(line[3]) : std::nullopt;
    return script.surface_limit ? "" : "a limit is 'limit surfaces to N'";
  }
  const auto action = action_named(line[0]);
  if (!action) {
    return "'" + std::string(line[0]) + "' is none of fail, lose, limit, hang, crash";
  }
  InjectedFault fault{.action = *action};
  Problem problem = parse_fault(line.subspan(1), fault);
  if (problem.empty()) script.faults.push_back(std::move(fault));
  return problem;
}

}  // namespace

InjectedFault* FaultScript::match(std::string_view call, std::optional<uint64_t> latest) {
  for (auto& fault : faults) {
    if (fault.done || (!fault.call.empty() && fault.call != call)) continue;
    if (fault.first && (!latest || *latest < *fault.first)) continue;
    if (fault.last && *latest > *fault.last) continue;
    return &fault;
  }
  return nullptr;
}

Result<FaultScript> parse_fault_script(std::string_view text) {
  FaultScript script;
  unsigned line_number = 0;
  for (const auto line : lines(text, "\n;")) {
    line_number++;
    const auto parts = words(line);
    if (parts.empty()) continue;
    const Problem problem = parse_line(parts, script);
    if (!problem.empty()) {
      return client_fault("fault " + std::to_string(line_number) + " ('" + std::string(line) +
                          "'): " + problem);
    }
  }
  return script;
}

}  // namespace refdrv
