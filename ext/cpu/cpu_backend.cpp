// SPDX-License-Identifier: LGPL-2.1-or-later
// The CPU backend: always there, one device, one codec a library that it was built with.
#include "cpu/dav1d_element.h"
#include "registry/backend.h"

#ifdef HAVE_RAV1E
#include "cpu/rav1e_element.h"
#endif
#ifdef HAVE_SVTAV1
#include "cpu/svt_element.h"
#endif

namespace av1hw {
namespace {

constexpr const char* cpu_device = "cpu";

std::string absent() { return {}; }

BackendReport probe() {
  BackendReport report;
  report.kind = BackendKind::Cpu;
  report.usable = true;
  DeviceReport device;
  device.id = cpu_device;
  device.name = "CPU";
  device.driver = dav1d_driver();
  device.usable = true;
  device.codecs.push_back(dav1d_capability());
#ifdef HAVE_RAV1E
  device.codecs.push_back(rav1e_capability());
#endif
#ifdef HAVE_SVTAV1
  device.codecs.push_back(svt_capability());
#endif
  report.devices.push_back(device);
  return report;
}

void register_elements(GstPlugin* plugin, const BackendReport&) {
  register_dav1d(plugin, cpu_device);
#ifdef HAVE_RAV1E
  register_rav1e(plugin, cpu_device);
#endif
#ifdef HAVE_SVTAV1
  register_svt(plugin, cpu_device);
#endif
}

}  // namespace

extern const Backend backend_cpu = {BackendKind::Cpu, absent, probe, register_elements};

}  // namespace av1hw
