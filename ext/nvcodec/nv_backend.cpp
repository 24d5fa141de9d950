// SPDX-License-Identifier: LGPL-2.1-or-later
// The NVIDIA backend: one device a GPU that CUDA sees.
#include "nvcodec/dynamic_library.h"
#include "nvcodec/nv_decoder_element.h"
#include "nvcodec/nv_encoder_element.h"
#include "nvcodec/nv_probe.h"
#include "nvcodec/nv_report.h"
#include "registry/backend.h"

namespace av1hw {
namespace {

std::string absent() {
  const auto library = DynamicLibrary::open("libcuda.so.1");
  return library ? std::string() : library.error().message;
}

BackendReport probe() { return nv_backend_report(probe_nvidia()); }

void register_elements(GstPlugin* plugin, const BackendReport& report) {
  for (const DeviceReport& device : report.devices) {
    const std::optional<int> ordinal = nv_device_ordinal(device.id);
    for (const CodecCapability& codec : device.codecs) {
      if (!ordinal || !codec.usable) continue;
      if (codec.direction == CodecDirection::Decode) {
        register_nv_decoder(plugin, *ordinal, device, codec);
      } else {
        register_nv_encoder(plugin, *ordinal, device, codec);
      }
    }
  }
}

// A GPU that comes or goes, another driver, and what hides GPUs or drivers.
void add_dependencies(GstPlugin* plugin) {
  static const gchar* variables[] = {"CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", nullptr};
  static const gchar* folders[] = {"/dev", "/sys/module/nvidia", nullptr};
  static const gchar* names[] = {"nvidia", "version", nullptr};
  gst_plugin_add_dependency(plugin, variables, folders, names,
                            GST_PLUGIN_DEPENDENCY_FLAG_FILE_NAME_IS_PREFIX);
}

}  // namespace

extern const Backend backend_nvcodec = {BackendKind::Nv, absent, probe, register_elements,
                                        add_dependencies};

}  // namespace av1hw
