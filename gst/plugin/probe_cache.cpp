// SPDX-License-Identifier: LGPL-2.1-or-later
// Reports as JSON, in the data that the registry keeps with a plugin.
#include "plugin/probe_cache.h"

#include "registry/report_json.h"

namespace av1hw {

std::optional<BackendReport> ProbeCache::find(BackendKind kind) const {
  const GstStructure* cached = gst_plugin_get_cache_data(plugin_);
  const char* text = cached ? gst_structure_get_string(cached, backend_name(kind)) : nullptr;
  if (!text) return std::nullopt;
  Result<BackendReport> report = backend_report_from_json(text);
  if (!report || report->kind != kind) return std::nullopt;
  return std::move(*report);
}

void ProbeCache::add(const BackendReport& report) {
  if (!added_) {
    const GstStructure* cached = gst_plugin_get_cache_data(plugin_);
    added_.reset(cached ? gst_structure_copy(cached) : gst_structure_new_empty("av1hw-probes"));
  }
  const JsonNodeHandle node = backend_report_to_json(report);
  gst_structure_set(added_.get(), backend_name(report.kind), G_TYPE_STRING,
                    json_text(node.get(), false).c_str(), nullptr);
}

void ProbeCache::store() {
  if (added_) gst_plugin_set_cache_data(plugin_, added_.release());
}

}  // namespace av1hw
