// SPDX-License-Identifier: LGPL-2.1-or-later
// The VA-API backend: one device a DRM render node.
#include "registry/backend.h"
#include "vaapi/render_nodes.h"
#include "vaapi/va_probe.h"
#include "vaapi/va_report.h"

namespace av1hw {
namespace {

std::string absent() {
  const auto nodes = render_nodes();
  return nodes ? std::string() : nodes.error().message;
}

BackendReport probe() {
  std::vector<VaDeviceAnswers> devices;
  const auto nodes = render_nodes();
  if (!nodes) {
    BackendReport report;
    report.kind = BackendKind::Va;
    report.reason = nodes.error().message;
    return report;
  }
  for (const std::string& path : *nodes) devices.push_back(probe_va_device(path));
  return va_backend_report(devices);
}

}  // namespace

extern const Backend backend_vaapi = {BackendKind::Va, absent, probe, nullptr};

}  // namespace av1hw
