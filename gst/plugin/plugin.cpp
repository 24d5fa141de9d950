// SPDX-License-Identifier: LGPL-2.1-or-later
// The one plugin: asks every backend what works here and registers what does.
#include <gst/gst.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bins/bins.h"
#include "memory/itu_t35_meta.h"
#include "plugin/probe_cache.h"
#include "registry/backend.h"
#include "registry/child_probe.h"
#include "registry/device_copies.h"

namespace av1hw {
namespace {

constexpr std::chrono::seconds probe_timeout{10};

// A driver that crashes would take the scanner with it, and the scanner every element of ours. A
// plugin that is not installed has no program for it, unless the environment names one.
BackendReport ask_driver(const Backend& backend) {
  const char* named = g_getenv("AV1HW_INFO");
  const std::string program = named ? named : AV1HW_INFO;
  if (!g_file_test(program.c_str(), G_FILE_TEST_IS_EXECUTABLE)) return backend.probe();
  return probe_in_child(program, backend, probe_timeout).report;
}

// A driver is asked once, by the process that makes the registry; others read its answer there.
BackendReport probe(const Backend& backend, ProbeCache& cache) {
  // Without dependencies nothing would tell the registry that an answer is old.
  if (!backend.add_dependencies) return backend.probe();
  if (std::optional<BackendReport> known = cache.find(backend.kind)) return std::move(*known);
  BackendReport report = ask_driver(backend);
  cache.add(report);
  return report;
}

struct Found {
  const Backend* backend;
  bool asked = false;
  BackendReport report;
  std::string reason;  // why nothing works
};

Found find(GstPlugin* plugin, const Backend& backend, ProbeCache& cache) {
  if (backend.add_dependencies) backend.add_dependencies(plugin);
  if (std::string reason = backend.absent(); !reason.empty())
    return {.backend = &backend, .report = {}, .reason = reason};
  if (!backend.register_elements) return {.backend = &backend, .report = {}, .reason = {}};
  BackendReport report = probe(backend, cache);
  std::string reason = report.reason;
  return {&backend, true, std::move(report), std::move(reason)};
}

// All are asked before the first is registered, as what one's elements take depends on others.
std::vector<Found> find_all(GstPlugin* plugin, ProbeCache& cache) {
  std::vector<Found> all;
  for (const Backend* backend : all_backends()) all.push_back(find(plugin, *backend, cache));
  std::vector<BackendReport*> reports;
  for (Found& found : all) reports.push_back(&found.report);
  add_device_copies(reports);
  return all;
}

gboolean plugin_init(GstPlugin* plugin) {
  register_itu_t35_meta();
  // gst-inspect-1.0 shows this of a plugin that loaded with something left out.
  std::string status;
  ProbeCache cache(plugin);
  for (const Found& found : find_all(plugin, cache)) {
    if (found.asked) found.backend->register_elements(plugin, found.report);
    if (found.reason.empty()) continue;
    if (!status.empty()) status += "; ";
    status += std::string(backend_name(found.backend->kind)) + ": " + found.reason;
  }
  cache.store();
  register_bins(plugin);
  if (!status.empty()) gst_plugin_add_status_info(plugin, status.c_str());
  return TRUE;
}

}  // namespace
}  // namespace av1hw

#define PACKAGE "gst-av1hw"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, av1hw,
                  "AV1 decoding, compositing and encoding on whatever the machine has",
                  av1hw::plugin_init, AV1HW_VERSION, "LGPL", PACKAGE,
                  "https://gstreamer.freedesktop.org/")
