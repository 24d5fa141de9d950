// SPDX-License-Identifier: LGPL-2.1-or-later
// The VA-API backend: one device a DRM render node.
#include "registry/backend.h"
#include "vaapi/render_nodes.h"
#include "vaapi/va_decoder_element.h"
#include "vaapi/va_encoder_element.h"
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

void register_elements(GstPlugin* plugin, const BackendReport& report) {
  bool first = true;
  for (const DeviceReport& device : report.devices) {
    if (!device.usable) continue;
    for (const CodecCapability& codec : device.codecs) {
      if (!codec.usable) continue;
      const auto register_element =
          codec.direction == CodecDirection::Decode ? register_va_decoder : register_va_encoder;
      register_element(plugin, device, codec, first);
    }
    first = false;
  }
}

// A GPU that comes or goes, and what chooses its driver.
void add_dependencies(GstPlugin* plugin) {
  static const gchar* variables[] = {"LIBVA_DRIVER_NAME", "LIBVA_DRIVERS_PATH",
                                     "GST_VA_ALL_DRIVERS", nullptr};
  static const gchar* folders[] = {"/dev/dri", nullptr};
  static const gchar* names[] = {"renderD", nullptr};
  gst_plugin_add_dependency(plugin, variables, folders, names,
                            GST_PLUGIN_DEPENDENCY_FLAG_FILE_NAME_IS_PREFIX);
}

}  // namespace

extern const Backend backend_vaapi = {BackendKind::Va, absent, probe, register_elements,
                                      add_dependencies};

}  // namespace av1hw
