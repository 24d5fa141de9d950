// SPDX-License-Identifier: LGPL-2.1-or-later
// What a bin chose and why, in a form that applications, gst-launch-1.0 -v and bindings can read.
#pragma once

#include <string>
#include <vector>

#include "memory/handles.h"
#include "registry/candidate.h"

namespace av1hw {

enum class ReportVerdict : uint8_t {
  Chosen,    // in use
  Accepted,  // would do, another is better
  Failed,    // was tried and did not work
  Rejected,  // can't serve, or the policy forbids it
};

struct ReportEntry {
  std::string element;
  std::string backend;  // "cpu", "va", "nv", "vk", "other"
  std::string device;   // empty where the element names none
  ReportVerdict verdict = ReportVerdict::Rejected;
  std::string reason;
  std::vector<std::string> notes;  // what else a user should know: settings that are lost, ...
};

struct Report {
  std::string stage;  // "decode", "encode", "blend"
  std::vector<ReportEntry> entries;

  const ReportEntry* chosen() const;
  // "cpuav1dec (cpu)"; empty: nothing is chosen.
  std::string chosen_text() const;
  // All reasons, a line a candidate: what an error says when nothing is left.
  std::string text() const;
};

ReportEntry report_entry(const Candidate& candidate);

// "av1hw-report": stage, chosen (string), reason (string), candidates: an array of structures
// "candidate" with element, backend, device, verdict, reason (strings), notes (array of strings).
StructureHandle report_structure(const Report& report);

// Posts the element message "av1hw-chosen" from `source`: stage, element, backend, device, reason
// (strings), notes (array of strings).
void post_chosen(GstElement* source, const Report& report);

}  // namespace av1hw
