// SPDX-License-Identifier: LGPL-2.1-or-later
// The Vulkan Video backend: one device a physical device.
#include <cstdlib>

#include "memory/frame_use.h"
#include "registry/backend.h"
#include "registry/blender_table.h"
#include "vulkan/vk_manifests.h"
#include "vulkan/vk_probe.h"
#include "vulkan/vk_report.h"
#ifdef AV1HW_VKCOMPOSITOR
#include "vulkan/cuda/image_bridge.h"
#include "vulkan/element/compositor.h"
#include "vulkan/element/image_wait.h"
#endif

namespace av1hw {
namespace {

std::string absent() {
  return vk_manifests_absent(
      vk_manifest_places([](const char* name) { return std::getenv(name); }));
}

BackendReport probe() { return vk_backend_report(probe_vulkan()); }

#ifdef AV1HW_VKCOMPOSITOR
void register_elements(GstPlugin* plugin, const BackendReport& report) {
  register_image_bridge();
  register_frame_wait(wait_for_images);
  const DeviceReport* chosen = nullptr;
  for (const DeviceReport& device : report.devices) {
    if (device.composites && (!chosen || (chosen->software && !device.software))) chosen = &device;
  }
  if (!chosen) return;
  register_blender(plugin, {av1hw_vk_compositor_get_type(), "vkcompositor", BackendKind::Vk,
                            chosen->id, chosen->name, chosen->software});
}
#else
constexpr auto register_elements = nullptr;
#endif

// A GPU or a driver that comes or goes, and what hides drivers.
void add_dependencies(GstPlugin* plugin) {
  static const gchar* variables[] = {"VK_DRIVER_FILES",           "VK_ICD_FILENAMES",
                                     "VK_ADD_DRIVER_FILES",       "VK_LOADER_DRIVERS_SELECT",
                                     "VK_LOADER_DRIVERS_DISABLE", nullptr};
  static const gchar* devices[] = {"/dev", "/dev/dri", nullptr};
  static const gchar* nodes[] = {"nvidia", "renderD", nullptr};
  gst_plugin_add_dependency(plugin, variables, devices, nodes,
                            GST_PLUGIN_DEPENDENCY_FLAG_FILE_NAME_IS_PREFIX);
  static const gchar* manifests[] = {"/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d",
                                     "/usr/local/share/vulkan/icd.d", nullptr};
  static const gchar* suffix[] = {".json", nullptr};
  gst_plugin_add_dependency(plugin, nullptr, manifests, suffix,
                            GST_PLUGIN_DEPENDENCY_FLAG_FILE_NAME_IS_SUFFIX);
}

}  // namespace

extern const Backend backend_vulkan = {BackendKind::Vk, absent, probe, register_elements,
                                       add_dependencies};

}  // namespace av1hw
