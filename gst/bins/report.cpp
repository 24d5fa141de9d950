// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns reports into structures, messages and text.
#include "bins/report.h"

#include <format>
#include <utility>

namespace av1hw {
namespace {

const char* verdict_name(ReportVerdict verdict) {
  switch (verdict) {
  case ReportVerdict::Chosen: return "chosen";
  case ReportVerdict::Accepted: return "accepted";
  case ReportVerdict::Failed: return "failed";
  case ReportVerdict::Rejected: return "rejected";
  }
  return "rejected";
}

void set_string(GstStructure* s, const char* field, const std::string& value) {
  gst_structure_set(s, field, G_TYPE_STRING, value.c_str(), nullptr);
}

void set_strings(GstStructure* s, const char* field, const std::vector<std::string>& values) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(values.size()));
  for (const std::string& value : values) {
    GValue item = G_VALUE_INIT;
    g_value_init(&item, G_TYPE_STRING);
    g_value_set_string(&item, value.c_str());
    gst_value_array_append_and_take_value(&array, &item);
  }
  gst_structure_take_value(s, field, &array);
}

void set_entry(GstStructure* s, const ReportEntry& entry) {
  set_string(s, "element", entry.element);
  set_string(s, "backend", entry.backend);
  set_string(s, "device", entry.device);
  set_string(s, "reason", entry.reason);
  set_strings(s, "notes", entry.notes);
}

GstStructure* entry_structure(const ReportEntry& entry) {
  GstStructure* s = gst_structure_new_empty("candidate");
  set_entry(s, entry);
  set_string(s, "verdict", verdict_name(entry.verdict));
  return s;
}

}  // namespace

const ReportEntry* Report::chosen() const {
  for (const ReportEntry& entry : entries) {
    if (entry.verdict == ReportVerdict::Chosen) return &entry;
  }
  return nullptr;
}

std::string Report::chosen_text() const {
  const ReportEntry* entry = chosen();
  if (!entry) return {};
  return entry->device.empty() ? entry->element
                               : std::format("{} ({})", entry->element, entry->device);
}

std::string Report::text() const {
  std::string text;
  for (const ReportEntry& entry : entries) {
    if (!text.empty()) text += '\n';
    text += std::format("{}: {}: {}", entry.element, verdict_name(entry.verdict), entry.reason);
    for (const std::string& note : entry.notes) text += "; " + note;
  }
  return text;
}

ReportEntry report_entry(const Candidate& candidate) {
  ReportEntry entry;
  entry.element = candidate.element;
  entry.backend = candidate.backend ? backend_name(*candidate.backend) : "other";
  entry.device = candidate.device;
  return entry;
}

StructureHandle report_structure(const Report& report) {
  StructureHandle s(gst_structure_new_empty("av1hw-report"));
  set_string(s.get(), "stage", report.stage);
  set_string(s.get(), "chosen", report.chosen_text());
  set_string(s.get(), "reason", report.chosen() ? report.chosen()->reason : "");
  GValue candidates = G_VALUE_INIT;
  gst_value_array_init(&candidates, static_cast<guint>(report.entries.size()));
  for (const ReportEntry& entry : report.entries) {
    GValue item = G_VALUE_INIT;
    g_value_init(&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&item, entry_structure(entry));
    gst_value_array_append_and_take_value(&candidates, &item);
  }
  gst_structure_take_value(s.get(), "candidates", &candidates);
  return s;
}

void post_chosen(GstElement* source, const Report& report) {
  const ReportEntry* entry = report.chosen();
  if (!entry) return;
  GstStructure* s = gst_structure_new_empty("av1hw-chosen");
  set_string(s, "stage", report.stage);
  set_entry(s, *entry);
  gst_element_post_message(source, gst_message_new_element(GST_OBJECT(source), s));
}

}  // namespace av1hw
